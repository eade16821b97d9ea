-- The name of a type.
-- $1: oid
SELECT format_type($1::oid, NULL)
