/*
 * fetch - the origin of `run`: the bulk operations of one run, one, or one
 * per window of @slice, a few of them at a time.
 *
 * Operations stay in the order of their windows. If the store does not finish
 * one in time, its window is halved and two operations replace it.
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
    const char *notes; /* of the run that was found, and its operations, of */
    struct journal_operations earlier; /* which the last attempts count */
};

/* The origin of a job's runs; ended by origin_free(). */
void fetch_init(struct fetch *fetch, struct job *job);

#endif
