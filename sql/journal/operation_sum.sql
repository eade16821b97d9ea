-- Set a run's counts to the sums over the last attempts of its operations.
-- $1: run_id
UPDATE bulkpg.run r
SET operation_id = coalesce(s.operation_id, r.operation_id),
    completed_at = s.completed_at,
    object_count = s.object_count,
    root_object_count = s.root_object_count,
    file_size = s.file_size,
    lines = coalesce(s.lines, r.lines),
    bytes = coalesce(s.bytes, r.bytes)
FROM (
  SELECT (array_agg(operation_id ORDER BY n DESC)
            FILTER (WHERE operation_id IS NOT NULL))[1] AS operation_id,
         CASE WHEN bool_and(completed_at IS NOT NULL)
              THEN max(completed_at) END AS completed_at,
         sum(object_count)::bigint AS object_count,
         sum(root_object_count)::bigint AS root_object_count,
         sum(file_size)::bigint AS file_size,
         sum(lines)::bigint AS lines,
         sum(bytes)::bigint AS bytes
  FROM (
    SELECT DISTINCT ON (n) * FROM bulkpg.operation
    WHERE run_id = $1::bigint ORDER BY n, attempt DESC) AS last) AS s
WHERE r.run_id = $1::bigint
