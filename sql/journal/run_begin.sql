-- Add a run, and in the same statement the operation that is about to be
-- submitted for it, if it is known already. A replay has nothing to submit, so
-- it begins with loading. A dry run has the status dry from its beginning, so
-- that no other run resumes or supersedes it.
-- $1: store, $2: job, $3: mode, $4: mode_reason, $5: plan_hash,
-- $6: window_from, $7: window_to, $8, $9: the operation's query before and
-- after the run_id (NULL: no operation), $10: its window_from, $11: its
-- window_to, $12: is it a dry run?
WITH begun AS (
  INSERT INTO bulkpg.run (store, job, mode, mode_reason, plan_hash,
                          window_from, window_to, status, submitted_at)
  VALUES ($1, $2, $3::text, $4, $5, $6::timestamptz, $7::timestamptz,
          CASE WHEN $12::boolean THEN 'dry'
               WHEN $3::text = 'replay' THEN 'loading' ELSE 'submitting' END,
          CASE WHEN $8::text IS NOT NULL THEN clock_timestamp() END)
  RETURNING run_id
), first AS (
  INSERT INTO bulkpg.operation (run_id, n, attempt, query, window_from,
                                window_to)
  SELECT run_id, 1, 1, $8::text || run_id || $9::text, $10::timestamptz,
         $11::timestamptz
  FROM begun
  WHERE $8::text IS NOT NULL
)
SELECT run_id FROM begun
