-- Add rows to a push.
-- $1: push_id, $2: number of the first row, then arrays: $3: n, $4: line,
-- $5: key, $6: hash, $7: variables, $8: before, $9: idempotency_key, $10: state,
-- $11: first_sent_at, of rows that an earlier push has sent
INSERT INTO bulkpg.push_row (push_id, number, n, line, key, hash, variables,
                             before, idempotency_key, state, first_sent_at)
SELECT $1::bigint, $2::bigint + r.ordinality - 1, r.n, r.line, r.key, r.hash,
       r.variables, r.before, r.idempotency_key, r.state, r.first_sent_at
FROM unnest($3::integer[], $4::bigint[], $5::text[], $6::text[], $7::text[],
            $8::text[], $9::text[], $10::text[], $11::timestamptz[])
  WITH ORDINALITY AS r (n, line, key, hash, variables, before,
                        idempotency_key, state, first_sent_at, ordinality)
