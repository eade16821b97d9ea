-- Remove the entry of a table that was dropped or that bulkpg no longer owns.
-- $1: table_schema, $2: table_name
DELETE FROM bulkpg.relation WHERE table_schema = $1 AND table_name = $2
