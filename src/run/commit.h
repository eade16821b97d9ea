/*
 * commit - the merge: one transaction that changes the tables from staging and
 * records the run's end in the journal.
 */
#ifndef RUN_COMMIT_H
#define RUN_COMMIT_H

#include "run/attempt.h"

/* Try the merge once, on `conn`. After a failure, and in a dry run, everything
 * is rolled back and staging is as before. If the answer to COMMIT is lost, the
 * journal is asked for the outcome. */
MUST_CHECK bool
commit_merge(struct attempt *attempt, struct pg_conn *conn, struct err *err);

/* True if the merge removes no rows because the store could not count the roots
 * of the windows: a missing row may then be one that a window lost. Or because
 * a saved result has only some of the roots; if the run is incremental, the
 * rows below these roots are removed nevertheless. */
bool commit_is_uncounted(const struct run *run);

/* True if the SQLSTATE is of class 08: the server lost a Citus worker. Its
 * staging tables are lost too, because unlogged tables are empty after a
 * crash. */
bool commit_lost_worker(const struct err *err);

/* The run's notes as a JSON object; NULL: none. */
const char *commit_notes(const struct run *run);

/* Does the run have all rows, as far as is known? Not after a partial result
 * (--accept-partial), an unproven walk, or null rows: `err` says why. */
bool commit_is_complete(const struct run *run, struct err *err);

#endif
