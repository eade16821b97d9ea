-- Add the errors in the answers to rows.
-- $1: push_id, $2: JSON array of {"number", "errors", ...}
INSERT INTO bulkpg.push_error (push_id, number, n, line, ordinal, code, field,
                               message)
SELECT r.push_id, r.number, r.n, r.line, e.ordinality - 1, e.value ->> 'code',
       e.value ->> 'field', coalesce(e.value ->> 'message', '')
FROM jsonb_to_recordset($2::jsonb) AS a (number bigint, errors jsonb)
JOIN bulkpg.push_row r ON r.push_id = $1::bigint AND r.number = a.number
CROSS JOIN LATERAL jsonb_array_elements(
    CASE jsonb_typeof(a.errors) WHEN 'array' THEN a.errors ELSE '[]' END)
  WITH ORDINALITY AS e (value, ordinality)
