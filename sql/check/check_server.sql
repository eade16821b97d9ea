-- Return the server's version, the role of this session, and whether the server
-- is read-only.
SELECT current_setting('server_version'), current_user, pg_is_in_recovery()
