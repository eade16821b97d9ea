/*
 * describe - in a line, what a job is doing now.
 *
 * Everything it says comes from one look at the job's progress: the phase that
 * works says what there is to see (job/progress.h), and this finds the words.
 */
#ifndef CLI_DESCRIBE_H
#define CLI_DESCRIBE_H

#include "base/buf.h"
#include "job/job.h"

/* Nothing is done for the job now: its turn comes. */
bool describe_waits(const struct progress *progress);

/* "1:05  " */
void describe_append_time(const struct progress *progress, int64_t now_ms,
                          struct buf *text);

/* "loading 45%  123.4 MB  52,100 rows/s  0:12 left" */
void describe_job(struct job *job, int64_t now_ms, struct buf *text);

#endif
