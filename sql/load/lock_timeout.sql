-- Limit the wait for a lock to 5 s in transactions that change existing tables,
-- because all other sessions wait behind this one. On Citus the workers need
-- the setting too; without Citus the first line has no effect.
SET LOCAL citus.propagate_set_commands = 'local';
SET LOCAL lock_timeout = '5s'
