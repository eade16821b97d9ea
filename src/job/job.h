/*
 * job - one query file of one store, from its text to its plan.
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

/* ---- the jobs of a command --------------------------------------------- */

/* A store that is left out, since it is at fault. */
struct job_fault {
    const char *store;
    struct err err;
    size_t jobs; /* that it would have run; 0: not known */
};

struct jobs {
    struct job *items;
    size_t count;
    struct arena arena; /* of the query files */
    int status;         /* of what could not even become a job */
    const struct options *options;
    struct job_fault *faults; /* of stores left out */
    size_t fault_count;
    struct context *recorded_by; /* NULL: failures are not recorded */
    bool is_recording;
};

/* Every job named (all when `names` is NULL or empty) of every store wanted.
 * A store or file at fault is logged and kept in `status`. */
MUST_CHECK bool jobs_collect(struct jobs *jobs, struct context *context,
                             const char *const *names, struct err *err);

/* The same, and `on_fault` is told instead of the log. */
typedef void jobs_fault_fn(void *ctx, const struct store_state *store,
                           const struct err *fault);
MUST_CHECK bool
jobs_collect_telling(struct jobs *jobs, struct context *context,
                     const char *const *names, jobs_fault_fn *on_fault,
                     void *ctx, struct err *err);
void jobs_free(struct jobs *jobs);

/* ERR_CONFIG when a job before items[i] that has not failed plans one of its
 * tables. */
MUST_CHECK bool
jobs_check_tables(const struct jobs *jobs, size_t i, struct err *err);

/* Prepare and run every job. Jobs whose tables share a schema are prepared one
 * after the other; if two of them plan the same table, one fails; then they
 * run side by side. No schema waits for another. */
void jobs_run(struct jobs *jobs, void (*prepare)(struct job *job),
              void (*run)(void *job));

/* The end of a command over jobs, on stdout: what was written, table by table;
 * how each job ended, and with --timings where its time went; what to do about
 * each failure. With -q only what the log does not say as an error. When it was not
 * `done`, why not. Frees; the worst status. */
int jobs_end(struct jobs *jobs, bool done, const struct err *err);

/* The worst status of all. */
int jobs_status(const struct jobs *jobs);

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
