/*
 * watched - the jobs that should run.
 *
 * The journal keeps the last run of each job for ever. A job must not be
 * reported as late or failed if its file no longer exists, or if its store is
 * disabled. A job that never ran has no run in the journal, but must be
 * reported.
 *
 * This is known only for stores of this configuration. The journal may also
 * serve another configuration, so jobs of unknown stores count as watched, with
 * the age that jobs have by default.
 */
#ifndef REPORT_WATCHED_H
#define REPORT_WATCHED_H

#include "job/context.h"
#include "journal/runs.h"

struct watched_store {
    const char *name;
    const char **jobs; /* that `run` without arguments takes, */
    int64_t *ages_ms;  /* and their ages: job/due.h */
    size_t count;
    bool is_unknown; /* no list of files: all jobs count as watched, */
    int64_t age_ms;  /* with this age */
};

struct watched {
    struct watched_store *stores; /* in the arena */
    size_t count;
};

void watched_find(struct watched *watched, const struct context *context,
                  struct arena *arena);

/* True if `run` without arguments takes the job, or if that is not known. */
bool
watched_has(const struct watched *watched, const char *store, const char *job);

/* True if the job should run, and its last good run is older than twice the
 * age of the job. */
bool
watched_is_late(const struct watched *watched, const struct journal_run *run);

/* From `runs`, the newest of each job, take those of watched jobs. A run of
 * status RUN_NEVER follows for each watched job without a run. */
struct journal_runs
watched_runs(const struct watched *watched, const struct journal_runs *runs,
             struct arena *arena);

#endif
