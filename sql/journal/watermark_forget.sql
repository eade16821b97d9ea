-- What was fetched in full is not in the tables any more: the next run is
-- full, whatever becomes of this one.
-- $1: store, $2: job
UPDATE bulkpg.watermark SET last_full = NULL WHERE store = $1 AND job = $2
