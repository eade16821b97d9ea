/*
 * fault - report a cause that stops several jobs of a store only once.
 *
 * A bad secret, a closed shop or a store that does not answer makes all jobs of
 * the store fail. Such failures are collected until the last job of the store
 * has ended, then reported in one line with the number of jobs. If only one job
 * failed, it is reported like any failure of a job.
 */
#ifndef JOB_FAULT_H
#define JOB_FAULT_H

#include <stddef.h>

#include "base/err.h"

struct job;
struct store_state;

enum { STORE_FAULTS_MAX = 4 };

struct store_fault {
    struct err err;
    const struct job *job; /* the first job that failed */
    const char *message;   /* for the log line of that job */
    size_t jobs;
};

struct store_faults {
    struct store_fault items[STORE_FAULTS_MAX];
    size_t count;
    size_t jobs_open; /* jobs of the store that have not ended */
};

/* Does this error concern all jobs of the store? */
bool fault_is_of_store(const struct store_state *store, const struct err *err);

/* Collect the job's failure if it concerns all jobs of the store, unless the
 * process lasts (job/context.h). `message` is for the log line. False: the
 * failure concerns this job only. */
bool fault_collect(struct job *job, const char *message);

/* Is the job's failure reported together with those of other jobs? */
bool fault_is_shared(const struct job *job);

/* A job of the store has ended. After the last job, report the faults. */
void fault_job_ended(struct store_state *store);

/* "postponed" or "failed". */
const char *fault_ending(const struct store_fault *fault);

#endif
