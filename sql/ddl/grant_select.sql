-- Let a role that the configuration key "readers" names read the table.
GRANT SELECT ON {table} TO {role};
