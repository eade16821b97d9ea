/*
 * commit - the merge's transaction: staging becomes the tables, and the
 * journal says so, in one commit.
 */
#ifndef RUN_COMMIT_H
#define RUN_COMMIT_H

#include "run/attempt.h"

/* Once, on `conn`; after a failure it is rolled back, and staging is as it
 * was. A commit whose answer was lost is looked up in the journal. */
MUST_CHECK bool
commit_merge(struct attempt *attempt, struct pg_conn *conn, struct err *err);

/* Is a row that the store did not send not taken for gone, since the windows'
 * roots were not counted? */
bool commit_is_uncounted(const struct run *run);

/* Class 08 in an answer: a Citus worker is lost, and staging with it, since an
 * unlogged table is empty after a crash. */
bool commit_lost_worker(const struct err *err);

#endif
