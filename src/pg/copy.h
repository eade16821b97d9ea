/*
 * copy - one column of numbers out of the server, row by row, in constant
 * memory.
 */
#ifndef PG_COPY_H
#define PG_COPY_H

#include "pg/conn.h"

/* One row's number; NULL is SQL NULL. Must not wait. */
typedef void pg_number_fn(void *ctx, const int64_t *number);

/* Run `query`, a SELECT of one column of type bigint, and hand over its rows in
 * the order in which they come. After a failure some may have been handed
 * over. */
MUST_CHECK bool
pg_copy_numbers(struct pg_conn *conn, const char *query,
                pg_number_fn *on_number, void *ctx, struct err *err);

#endif
