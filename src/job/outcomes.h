/*
 * outcomes - rows in the journal for jobs that ended before their run began.
 *
 * A run records its own end. A job can fail earlier: its query is not valid,
 * the store does not answer, or a secret is missing. Without a row in the
 * journal, the last good run would hide this. Such a job gets the status
 * `failed`, or `interrupted` if it ends with exit status 75. A job that another
 * process runs, or that was not due, gets no row.
 */
#ifndef JOB_OUTCOMES_H
#define JOB_OUTCOMES_H

#include "job/jobs.h"

/* Record the jobs of stores that are left out, and from now on every job that
 * job_fail() ends. Call this after the database is open and before the first
 * job begins. */
void outcomes_begin(struct jobs *jobs, struct context *context);

/* Record every job that has failed and has no row yet, with one statement for
 * some hundred jobs. A failure to do so is logged. If another task is in this
 * function, that task does the work. */
void outcomes_record(struct jobs *jobs);

/* Fail all jobs that have not failed yet because of `why`, and record them. */
void outcomes_refuse(struct jobs *jobs, const struct err *why);

#endif
