-- Where the journal lives. Only when it is missing: IF NOT EXISTS asks for the
-- right to make one even where there is nothing to do.
CREATE SCHEMA bulkpg;
COMMENT ON SCHEMA bulkpg IS
  'Journal of bulkpg: what ran, what it made, how far it came';
