-- Write rows, and begin a version of each. A row whose values did not change
-- keeps its version. A version begins with the run, or just after the last
-- version of the row, if the clock stepped back.
-- $1: loaded_at
WITH written AS (
{change}
RETURNING {versioned: t.x, ...}
), version AS (
  SELECT w.*, greatest($1::timestamptz,
                       (SELECT max(coalesce(h._valid_to, h._valid_from))
                               + interval '1 microsecond'
                        FROM {history} AS h
                        WHERE {keys: h.x = w.x AND ...})) AS _begins
  FROM written AS w
  WHERE NOT EXISTS (SELECT FROM {history} AS h
                    WHERE {keys: h.x = w.x AND ...} AND h._valid_to IS NULL
                      AND ROW({versioned: h.x, ...})::record
                          *= ROW({versioned: w.x, ...})::record)
), closed AS (
  UPDATE {history} AS h
  SET _valid_to = v._begins
  FROM version AS v
  WHERE {keys: h.x = v.x AND ...} AND h._valid_to IS NULL
), opened AS (
  INSERT INTO {history} ({versioned: x, ...}, _valid_from)
  SELECT {versioned: v.x, ...}, v._begins
  FROM version AS v
)
SELECT count(*) FROM written
