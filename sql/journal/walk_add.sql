-- Record how a run read its connections.
-- $1: run_id, $2: JSON array of objects
INSERT INTO bulkpg.walk (run_id, path, instances, pages, rows, told, nulls,
                         repeats, points)
SELECT $1::bigint, w.path, w.instances, w.pages, w.rows, w.told, w.nulls,
       w.repeats, w.points
FROM json_to_recordset($2::json)
  AS w (path text, instances bigint, pages bigint, rows bigint, told bigint,
        nulls bigint, repeats bigint, points numeric)
