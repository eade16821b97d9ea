/*
 * fault - one cause that stops several jobs of a store, reported once.
 *
 * A bad secret, a closed shop, a store that does not answer: each of the
 * store's jobs fails by it. Such failures are collected until the last job of
 * the store has ended, then reported in one line with the number of jobs. If
 * it is one job only, it is reported as any failure of a job.
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
    const struct job *job; /* the first that failed by it */
    const char *message;   /* what was to be logged of that one */
    size_t jobs;
};

struct store_faults {
    struct store_fault items[STORE_FAULTS_MAX];
    size_t count;
    size_t jobs_open; /* of the store, that have not ended */
};

/* Is this the store's fault, whichever job meets it? */
bool fault_is_of_store(const struct store_state *store, const struct err *err);

/* Collect the job's failure if it is the store's; `message` as for a log
 * line. False: it is the job's own. */
bool fault_collect(struct job *job, const char *message);

/* Of several jobs, this one's failure is reported for all of them. */
bool fault_is_shared(const struct job *job);

/* A job of the store has ended; the last one's end reports the faults. */
void fault_job_ended(struct store_state *store);

/* "postponed" or "failed", for several jobs. */
const char *fault_ending(const struct store_fault *fault);

#endif
