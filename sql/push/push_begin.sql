-- Add a push.
-- $1: store, $2: job, $3: mode, $4: document, $5: source, $6: may_repeat,
-- $7: snapshot_at, $8: undo_of
INSERT INTO bulkpg.push (store, job, mode, status, document, source, may_repeat,
                         snapshot_at, undo_of)
VALUES ($1, $2, $3, 'running', $4, $5, $6::boolean, $7::timestamptz,
        $8::bigint)
RETURNING push_id
