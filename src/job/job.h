/*
 * job - one query file of one store, from its text to its plan, and how it
 * ended.
 */
#ifndef JOB_JOB_H
#define JOB_JOB_H

#include "base/log.h"
#include "config/query_files.h"
#include "graphql/deprecated.h"
#include "graphql/notes.h"
#include "job/context.h"
#include "job/progress.h"
#include "job/timings.h"
#include "job/types.h"
#include "plan/plan.h"

struct journal_run_table;

struct job {
    struct context *context;
    struct store_state *store;
    const struct store_config *config; /* the store's */
    const struct query_file *file;
    struct arena arena; /* of everything below */
    struct log_ctx log;
    struct plan *plan;
    const struct gql_deprecated *deprecated; /* what it selects of that */
    struct gql_note *notes;    /* what does not do what it seems to */
    struct err err;            /* why it failed; kind ERR_NONE: it did not */
    struct store_fault *fault; /* its store's, by which it failed; or NULL */
    int status;                /* exit status, once it has ended */
    bool has_outcome;          /* the journal has its run, or shall have none */
    struct progress progress;
    struct timings timings;
    bool is_loaded;                         /* its tables hold what came */
    int64_t rejects;                        /* lines that do not */
    const struct journal_run_table *tables; /* what it wrote; NULL: nothing */
    size_t table_count;
};

void job_init(struct job *job, struct context *context,
              struct store_state *store, const struct query_file *file);
void job_free(struct job *job);

/* Parse, gather types (from `types_file` when not NULL), check against types
 * and bulk rules, plan. */
MUST_CHECK bool
job_prepare(struct job *job, const char *types_file, struct err *err);

/* A point in time as Shopify reads it, in the job's arena. */
const char *job_time(struct job *job, int64_t seconds_since_1970);

/* It has ended, and was not due. */
bool job_was_not_due(const struct job *job);

/* It has ended; once for each job that jobs_run() runs. */
void job_end(struct job *job);

/* How it ended: "loaded", "nothing was due", "failed", "put off", "stopped". */
const char *job_ending(const struct job *job);

/* The job ends with `err`: its exit status set; logged now, or with others of
 * its store if it is the store's fault; and recorded where outcomes_begin()
 * says so. */
void job_fail(struct job *job, const char *message, const struct err *err);

#endif
