/*
 * scripted_job - one job of store "acme" in the test's cluster, with its plan,
 * its journal and the context of a process. Use it inside a task (pg_task.h).
 * A test fails if one of these functions fails.
 */
#ifndef SCRIPTED_JOB_H
#define SCRIPTED_JOB_H

#include "job/job.h"

struct scripted_job {
    struct options options; /* a test may change them before a run */
    struct context context;
    struct store_config config;
    struct store_state store;
    struct query_file file;
    struct job job;
    const char *types;
};

/* Open job "products" with this `query`, in `database`. Its tables are in the
 * schema acme. Failures of the database are not retried. */
void scripted_job_open(struct scripted_job *job, const char *database,
                       const char *query);

/* The same with the types in this file. */
void scripted_job_open_with(struct scripted_job *job, const char *database,
                            const char *query, const char *types);
void scripted_job_close(struct scripted_job *job);

/* Reset the job to the state that it has in a new process. */
void scripted_job_again(struct scripted_job *job);

/* Run `sql` on a connection of its own, and return its first value as text: ""
 * for NULL or without a row. It is valid until the next call. */
const char *scripted_job_ask(const struct scripted_job *job, const char *sql);

#endif
