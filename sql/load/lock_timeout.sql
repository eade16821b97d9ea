-- In a transaction of DDL on users' tables: do not queue behind a long reader
-- for long, since everybody else then queues behind us.
SET LOCAL lock_timeout = '5s'
