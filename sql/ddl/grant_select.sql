-- A reader's right.
GRANT SELECT ON {table} TO {role};
