-- Create the journal's schema. This runs only if the schema is missing; IF NOT
-- EXISTS would require the privilege to create a schema even if it exists.
-- On Citus, the setting makes it an ordinary schema of the coordinator even if
-- schemas are sharded by default. Elsewhere the setting has no effect.
SET LOCAL citus.enable_schema_based_sharding = off;
CREATE SCHEMA bulkpg;
COMMENT ON SCHEMA bulkpg IS
  'Journal of bulkpg: what ran, what it made, how far it came';
