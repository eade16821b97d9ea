-- Count the rows of a push by state.
-- $1: push_id
SELECT count(*),
       count(*) FILTER (WHERE n > 0),
       count(*) FILTER (WHERE tries > 0),
       count(*) FILTER (WHERE state = 'applied'),
       count(*) FILTER (WHERE state IN ('refused', 'partly')),
       count(*) FILTER (WHERE state IN ('unknown', 'held', 'sending')),
       count(*) FILTER (WHERE state = 'unchanged'),
       count(*) FILTER (WHERE state = 'invalid'),
       count(*) FILTER (WHERE state = 'held'),
       count(*) FILTER (WHERE state IN ('skipped', 'planned')),
       count(*) FILTER (WHERE n > 0 AND state IN ('refused', 'partly',
                                                  'unknown', 'held',
                                                  'sending'))
FROM bulkpg.push_row
WHERE push_id = $1::bigint
