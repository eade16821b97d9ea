-- In the merge: are these still the rows that read_hashes.sql read?
(SELECT count(*)::text || ' ' || count(_hash) || ' ' || coalesce(bit_xor(_hash), 0)
 FROM {only}{table}{?marked  WHERE _deleted_at IS NULL})
