-- Insert the rows that are new; on a first load of a table that is not its
-- staging, all of them.
-- $1: loaded_at
INSERT INTO {table} ({shared: x, ...}, _loaded_at)
SELECT {shared: s.x, ...}, $1::timestamptz
FROM {stage} AS s{?changes , {changes} AS c
WHERE c.is_new AND s.ctid = c.place}
