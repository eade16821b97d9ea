-- Write rows, and begin a version of each. A row whose values did not change
-- keeps its version. A version begins with the run, or just after the last
-- version of the row, if the clock stepped back.
-- The versions of each row are found by the index: an aggregate in LATERAL, and
-- comparisons with >= and <=, cannot become a join that reads the whole history,
-- which may be many times larger than the table.
-- $1: loaded_at
WITH written AS (
{change}
RETURNING {versioned: t.x, ...}
), version AS (
  SELECT w.*, known._opened,
         greatest($1::timestamptz, known.ended + interval '1 microsecond')
           AS _begins
  FROM written AS w
  CROSS JOIN LATERAL (
    SELECT max(coalesce(h._valid_to, h._valid_from)) AS ended,
           max(h._valid_from) FILTER (WHERE h._valid_to IS NULL) AS _opened,
           bool_or(h._valid_to IS NULL
                   AND ROW({versioned: h.x, ...})::record
                       *= ROW({versioned: w.x, ...})::record) AS is_same
    FROM {history} AS h
    WHERE {keys: h.x = w.x AND ...}) AS known
  WHERE known.is_same IS NOT TRUE
), closed AS (
  UPDATE {history} AS h
  SET _valid_to = v._begins
  FROM version AS v
  WHERE v._opened IS NOT NULL
    AND ({keys: h.x, ...}, h._valid_from) >= ({keys: v.x, ...}, v._opened)
    AND ({keys: h.x, ...}, h._valid_from) <= ({keys: v.x, ...}, v._opened)
    AND h._valid_to IS NULL
), opened AS (
  INSERT INTO {history} ({versioned: x, ...}, _valid_from)
  SELECT {versioned: v.x, ...}, v._begins
  FROM version AS v
)
SELECT count(*) FROM written
