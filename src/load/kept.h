/*
 * kept - staging that is kept, because a paged run continues.
 *
 * An attempt of a paged run continues after the last committed page, in the
 * same process or in another one. If a column has become wider meanwhile, its
 * staging is changed in place.
 */
#ifndef LOAD_KEPT_H
#define LOAD_KEPT_H

#include "pg/conn.h"
#include "plan/plan.h"

struct loader_table;

/* Make the plan's columns at least as wide as those in the staging of an
 * interrupted run. *is_there is false if staging is missing, or does not belong
 * to the plan: then the run cannot be continued. Call it before
 * loader_new(). */
MUST_CHECK bool
kept_adopt(struct pg_conn *conn, const char *schema, int64_t run_id,
           struct plan *plan, bool *is_there, struct err *err);

/* For the loader: end all sessions that still write the staging of the run;
 * widen its columns to those of the plan; and read the oids of its row
 * types. */
MUST_CHECK bool
kept_continue(struct pg_conn *conn, const char *schema, int64_t run_id,
              struct loader_table *tables, int table_count, struct err *err);

#endif
