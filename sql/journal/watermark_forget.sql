-- Make the next run full, even if this run fails: the tables no longer have all
-- that the last full run loaded.
-- $1: store, $2: job
UPDATE bulkpg.watermark SET last_full = NULL WHERE store = $1 AND job = $2
