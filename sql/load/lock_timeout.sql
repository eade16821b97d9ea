-- In a transaction of DDL on users' tables: do not wait long behind a reader,
-- since everybody else then waits behind us. On Citus the workers must know it
-- too; elsewhere the first setting has no effect.
SET LOCAL citus.propagate_set_commands = 'local';
SET LOCAL lock_timeout = '5s'
