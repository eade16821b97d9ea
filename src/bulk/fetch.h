/*
 * fetch - the origin of `bulkpg run`: the bulk operations of one run.
 *
 * A run has one operation, or one per window of @slice, up to BULK_SLOTS at a
 * time. They are ordered by window. If the store does not finish one in time,
 * its window is halved and two operations replace it.
 */
#ifndef BULK_FETCH_H
#define BULK_FETCH_H

#include "bulk/operation.h"
#include "bulk/slices.h"
#include "job/job.h"
#include "journal/operation.h"
#include "source/origin.h"

struct fetch {
    struct origin origin;
    struct job *job;
    struct origin_run wanted;
    struct bulk_run run;
    struct slices slices;
    struct operation **operations; /* owned; by window */
    int count;
    const char *notes; /* of the unfinished run that find() found */
    struct journal_operations earlier; /* its operations; of each, the last
                                        * attempt counts */
};

/* Make the origin of a job's runs. origin_free() ends it. */
void fetch_init(struct fetch *fetch, struct job *job);

#endif
