-- The names that the SELECT of a push finds, and the time of its snapshot.
-- $1: the store's schema
SELECT set_config('search_path', quote_ident($1) || ', public', true),
       to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
