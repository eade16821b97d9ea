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

/* Create the table, or add the columns that it lacks, in the transaction of
 * `conn`. ERR_CONFIG if a table of this name does not belong to this job, or if
 * a column has another type. */
MUST_CHECK bool
result_table_make(struct push *push, const struct binding *binding,
                  struct pg_conn *conn, struct err *err);

/* The statements that write answers into the table, in the push's arena.
 * $1: push_id, $2: JSON array of {"number", "state", "errors", "leaves"}.
 * put_others is for rows that were not applied, and changes only the columns
 * above; put_unknown is for the rows of a chunk without an answer. */
struct result_table {
    const char *put_applied;
    const char *put_others;
    const char *put_unknown; /* $1: push_id, $2: n */
};

MUST_CHECK bool
result_table_statements(struct push *push, struct pg_conn *conn,
                        struct result_table *table, struct err *err);

#endif
