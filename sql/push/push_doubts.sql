-- Rows of each job whose outcome is not known, whichever push sent them.
SELECT store, job, count(*)
FROM bulkpg.push_state
WHERE state IN ('sending', 'unknown', 'held')
GROUP BY store, job
