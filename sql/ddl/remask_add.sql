-- The masked forms of some of the numbered values.
-- $1: [{"n": number, "m": masked value}, ...]
INSERT INTO pg_temp.bulkpg_masked
SELECT r.n, r.m FROM jsonb_to_recordset($1::jsonb) AS r (n bigint, m text)
