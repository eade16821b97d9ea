/*
 * land - results into tables: stream, stage, verify, merge, commit.
 *
 *     loading ─► every source through the loader into staging
 *             ─► counts compared with what the store said
 *     merging ─► one transaction: fence, merge, journal, commit
 *
 * Begins again by itself when an id column must widen, or when the download
 * says that it cannot go on. A failure leaves the tables as they were and no
 * staging behind; rejects are in the journal by then.
 */
#ifndef RUN_LAND_H
#define RUN_LAND_H

#include "job/job.h"
#include "journal/operation.h"
#include "journal/run.h"
#include "load/refused.h"
#include "run/tables.h"
#include "source/source.h"

struct land {
    struct job *job;
    struct run_ref run;
    enum run_mode mode;
    bool incremental;        /* what did not come is there still */
    struct source **sources; /* one per operation, in order */
    struct journal_operation **operations; /* the same; NULL for a replay */
    int source_count;
    int source_at;       /* the one that is, or was, streamed last */
    bool is_cut;         /* the operations are windows of one result, and */
    int64_t least_roots; /* so many distinct roots there must be at least;
                          * -1: the store could not count them */
    struct tables tables;
    const char *column_notes; /* as they were before this run */

    bool hides_orders;        /* the store may show those of 60 days only */
    struct refused refused;   /* lines that the server would not have */
    int64_t rejects;          /* so far */
    struct run_counts counts; /* of the whole run, once it has landed */
    struct buf widened;       /* "products.id, …" */
    struct buf warnings;      /* JSON strings: "…","…" */
    struct buf warning_codes; /* of each, likewise */
    struct journal_run_table *written; /* by table */
    size_t written_count;
};

/* Look at the tables in the database, and make the schema. Before anything is
 * asked of the store. */
MUST_CHECK bool land_prepare(struct land *land, struct err *err);

/* Is a table of the plan not there yet, or a column of it gone by hand? After
 * land_prepare(). */
bool land_misses_table(const struct land *land);

/* Must a column of a table that is there get a wider type? */
bool land_widens_column(const struct land *land);

/* All of it. */
MUST_CHECK bool land_results(struct land *land, struct err *err);

/* What an unfinished run left of its staging. Whoever held it is gone, or is
 * us with all loaders closed. */
void land_drop_staging(struct context *context, int64_t run_id);

void land_free(struct land *land);

#endif
