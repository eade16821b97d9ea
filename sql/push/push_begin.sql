-- Add a push. Its notes say in which database it began.
-- $1: store, $2: job, $3: mode, $4: document, $5: source, $6: may_repeat,
-- $7: snapshot_at, $8: undo_of, $9: are applied rows undone if one is not?
INSERT INTO bulkpg.push (store, job, mode, status, document, source, may_repeat,
                         snapshot_at, undo_of, notes)
SELECT $1, $2, $3, 'running', $4, $5, $6::boolean, $7::timestamptz, $8::bigint,
       jsonb_strip_nulls(jsonb_build_object(
         'journal', m.journal_uuid,
         'database', bulkpg.database_identity(),
         'rollback', nullif($9::boolean, false)))
FROM bulkpg.meta m
RETURNING push_id
