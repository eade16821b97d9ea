-- Does the schema exist? $1: its name
SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1)
