-- What every session of ours relies on, set by a statement since connection
-- poolers refuse start-up options. Settings that this server does not have
-- are left out. And which backend it is: a pooler's own number is another.
-- $1: synchronous_commit, $2: client_connection_check_interval, which a server
-- may know and yet refuse ('' leaves either as it is)
SELECT pg_catalog.set_config(wanted.name, wanted.value, false),
       pg_catalog.pg_backend_pid()
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
    ('exit_on_error', 'off'), -- an error that is expected ends no session
    ('default_transaction_isolation', 'read committed'),
    ('row_security', 'off'), -- policies that hide rows fail, not filter
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
