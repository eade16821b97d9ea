-- Settle rows whose outcome is not known, as a user decides.
-- $1: push_id, $2: resumed, $3: applied, $4: keys (NULL: all)
WITH fence AS MATERIALIZED (
  SELECT push_id, store, job FROM bulkpg.push
  WHERE push_id = $1::bigint AND resumed = $2::integer AND status = 'running'
  FOR KEY SHARE
), decided AS (
  UPDATE bulkpg.push_row AS r
  SET state = CASE WHEN $3::boolean THEN 'applied' ELSE 'refused' END
  FROM fence f
  WHERE r.push_id = f.push_id AND r.state IN ('unknown', 'held', 'sending')
    AND r.n > 0 AND ($4::text[] IS NULL OR r.key = ANY ($4::text[]))
  RETURNING f.store, f.job, r.push_id, r.number, r.n, r.line, r.key
), known AS (
  UPDATE bulkpg.push_state AS s
  SET state = 'applied', settled_at = clock_timestamp(), prior = NULL
  FROM decided d
  WHERE $3::boolean AND s.store = d.store AND s.job = d.job AND s.key = d.key
    AND s.push_id = d.push_id
), forgotten AS (
  DELETE FROM bulkpg.push_state AS s
  USING decided d
  WHERE NOT $3::boolean AND s.store = d.store AND s.job = d.job
    AND s.key = d.key AND s.push_id = d.push_id
), why AS (
  INSERT INTO bulkpg.push_error (push_id, number, n, line, ordinal, code,
                                 message)
  SELECT d.push_id, d.number, d.n, d.line, 1000000, 'SETTLED',
         'a user decided that the row was not applied'
  FROM decided d
  WHERE NOT $3::boolean
  ON CONFLICT (push_id, number, ordinal) DO NOTHING
)
SELECT count(*) FROM decided
