-- Let a role of the key "readers" read the table.
GRANT SELECT ON {table} TO {role};
