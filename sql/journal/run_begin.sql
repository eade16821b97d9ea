-- Add a run. A replay has nothing to submit, so it begins with loading.
-- $1: store, $2: job, $3: mode, $4: mode_reason, $5: plan_hash,
-- $6: window_from, $7: window_to
INSERT INTO bulkpg.run (store, job, mode, mode_reason, plan_hash,
                        window_from, window_to, status)
VALUES ($1, $2, $3::text, $4, $5, $6::timestamptz, $7::timestamptz,
        CASE $3::text WHEN 'replay' THEN 'loading' ELSE 'submitting' END)
RETURNING run_id
