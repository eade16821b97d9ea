-- Lock bulkpg's views until the end of the transaction, so that only one
-- transaction at a time creates or drops them. The number is "views" in ASCII.
-- It must not change, because different versions of bulkpg share the lock.
SELECT pg_advisory_xact_lock(508574398323)
