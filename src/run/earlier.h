/*
 * earlier - what other runs of the job left: one that can be resumed, and
 * those that are superseded, with what they left at the origin and in the
 * database.
 */
#ifndef RUN_EARLIER_H
#define RUN_EARLIER_H

#include "journal/runs.h"
#include "run/state.h"

/* The newest run that began, if it is unfinished, would ask for the same and
 * the origin can use what it left; else ORIGIN_NOTHING. */
MUST_CHECK bool earlier_find(struct run *run, struct journal_run **last,
                             enum origin_left *left, struct err *err);

/* Supersede every unfinished run but `keep_run_id` (0: all of them), and clear
 * away what they left. */
MUST_CHECK bool
earlier_supersede(struct run *run, int64_t keep_run_id, struct err *err);

/* Take over the run that was found: run->ref is it. It may have ended
 * meanwhile, code RUN_ENDED: a merge under way is waited for. */
MUST_CHECK bool
earlier_take_over(struct run *run, const struct journal_run *last,
                  enum run_status status, struct err *err);

#endif
