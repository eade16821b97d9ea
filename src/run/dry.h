/*
 * dry - what is different in a dry run, `run --dry-run`.
 *
 *     it finds statements pending   print them; the store is not asked
 *     its merge                     is rolled back (run/commit.h); a guard that
 *                                   refuses it does not end it
 *     its row in the journal        has the status `dry` from its beginning. So
 *                                   no run resumes or supersedes it, or takes
 *                                   it for an earlier run
 *     earlier runs                  are left alone: the next run resumes them
 *
 * Private to this folder.
 */
#ifndef RUN_DRY_H
#define RUN_DRY_H

#include "run/state.h"

/* Find the statements that a run would execute before its merge, as the tables
 * are now, and put them into the job. */
void dry_prepare(struct run *run);

/* The job restarts, with another row. */
void dry_abandon(struct run *run, const struct err *why);

/* Record the end of a dry run that did not fail. */
MUST_CHECK bool dry_record(struct run *run, struct err *err);

/* Then report it to the log and to the job. */
void dry_end(struct run *run);

#endif
