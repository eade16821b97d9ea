-- Add the error of an invalid row.
-- $1: push_id, $2: number, $3: code, $4: column, $5: message
INSERT INTO bulkpg.push_error (push_id, number, n, line, ordinal, code, field,
                               message)
VALUES ($1::bigint, $2::bigint, 0, $2::bigint, 0, $3, $4, $5)
