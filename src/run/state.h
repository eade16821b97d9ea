/*
 * state - the state of one run, from its claim to its end. Each step that
 * run/run.c draws gets this struct. Private to this folder.
 */
#ifndef RUN_STATE_H
#define RUN_STATE_H

#include "job/job.h"
#include "journal/frontier.h"
#include "journal/merge.h"
#include "journal/reject.h"
#include "journal/run.h"
#include "load/refused.h"
#include "run/mode.h"
#include "run/notes.h"
#include "run/tables.h"
#include "source/origin.h"

/* The rejected lines of the page that is being loaded. */
struct page_rejects {
    struct arena arena;
    struct journal_reject *list;
    size_t count;
};

struct run {
    /* Parameters of run_job(). */
    struct job *job;
    struct origin *origin;

    /* Copies of the job's members. */
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
    bool is_dry;  /* --dry-run: the merge is rolled back (run/dry.h) */
    bool goes_on; /* the job restarts: an attempt before was due */

    /* Set by the steps prepare, choose mode, and begin or resume. */
    struct tables tables;
    struct mode mode;
    struct run_ref ref;
    bool begun; /* the run has a row in the journal */

    /* Set by land, and kept over all attempts. */
    int source_at;          /* index of the source that was streamed last */
    struct refused refused; /* lines that PostgreSQL refuses */
    bool sends_all;         /* rows that did not change are sent, too */
    struct notes notes;
    struct frontier_head head; /* of a paged run: of the last committed page */
    bool has_all_pages;        /* that was the last one */
    struct page_rejects page_rejects;

    /* Set by the last attempt of land. */
    bool hides_orders; /* the store may hide orders older than 60 days */
    int64_t rejects;
    struct run_counts counts;
    struct journal_run_table *written; /* what the merge did to each table */
    size_t written_count;
    const char *compared; /* tables, "a, b"; NULL: none */
    int64_t unsent;       /* their rows that came and were not sent, */
    int64_t sent;         /* and those that were */
    struct err refusal;   /* of a dry run: why a guard would stop the merge;
                           * kind ERR_NONE: none would */
};

#endif
