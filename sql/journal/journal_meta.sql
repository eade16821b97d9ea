-- Return the journal's version and identity.
SELECT version, journal_uuid FROM bulkpg.meta
