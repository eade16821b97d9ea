/*
 * kept_ids - the ids of the rows that an interrupted run has staged.
 */
#ifndef LOAD_KEPT_IDS_H
#define LOAD_KEPT_IDS_H

#include "load/loader.h"

/* A session of the pool, or a new one. Give it back with kept_ids_close(). */
MUST_CHECK bool kept_ids_open(const struct loader_config *config,
                              struct pg_conn **conn, struct err *err);
void kept_ids_close(const struct loader_config *config, struct pg_conn *conn);

/* A row: the whole ids of its parent and its own. NULL: a root, or a row
 * without an id. Must not wait. */
typedef void kept_ids_fn(void *ctx, const char *parent_id, const char *id);

/* Give each pair of ids in the staging of this table once; or, unless
 * `has_rows`, each parent's id. The gid types of the plan are those of staging.
 * Any number of rows needs little memory. */
MUST_CHECK bool
kept_ids_read(struct pg_conn *conn, const struct loader_config *config,
              const struct plan_table *table, bool has_rows, kept_ids_fn *give,
              void *ctx, struct err *err);

#endif
