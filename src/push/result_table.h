/*
 * result_table - the table with the answers to the rows of a mutation job:
 * <schema>.<job>_result.
 *
 *     _key        names the row, in the type of the key's column
 *     _push_id    the push that sent it last
 *     _state      as in bulkpg.push_row
 *     _errors     [{"code", "field", "message"}]; NULL: none
 *     _pushed_at  when its state became known
 *     …           the values of the payload, from the last applied answer
 */
#ifndef PUSH_RESULT_TABLE_H
#define PUSH_RESULT_TABLE_H

#include "mapping/binding.h"
#include "push/push.h"

/* If the table exists, add the columns that the payload has and the table
 * lacks, and widen those that cannot hold it, in a short transaction under
 * lock_timeout. Nothing is narrowed or dropped. Call it before the SELECT
 * begins, which may read the table. ERR_CONFIG if a table of this name exists
 * that is not of this job, or if a column has a type of a user's own. */
MUST_CHECK bool result_table_adapt(struct push *push, struct err *err);

/* Create the table if it does not exist, in the transaction of `conn`. If keys
 * have another type than _key, it becomes one that holds both, text if need be.
 * ERR_CONFIG as above. */
MUST_CHECK bool
result_table_make(struct push *push, const struct binding *binding,
                  struct pg_conn *conn, struct err *err);

/* The statements that put answers into the table, in the push's arena. Columns
 * that a user has dropped are left out.
 * $1: push_id, $2: JSON array of {"number", "state", "errors", "leaves"}. Of
 * rows that were not applied, only the columns above change.
 * In the same form, for rows of chunk $2 without an answer. */
struct result_table {
    const char *put_applied;
    const char *put_others;
    const char *put_unknown; /* $1: push_id, $2: n */
};

MUST_CHECK bool
result_table_statements(struct push *push, struct pg_conn *conn,
                        struct result_table *table, struct err *err);

/* In the transaction of `conn` that adds the rows of the push: can the table
 * take the answers? If not, they could never be settled. ERR_CONFIG if a user
 * has changed the table so that the statements fail, or if _key cannot hold the
 * keys of rows that are retried or undone. */
MUST_CHECK bool
result_table_check(struct push *push, struct pg_conn *conn, struct err *err);

#endif
