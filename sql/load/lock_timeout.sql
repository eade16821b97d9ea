-- For transactions that change existing tables: wait at most 5 s for a lock,
-- because meanwhile all other sessions wait behind this one. On Citus the
-- workers need the setting too; without Citus the first line has no effect.
SET LOCAL citus.propagate_set_commands = 'local';
SET LOCAL lock_timeout = '5s'
