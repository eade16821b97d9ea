-- Set up a session, and return the process id of its backend. A statement sets
-- the settings because connection poolers refuse start-up options, and it
-- returns the process id because poolers report one of their own. Settings
-- that the server does not have are skipped.
-- $1: synchronous_commit
-- $2: client_connection_check_interval, which some servers have but refuse
-- '' leaves either setting as it is
SELECT pg_catalog.pg_backend_pid(),
       pg_catalog.set_config(wanted.name, wanted.value, false)
FROM (VALUES
    ('search_path', 'pg_catalog'),
    ('TimeZone', 'UTC'),
    ('DateStyle', 'ISO, YMD'),
    ('IntervalStyle', 'postgres'),
    ('client_encoding', 'UTF8'),
    ('bytea_output', 'hex'),
    ('extra_float_digits', '1'),
    ('quote_all_identifiers', 'off'),
    ('lc_monetary', 'C'),
    ('lc_numeric', 'C'),
    ('lc_time', 'C'),
    ('xmlbinary', 'base64'),
    ('array_nulls', 'on'),
    ('standard_conforming_strings', 'on'),
    ('transform_null_equals', 'off'),
    ('exit_on_error', 'off'), -- an expected error must not end the session
    ('default_transaction_isolation', 'read committed'),
    ('row_security', 'off'), -- a policy that would hide rows is an error
    ('statement_timeout', '0'),
    ('lock_timeout', '0'),
    ('idle_in_transaction_session_timeout', '0'),
    ('idle_session_timeout', '0'),
    ('transaction_timeout', '0'),
    ('client_connection_check_interval', $2::pg_catalog.text),
    ('synchronous_commit', $1::pg_catalog.text)
  ) AS wanted (name, value)
WHERE wanted.value <> ''
  AND pg_catalog.current_setting(wanted.name, true) IS NOT NULL
