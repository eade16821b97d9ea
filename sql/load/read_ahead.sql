-- Hashes are read ahead in the session that all jobs of the process share, so
-- this must not take long. If it would, because another session has locked the
-- table or its statistics are wrong, the transaction fails, and the load reads
-- the hashes in its own session.
SELECT set_config('lock_timeout', '100ms', true),
       set_config('statement_timeout', '2s', true)
