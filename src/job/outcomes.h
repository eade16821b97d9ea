/*
 * outcomes - rows in the journal for jobs that ended before their run began.
 *
 * A run records its own end. What fails earlier - a query that is not valid, a
 * store that does not answer, a missing secret - would leave no trace, and the
 * last good run would hide it. Those jobs get a row, too: `failed`, or
 * `interrupted` for what ends with status 75. Nothing is written for a job
 * that another process runs, or that was not due.
 */
#ifndef JOB_OUTCOMES_H
#define JOB_OUTCOMES_H

#include "job/jobs.h"

/* Record the jobs of stores that are left out, and from now on every job that
 * job_fail() ends. After the database is open, before the first job begins. */
void outcomes_begin(struct jobs *jobs, struct context *context);

/* Record every job that has failed and has no row yet: one statement for some
 * hundred of them, none when there is no such job. A failure to do so is
 * logged. A call while another task is inside leaves the work to that one. */
void outcomes_record(struct jobs *jobs);

/* No job is run, because of `why`: a row for each. */
void outcomes_refuse(struct jobs *jobs, const struct err *why);

#endif
