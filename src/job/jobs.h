/*
 * jobs - the jobs of a command: find them, make sure that no two of them write
 * the same table, and run them concurrently.
 */
#ifndef JOB_JOBS_H
#define JOB_JOBS_H

#include "job/job.h"

/* A store that is left out because of a fault in its configuration or its
 * queries. */
struct job_fault {
    const char *store;
    struct err err;
    size_t jobs; /* that the store would have run; 0: not known */
};

struct jobs {
    struct job *items;
    size_t count;
    struct arena arena; /* of the query files */
    int status;         /* exit status for stores that are left out */
    const struct options *options;
    struct job_fault *faults; /* the stores that are left out */
    size_t fault_count;
    struct context *recorded_by; /* NULL: failures are not recorded */
    bool is_recording;
    bool only_parses; /* load --dry-run: no job has a run */
};

/* Collect the jobs in `names` (all if NULL or empty) of all stores that the
 * command uses. A store with a fault is logged and sets `status`. */
MUST_CHECK bool jobs_collect(struct jobs *jobs, struct context *context,
                             const char *const *names, struct err *err);

/* The same, but `on_fault` gets the faults of stores instead of the log. */
typedef void jobs_fault_fn(void *ctx, const struct store_state *store,
                           const struct err *fault);
MUST_CHECK bool
jobs_collect_reporting(struct jobs *jobs, struct context *context,
                       const char *const *names, jobs_fault_fn *on_fault,
                       void *ctx, struct err *err);

/* Collect one job of one store. Call jobs_free() also after a failure. */
MUST_CHECK bool
jobs_collect_one(struct jobs *jobs, struct context *context,
                 struct store_state *store, const char *name, struct err *err);
void jobs_free(struct jobs *jobs);

/* ERR_CONFIG if another job that has not failed plans a table of items[i], and
 * has precedence: it owns the table, or neither owns it and it comes first. */
MUST_CHECK bool
jobs_check_tables(const struct jobs *jobs, size_t i, struct err *err);

/* Prepare a job for a run, for jobs_run(). If that fails, the job has
 * failed. */
void jobs_prepare(struct job *job);

/* Prepare and run all jobs. Jobs with tables in the same schema are prepared
 * one after the other; if two of them plan the same table, one of them fails;
 * then they run concurrently. No schema waits for another one. */
void jobs_run(struct jobs *jobs, void (*prepare)(struct job *job),
              void (*run)(void *job));

/* Have all other jobs ended? */
bool jobs_is_last(const struct jobs *jobs, const struct job *job);

/* The worst exit status. */
int jobs_status(const struct jobs *jobs);

#endif
