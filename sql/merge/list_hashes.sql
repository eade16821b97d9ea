-- Some of these hashes. 0 means the rows whose hash is NULL.
-- $1: the hashes
INSERT INTO {hashes} SELECT * FROM unnest($1::bigint[])
