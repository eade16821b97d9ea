-- Insert the new rows. In a first load, if staging cannot become the table, all
-- rows are new.
-- $1: loaded_at
INSERT INTO {table} AS t ({shared: x, ...}, _loaded_at)
SELECT {shared: s.x, ...}, $1::timestamptz
FROM {stage} AS s{?changes , {changes} AS c
WHERE c.is_new AND s.ctid = c.place}
