-- Return how many more connections this role can open: the smallest of the
-- limits of the server, the database and the role, less the connections in use.
SELECT greatest(0, least(
  current_setting('max_connections')::bigint
    - current_setting('superuser_reserved_connections')::bigint
    - coalesce(current_setting('reserved_connections', true), '0')::bigint
    - (SELECT count(*) FROM pg_stat_activity
       WHERE backend_type = 'client backend'),
  (SELECT nullif(datconnlimit, -1) FROM pg_database
   WHERE datname = current_database())
    - (SELECT count(*) FROM pg_stat_activity
       WHERE datname = current_database()
         AND backend_type = 'client backend'),
  (SELECT nullif(rolconnlimit, -1) FROM pg_roles
   WHERE rolname = current_user)
    - (SELECT count(*) FROM pg_stat_activity
       WHERE usename = current_user
         AND backend_type = 'client backend')))
