-- Insert one batch of rows: an array of the staging table's row type.
-- $1: the array
INSERT INTO {stage} SELECT * FROM pg_catalog.unnest($1::{stage}[])
