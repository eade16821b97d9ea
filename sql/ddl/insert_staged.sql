INSERT INTO {stage} SELECT * FROM pg_catalog.unnest($1::{stage}[])
