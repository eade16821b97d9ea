/*
 * job - one query file of one store, from its text to its plan.
 */
#ifndef APP_JOB_H
#define APP_JOB_H

#include "app/context.h"
#include "app/progress.h"
#include "app/queries.h"
#include "app/timings.h"
#include "app/types.h"
#include "base/log.h"
#include "graphql/deprecated.h"
#include "graphql/notes.h"
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
    struct gql_note *notes; /* what does not do what it seems to */
    struct err err;         /* why it failed; kind ERR_NONE: it did not */
    int status;             /* exit status, once it has ended */
    bool has_outcome;       /* the journal has its run, or shall have none */
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

/* A store that has no jobs, since it is at fault. */
struct job_fault {
    const char *store;
    struct err err;
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

/* After every job was prepared: two that plan the same table fail. */
void jobs_refuse_shared_tables(struct jobs *jobs);

/* Run `body` for every job that has not failed, at most so many side by side
 * (0: all of them), and wait. */
void jobs_run(struct jobs *jobs, const char *name, int at_once,
              void (*body)(void *job));

/* The end of a command over jobs, on stdout: what was written, table by table;
 * how each job ended, and with --timings where its time went; what to do about
 * each failure. With -q nothing but the latter, on stderr. When it was not
 * `done`, why not. Frees; the worst status. */
int jobs_end(struct jobs *jobs, bool done, const struct err *err);

/* The worst status of all. */
int jobs_status(const struct jobs *jobs);

/* A point in time as Shopify reads it, in the job's arena. */
const char *job_time(struct job *job, int64_t seconds_since_1970);

/* How it ended: "loaded", "nothing was due", "failed", "put off", "stopped". */
const char *job_ending(const struct job *job);

/* The job ends with `err`: logged, its exit status set, and recorded where
 * outcomes_begin() says so. */
void job_fail(struct job *job, const char *message, const struct err *err);

#endif
