/*
 * left - cancel operations that runs of a job left at the store.
 *
 * A failure to cancel one is only logged, as the operation ends by itself at
 * some time.
 */
#ifndef BULK_LEFT_H
#define BULK_LEFT_H

#include "bulk/place.h"
#include "job/job.h"
#include "journal/operation.h"

/* The place of the job's operations. */
struct bulk_place left_place(const struct job *job);

/* Cancel the operations of all runs of the job except `keep_run_id`. All of
 * them, not only those of the run that was superseded just now: the process
 * that superseded another run may have been killed before this step. */
MUST_CHECK bool
left_cancel_others(struct job *job, int64_t keep_run_id, struct err *err);

/* Cancel one operation of the job, unless it has ended. `deadline_ms`: as in
 * shopify/bulk.h. */
void left_cancel(struct job *job, struct journal_operation *operation,
                 int64_t deadline_ms);

/* Cancel the operations of one run that are still running. */
void left_cancel_run(struct job *job, int64_t run_id);

#endif
