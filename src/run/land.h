/*
 * land - loads a run's results: stream, stage, verify, merge, commit.
 *
 * The load restarts automatically if a column must widen, if PostgreSQL refuses
 * rows, or if the download cannot resume. A failure leaves the tables as they
 * were and drops staging; rejects found so far stay in the journal.
 */
#ifndef RUN_LAND_H
#define RUN_LAND_H

#include "run/state.h"

/* Load all sources of the origin. Call origin_wait() first. */
MUST_CHECK bool land_results(struct run *run, struct err *err);

/* Drop the staging tables of an unfinished run. No loader may be using them:
 * either the run's process has ended, or this process has closed its
 * loaders. Failures are ignored. */
void land_drop_staging(struct journal *journal, int64_t run_id);

/* Drop what a paged run leaves for a run that continues it: there is none. */
void land_forget_pages(struct run *run);

/* Set the plan to what the staging of an interrupted paged run has. *is_there
 * is false if the run cannot be continued with it. */
MUST_CHECK bool
land_adopt_staging(struct run *run, bool *is_there, struct err *err);

#endif
