-- One batch of rows, as an array of the staging table's own row type.
-- $1: the array
INSERT INTO {stage} SELECT * FROM pg_catalog.unnest($1::{stage}[])
