-- Record the journal's version after a migration.
-- $1: version
UPDATE bulkpg.meta SET version = $1::integer
