-- What was last sent to the store for these keys.
-- $1: store, $2: job, $3: keys, $4: when the tables that the SELECT reads were
-- requested (NULL: not known)
SELECT k.ordinality - 1, s.hash, s.state,
       coalesce(s.settled_at >= $4::timestamptz, true), s.push_id
FROM unnest($3::text[]) WITH ORDINALITY AS k (key, ordinality)
CROSS JOIN LATERAL (
  SELECT hash, state, settled_at, push_id
  FROM bulkpg.push_state
  WHERE store = $1 AND job = $2 AND push_state.key = k.key
  LIMIT 1
) AS s
