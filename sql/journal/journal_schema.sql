-- Where the journal lives. Only when it is missing: IF NOT EXISTS asks for the
-- right to make one even where there is nothing to do. On Citus it is an
-- ordinary schema of the coordinator, also if schemas are sharded by default;
-- elsewhere the setting has no effect.
SET LOCAL citus.enable_schema_based_sharding = off;
CREATE SCHEMA bulkpg;
COMMENT ON SCHEMA bulkpg IS
  'Journal of bulkpg: what ran, what it made, how far it came';
