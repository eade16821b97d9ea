-- Record events, and what is to be fetched because of them. An event that is
-- known already changes only the counters. An object that has failed too often
-- is fetched again, because it may be another one now. All rows are written in
-- the order of their keys, so that two listeners do not wait for each other in
-- a circle.
-- $1: JSON array of objects, in the order of arrival; `jobs` are the jobs whose
-- roots have the type, `finished` is the gid of an operation that has ended; $2:
-- how many failures a pending object may have
WITH given AS MATERIALIZED (
  SELECT *
  FROM ROWS FROM (json_to_recordset($1::json)
                  AS (store text, event_id text, topic text, type text,
                      object_id bigint, triggered_us bigint, jobs json,
                      finished text))
       WITH ORDINALITY
    AS g (store, event_id, topic, type, object_id, triggered_us, jobs,
          finished, n)
), added AS (
  INSERT INTO bulkpg.event (store, event_id, topic, type, object_id,
                            triggered_at)
  SELECT DISTINCT ON (store, event_id, topic, object_id)
         store, event_id, topic, type, object_id,
         timestamptz 'epoch' + triggered_us * interval '1 microsecond'
  FROM given
  ORDER BY store, event_id, topic, object_id
  ON CONFLICT DO NOTHING
  RETURNING store, event_id, topic, object_id, received_at
), waiting AS (
  INSERT INTO bulkpg.pending AS p (store, job, object_id, first_at, last_at)
  SELECT a.store, j.job, a.object_id, min(a.received_at), max(a.received_at)
  FROM added a
  JOIN given g USING (store, event_id, topic, object_id)
  CROSS JOIN LATERAL json_array_elements_text(g.jobs) AS j (job)
  WHERE a.object_id > 0
  GROUP BY a.store, j.job, a.object_id
  ORDER BY a.store, j.job, a.object_id
  ON CONFLICT (store, job, object_id) DO UPDATE
    SET last_at = greatest(EXCLUDED.last_at,
                           p.last_at + interval '1 microsecond'),
        tries = CASE WHEN p.tries < $2::integer THEN p.tries ELSE 0 END
), counted AS (
  INSERT INTO bulkpg.heard AS h (store, received, duplicates, last_received_at,
                                 lag_seconds)
  SELECT s.store, s.received,
         s.received - (SELECT count(*) FROM added a WHERE a.store = s.store),
         clock_timestamp(),
         CASE WHEN s.triggered_us IS NOT NULL
              THEN greatest(extract(epoch FROM clock_timestamp())
                            - s.triggered_us / 1e6, 0) END
  FROM (SELECT store, count(*) AS received,
               (array_agg(triggered_us ORDER BY n DESC)
                FILTER (WHERE triggered_us IS NOT NULL))[1] AS triggered_us
        FROM given
        GROUP BY store) s
  ORDER BY s.store
  ON CONFLICT (store) DO UPDATE
    SET received = h.received + EXCLUDED.received,
        duplicates = h.duplicates + EXCLUDED.duplicates,
        last_received_at = EXCLUDED.last_received_at,
        lag_seconds = coalesce(EXCLUDED.lag_seconds, h.lag_seconds)
)
SELECT pg_notify('bulkpg_finish', finished)
FROM (SELECT DISTINCT g.finished
      FROM given g
      JOIN added a USING (store, event_id, topic, object_id)
      WHERE g.finished IS NOT NULL) f
