-- Return the journal's version, identity and secret; NULL if the journal is of
-- the first version, which has no secret.
SELECT version, journal_uuid, (to_jsonb(m) ->> 'hash_secret')::bigint
FROM bulkpg.meta AS m
