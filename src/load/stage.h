/*
 * stage - the staging tables of a run, in the store's schema.
 *
 * They are created and committed before the load, have no keys, and no other
 * role may read them.
 *
 * Hazard. Their columns must not change during the load, because then every
 * prepared statement on them fails.
 */
#ifndef LOAD_STAGE_H
#define LOAD_STAGE_H

#include "base/buf.h"
#include "load/loader.h"
#include "load/rows.h"
#include "pg/conn.h"

/* Staging that is created before the tables have been inspected, and is used if
 * the inspection changes nothing about it. Initialize with {0}. */
struct stage_ahead {
    struct buf sql;
    struct pg_result **types; /* by table of the plan */
    int table_count;
    bool is_made; /* set by the caller, after its COMMIT */
};

/* Queue the creation in the caller's transaction. It fails if a table of such a
 * name exists, or if default privileges would let other roles read it. */
void stage_queue_ahead(struct pg_conn *conn, const char *schema, int64_t run_id,
                       const struct plan *plan, const bool *becomes_table,
                       struct stage_ahead *ahead);
void stage_ahead_free(struct stage_ahead *ahead);

/* Create a staging table for each table that is not skipped, and read the oids
 * of their row types. Before that, drop the staging tables that an earlier
 * attempt of the run left, and end all sessions that still write them: they
 * belong to a process that has lost its claim. If `ahead` has made the same
 * tables, they are used. */
MUST_CHECK bool
stage_create(struct pg_conn *conn, const char *schema, int64_t run_id,
             struct loader_table *tables, int table_count,
             const bool *becomes_table, struct stage_ahead *ahead,
             const struct loader_fence *fence, struct err *err);

/* Drop all staging tables of the run that exist, in any schema, because the
 * store's schema may have changed. If this fails, the next run of the job drops
 * them. */
void stage_drop(struct pg_conn *conn, int64_t run_id);

/* ---- for load/kept.c ---------------------------------------------------- */

enum { STAGE_NAME_BYTES = 64 };

/* Does the table have staging? */
bool stage_has_rows(const struct plan_table *table);

/* The name of a table's staging, and the prefix of all names of a run. */
void stage_name(int64_t run_id, const struct plan_table *table,
                char name[STAGE_NAME_BYTES]);
void stage_prefix(int64_t run_id, char prefix[STAGE_NAME_BYTES]);
void stage_name_table(struct loader_table *table, int64_t run_id);

/* Ask for the oids of staging's row types, and take the answer. */
void stage_queue_types(struct pg_conn *conn, const char *schema,
                       const char *stage, struct pg_result **types);
MUST_CHECK bool
stage_learn_types(struct loader_table *table, const struct pg_result *types,
                  struct err *err);

#endif
