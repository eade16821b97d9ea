-- Before an incremental run removes rows, list the ids of these rows, so that
-- the rows below them can be removed, too.
INSERT INTO {gone}
SELECT DISTINCT t.{table_id} AS id
FROM {only}{table} AS t,
     (SELECT DISTINCT {parent_id} AS id FROM {parent_stage}) AS p
WHERE t.{parent_column} = p.id{?marks  AND t._deleted_at IS NULL}
  AND NOT EXISTS (SELECT FROM {stage} AS s WHERE {keys: s.x = t.x AND ...})
{?parent_gone UNION
SELECT DISTINCT t.{table_id} AS id
FROM {only}{table} AS t, {parent_gone} AS g
WHERE t.{parent_column} = g.id{?marks  AND t._deleted_at IS NULL}
  AND NOT EXISTS (SELECT FROM {parent_only}{parent_table} AS p
                  WHERE p.{parent_table_id} = g.id{?parent_marks  AND p._deleted_at IS NULL})
}
