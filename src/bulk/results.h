/*
 * results - the results of complete operations as sources, with a copy of each
 * where --keep says so.
 */
#ifndef BULK_RESULTS_H
#define BULK_RESULTS_H

#include "bulk/operation.h"
#include "job/job.h"
#include "source/source.h"

/* Points into the operation until it is freed. */
struct source *
results_source(struct job *job, const struct operation *operation);

/* Remove what a killed run of the job left in the folder of --keep: no other
 * process runs it now. */
void results_clean(const struct job *job);

#endif
