-- Lock the journal until the transaction ends, so that one process at a time
-- creates or migrates it. The number is "bulkpg" in ASCII and never changes.
SELECT pg_advisory_xact_lock(108256469676135)
