-- Name a session for what it is used for next.
-- $1: the name
SELECT set_config('application_name', $1, false)
