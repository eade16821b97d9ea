CREATE UNLOGGED TABLE {gone} (id {id_type})
