-- The journal is of this version now.
-- $1: version
UPDATE bulkpg.meta SET version = $1::integer
