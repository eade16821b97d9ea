-- Which server this is, who we are, and whether it can be written to.
SELECT current_setting('server_version'), current_user, pg_is_in_recovery()
