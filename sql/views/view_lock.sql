-- One transaction at a time makes or takes down views of ours; until it ends.
-- The number is "views" in ASCII and never changes.
SELECT pg_advisory_xact_lock(508574398323)
