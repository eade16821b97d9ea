/*
 * scripted_job - one job of store "acme" against the cluster: its plan, its
 * journal, and what a process holds around them. Inside a task (pg_task.h);
 * what is not under test here must go well.
 */
#ifndef SCRIPTED_JOB_H
#define SCRIPTED_JOB_H

#include "job/job.h"

struct scripted_job {
    struct options options; /* to be changed before a run */
    struct context context;
    struct store_config config;
    struct store_state store;
    struct query_file file;
    struct job job;
};

/* Job "products" of `query`, in `database`; its tables are in schema acme.
 * Failures of the database are not waited for. */
void scripted_job_open(struct scripted_job *job, const char *database,
                       const char *query);
void scripted_job_close(struct scripted_job *job);

/* The same job in a new state, as a new process would have it. */
void scripted_job_again(struct scripted_job *job);

/* One value of the database as text, "" for NULL and for no row; valid until
 * the next call. On a connection of its own. */
const char *scripted_job_ask(const struct scripted_job *job, const char *sql);

#endif
