/*
 * jobs - the jobs of a command: which there are, that no two of them write the
 * same table, and that they run side by side.
 */
#ifndef JOB_JOBS_H
#define JOB_JOBS_H

#include "job/job.h"

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

/* The worst status of all. */
int jobs_status(const struct jobs *jobs);

#endif
