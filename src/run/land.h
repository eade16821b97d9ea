/*
 * land - results into tables: stream, stage, verify, merge, commit.
 *
 * Begins again by itself when an id column must widen, when the server refuses
 * rows, or when the download says that it cannot continue. A failure leaves
 * the tables as they were and no staging behind; rejects are in the journal by
 * then.
 */
#ifndef RUN_LAND_H
#define RUN_LAND_H

#include "run/state.h"

/* All that the origin has, after origin_wait(). */
MUST_CHECK bool land_results(struct run *run, struct err *err);

/* What an unfinished run left of its staging. Its process is gone, or is this
 * one with all loaders closed. */
void land_drop_staging(struct journal *journal, int64_t run_id);

#endif
