-- The hashes that the rows to be updated have: none of them came unchanged.
SELECT old_hash FROM {changes} WHERE NOT is_new
