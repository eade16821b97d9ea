/*
 * state - all that one run knows, from its claim to its end: run/run.c draws
 * its life, and hands this struct to each step. Private to this
 * folder.
 */
#ifndef RUN_STATE_H
#define RUN_STATE_H

#include "job/job.h"
#include "journal/merge.h"
#include "journal/run.h"
#include "load/refused.h"
#include "run/mode.h"
#include "run/notes.h"
#include "run/tables.h"
#include "source/origin.h"

struct run {
    /* Handed over. */
    struct job *job;
    struct origin *origin; /* of its results */

    /* Short ways into the job. */
    struct context *context;
    struct journal *journal;
    const struct options *options;
    const struct tuning_config *tuning;
    struct plan *plan;
    struct arena *arena;
    struct log_ctx *log;
    struct timings *timings;
    struct progress *progress;
    const char *store;
    const char *name; /* of the job */
    const char *schema;

    /* By step: prepare, choose mode, begin or resume. */
    struct tables tables;
    struct mode mode;
    struct run_ref ref;
    bool begun; /* it has a row in the journal */

    /* While it lands; over all attempts, */
    int source_at;          /* the source that is, or was, streamed last */
    struct refused refused; /* lines that the server does not take */
    struct notes notes;

    /* and in the last one. */
    bool hides_orders; /* the store may show those of 60 days only */
    int64_t rejects;
    struct run_counts counts;
    struct journal_run_table *written; /* by table */
    size_t written_count;
};

#endif
