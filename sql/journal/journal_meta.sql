-- Which journal this is, and of which version.
SELECT version, journal_uuid FROM bulkpg.meta
