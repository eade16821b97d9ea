/*
 * results - the results of operations as sources. With --keep and [archive], a
 * result is also copied to a file, unless it is partial.
 */
#ifndef BULK_RESULTS_H
#define BULK_RESULTS_H

#include "bulk/operation.h"
#include "job/job.h"
#include "source/source.h"

/* The source of a result. It points into the operation until it is freed. */
struct source *
results_source(struct job *job, const struct operation *operation);

/* Remove partial files that a killed run of the job left in the folders of
 * --keep and [archive]. Only the process that claimed the job may call this. */
void results_clean(const struct job *job);

#endif
