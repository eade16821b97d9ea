-- Make the next run a full run, even if this run fails: the tables no longer
-- contain everything that the last full run loaded.
-- $1: store, $2: job
UPDATE bulkpg.watermark SET last_full = NULL WHERE store = $1 AND job = $2
