/*
 * left - operations that runs of a job left at the store, and their end.
 *
 * A failure to cancel one is logged: the store ends it at last.
 */
#ifndef BULK_LEFT_H
#define BULK_LEFT_H

#include "bulk/place.h"
#include "job/job.h"

/* Where the job's operations are. */
struct bulk_place left_place(const struct job *job);

/* Those of other runs of the job than `keep_run_id`. Found by what there is,
 * not by which run was superseded just now: the process that did that may have
 * been killed before it came to this. */
MUST_CHECK bool
left_cancel_others(struct job *job, int64_t keep_run_id, struct err *err);

/* Those of one run that are still running. */
void left_cancel_run(struct job *job, int64_t run_id);

#endif
