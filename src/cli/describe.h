/*
 * describe - one line that says what a job is doing.
 *
 * The text comes from one look at the job's progress (job/progress.h).
 */
#ifndef CLI_DESCRIBE_H
#define CLI_DESCRIBE_H

#include "base/buf.h"
#include "job/job.h"

/* True if the job waits: for its turn, for a slot, or for another load. */
bool describe_waits(const struct progress *progress);

/* Append how long the job has taken: "1:05 ". */
void describe_append_time(const struct progress *progress, int64_t now_ms,
                          struct buf *text);

/* Append what the job is doing: "loading 45% 123.4 MB 52,100 rows/s 0:12 left".
 * Updates the rates in the job's progress. */
void describe_job(struct job *job, int64_t now_ms, struct buf *text);

#endif
