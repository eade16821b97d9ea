/*
 * due - which jobs `run --due` runs, so that one line of cron serves jobs of
 * different pace.
 *
 * A job has an age: @every in its query, otherwise `every` of its store. It is
 * due
 *
 *     if it has no good run, or the last one began longer ago than the age; a
 *     run with --since is not one;
 *     if its newest run failed, only after retry_max, or after the age if that
 *     is shorter, since that run ended;
 *     if its newest run rejected lines, only when that run began longer ago
 *     than the age: at once, the store would send the same lines.
 *
 * A job that is not due, but has pending objects, fetches these: see
 * job/pending.h.
 *
 * A job that another process runs is skipped when it is claimed, and asked for
 * again under the claim. So two commands that overlap run no job twice.
 */
#ifndef JOB_DUE_H
#define JOB_DUE_H

#include "job/jobs.h"
#include "journal/due.h"

/* The job's age. `file` may be NULL, and may have faults: then it is the
 * store's. */
int64_t
due_age_ms(const struct store_config *store, const struct query_file *file);

/* Is a pause over, so long after its beginning? Below 0: the clock was set back
 * since. */
bool due_has_rested(int64_t age_ms, int64_t pause_ms);

bool
due_is(const struct journal_due *seen, int64_t age_ms, int64_t retry_max_ms);

/* Is the job due now? */
MUST_CHECK bool due_ask(struct job *job, bool *due, struct err *err);

/* End all jobs that are neither due nor have pending objects, before they are
 * prepared. */
MUST_CHECK bool due_select(struct jobs *jobs, struct err *err);

#endif
