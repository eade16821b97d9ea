-- Nothing of a push is sent: it has no chunks.
-- $1: push_id
DELETE FROM bulkpg.push_chunk WHERE push_id = $1::bigint
