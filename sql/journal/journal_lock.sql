-- One process at a time makes or changes the journal; until the transaction
-- ends. The number is "bulkpg" in ASCII and never changes.
SELECT pg_advisory_xact_lock(108256469676135)
