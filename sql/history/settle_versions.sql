-- Make a history fit its table: it is new, or was not kept for a while, or
-- objects of the user changed rows that no statement returned. End the versions
-- that are not rows of the table, and begin a version of each row without one.
-- $1: loaded_at
WITH ends AS (
  SELECT h.ctid AS place
  FROM {history} AS h
  WHERE h._valid_to IS NULL
    AND NOT EXISTS (SELECT FROM {only}{table} AS t
                    WHERE {keys: h.x = t.x AND ...}{?marked  AND t._deleted_at IS NULL}
                      AND ROW({versioned: h.x, ...})::record
                          *= ROW({versioned: t.x, ...})::record)
), closed AS (
  UPDATE {history} AS h
  SET _valid_to = greatest($1::timestamptz,
                           h._valid_from + interval '1 microsecond')
  FROM ends AS e
  WHERE h.ctid = e.place
)
INSERT INTO {history} ({versioned: x, ...}, _valid_from)
SELECT {versioned: t.x, ...},
       greatest($1::timestamptz,
                (SELECT max(coalesce(h._valid_to, h._valid_from))
                        + interval '1 microsecond'
                 FROM {history} AS h WHERE {keys: h.x = t.x AND ...}))
FROM {only}{table} AS t
WHERE {?marked t._deleted_at IS NULL AND }NOT EXISTS (
  SELECT FROM {history} AS h
  WHERE {keys: h.x = t.x AND ...} AND h._valid_to IS NULL
    AND ROW({versioned: h.x, ...})::record *= ROW({versioned: t.x, ...})::record)
