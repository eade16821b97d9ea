/*
 * kept_ids - the ids of the rows that an interrupted run has staged.
 */
#ifndef LOAD_KEPT_IDS_H
#define LOAD_KEPT_IDS_H

#include "pg/conn.h"
#include "plan/plan.h"

/* A row: the whole ids of its parent and its own. NULL: a root, or a row
 * without an id. Must not wait. */
typedef void kept_ids_fn(void *ctx, const char *parent_id, const char *id);

/* Give each pair of ids in the staging of this table once. The gid types of the
 * plan are those of staging. Any number of rows needs little memory. */
MUST_CHECK bool kept_ids_read(struct pg_conn *conn, const char *schema,
                              int64_t run_id, const struct plan_table *table,
                              kept_ids_fn *give, void *ctx, struct err *err);

#endif
