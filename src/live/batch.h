/*
 * batch - fetch what a job has pending (job/pending.h).
 *
 * The run of a batch is like one of `run JOB --ids`: it replaces the rows of
 * these objects and all below them, removes objects that no longer exist, and
 * does not move the watermark.
 */
#ifndef LIVE_BATCH_H
#define LIVE_BATCH_H

#include "job/job.h"

/* For jobs_run(): run a prepared job whose `pending` is set. Nothing happens if
 * another process has the job's claim. */
void batch_run(struct job *job);

#endif
