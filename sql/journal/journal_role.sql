-- Return whether a role exists.
-- $1: role
SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1::name)
