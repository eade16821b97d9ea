-- What the pushes of a job have left: how many keys are in doubt, the first ten,
-- and the first push that left one; and how many rows of earlier pushes the
-- store refused, and the first ten.
-- A key that may be sent again is in doubt only for the process that finished
-- its push; from then on, the SELECT decides.
-- $1: store, $2: job, $3: may rows be sent again?, $4: this push, $5: array of
-- the earlier pushes that this process has finished
WITH named AS (
  SELECT left(key, 60) || ' (push ' || push_id || ')' AS name, push_id,
         state NOT IN ('refused', 'partly') AS in_doubt,
         row_number() OVER (PARTITION BY state NOT IN ('refused', 'partly')
                            ORDER BY push_id, key) AS at
  FROM bulkpg.push_state
  WHERE store = $1 AND job = $2
    AND CASE
        WHEN state = 'held' THEN true
        WHEN state IN ('sending', 'unknown') THEN
          NOT $3::boolean OR push_id = $4::bigint
          OR push_id = ANY ($5::bigint[])
        WHEN state IN ('refused', 'partly') THEN push_id = ANY ($5::bigint[])
        ELSE false
        END
)
SELECT count(*) FILTER (WHERE in_doubt),
       string_agg(name, ', ' ORDER BY at) FILTER (WHERE in_doubt AND at <= 10),
       min(push_id) FILTER (WHERE in_doubt),
       count(*) FILTER (WHERE NOT in_doubt),
       string_agg(name, ', ' ORDER BY at)
         FILTER (WHERE NOT in_doubt AND at <= 10)
FROM named
