-- Remove rows or mark them, and end their versions. The keys are compared with
-- >= and <=, because then each version is found by the index. The planner
-- expects far more removed rows than there are, and with = it would read the
-- whole history, which may be many times larger than the table.
-- $1: loaded_at
WITH written AS (
{change}
RETURNING {keys: t.x, ...}
), closed AS (
  UPDATE {history} AS h
  SET _valid_to = greatest($1::timestamptz,
                           h._valid_from + interval '1 microsecond')
  FROM written AS w
  WHERE ({keys: h.x, ...}) >= ({keys: w.x, ...})
    AND ({keys: h.x, ...}) <= ({keys: w.x, ...})
    AND h._valid_to IS NULL
)
SELECT count(*) FROM written
