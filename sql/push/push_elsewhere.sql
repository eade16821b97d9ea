-- The newest push to a store that began in another database than this one,
-- while the journal had the uuid that it has now; NULL: there is none.
-- $1: store
SELECT max(p.push_id)
FROM bulkpg.push p
WHERE p.store = $1
  AND p.notes->>'journal' = (SELECT journal_uuid::text FROM bulkpg.meta)
  AND p.notes->>'database' <> bulkpg.database_identity()
