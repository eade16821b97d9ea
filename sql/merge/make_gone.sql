-- Create the table for the ids that list_gone.sql finds.
CREATE UNLOGGED TABLE {gone} (id {id_type})
