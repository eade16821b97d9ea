/*
 * earlier - earlier runs of the job. An unfinished run is resumed or
 * superseded; superseding cancels its operations and drops its staging tables.
 */
#ifndef RUN_EARLIER_H
#define RUN_EARLIER_H

#include "journal/runs.h"
#include "run/state.h"

/* Find a run to resume: the newest run that began. *left is ORIGIN_NOTHING if
 * that run is finished, has another plan, mode or window, or left nothing that
 * the origin can use. */
MUST_CHECK bool earlier_find(struct run *run, struct journal_run **last,
                             enum origin_left *left, struct err *err);

/* Supersede every unfinished run except `keep_run_id` (0: no exception). Cancel
 * the operations and drop the staging tables that other runs left. A run with
 * --ids leaves other runs alone. */
MUST_CHECK bool
earlier_supersede(struct run *run, int64_t keep_run_id, struct err *err);

/* Begin a run, after superseding every unfinished run. If no run has left an
 * operation or staging, that is one wait. */
MUST_CHECK bool
earlier_supersede_and_begin(struct run *run, const struct run_start *start,
                            struct err *err);

/* Take over the run that earlier_find() found, and set run->ref to it. Waits
 * for a merge of that run that is still in progress. ERR_LATER with the code
 * RUN_ENDED if the run has ended since. */
MUST_CHECK bool
earlier_take_over(struct run *run, const struct journal_run *last,
                  enum run_status status, struct err *err);

#endif
