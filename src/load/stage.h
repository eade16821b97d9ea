/*
 * stage - the staging tables of a run, in the store's own schema.
 *
 * Made and committed before the load, readable by nobody else, without keys,
 * and of one shape from first to last: a prepared statement on a table that
 * changed shape fails for ever.
 */
#ifndef LOAD_STAGE_H
#define LOAD_STAGE_H

#include "load/rows.h"
#include "pg/conn.h"

/* Make one per table that is not skipped, and learn the oids of their row
 * types. What an earlier try left of the run's staging goes first, and whoever
 * writes it: by now that is nobody who counts. */
MUST_CHECK bool
stage_create(struct pg_conn *conn, const char *schema, int64_t run_id,
             struct loader_table *tables, int table_count,
             const bool *becomes_table, struct err *err);

/* Drop every staging table of the run that still stands, whatever schema the
 * store had then. What cannot be
 * dropped now is dropped by the next run of the job. */
void stage_drop(struct pg_conn *conn, int64_t run_id);

#endif
