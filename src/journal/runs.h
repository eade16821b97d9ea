/*
 * runs - bulkpg.run: runs as they are read back.
 */
#ifndef JOURNAL_RUNS_H
#define JOURNAL_RUNS_H

#include "journal/run.h"

struct journal_run {
    struct run_ref ref;
    const char *store;
    const char *job;
    enum run_mode mode;
    const char *mode_reason;
    enum run_status status;
    const char *plan_hash;    /* NULL: the job ended before it had a plan */
    const char *operation_id; /* the last; NULL: none yet */
    const char *window_from;
    const char *window_to;
    int64_t object_count;
    int64_t root_object_count;
    int64_t file_size;
    struct run_counts counts;
    const char *started_at;
    const char *submitted_at;
    const char *completed_at;
    const char *loaded_at; /* to the microsecond */
    const char *finished_at;
    const char *error_code;
    const char *error;
    const char *timings;      /* JSON object */
    const char *notes;        /* JSON object */
    const char *remedy;       /* of the error, out of the notes */
    int64_t age_ms;           /* since started_at */
    int64_t duration_ms;      /* to finished_at; -1 while it runs */
    int64_t last_good_age_ms; /* since the last good run of its (store, job)
                              * began; -1: there is none */
    const char *last_good_at; /* when that began */
};

/* Failed, interrupted, abandoned, canceled, or loaded with rejects. */
bool journal_run_is_failed(const struct journal_run *run);

/* Is there no good run of its job, or only one that began longer ago? */
bool journal_run_is_late(const struct journal_run *run, int64_t older_than_ms);

/* A point in time as the journal tells it, in seconds since 1970; NULL: -1. */
int64_t journal_seconds(const char *time);

struct journal_runs {
    struct journal_run *runs; /* newest first, in the arena */
    size_t count;
};

enum run_filter {
    RUNS_ALL,
    RUNS_GOOD,       /* loaded, no replay */
    RUNS_UNFINISHED, /* interrupted ones included */
    RUNS_REFERENCE,  /* those that the next run builds on: good ones, and with
                      * rejects that were accepted, but no window that was
                      * asked for */
    RUNS_BEGUN       /* all but those that failed or were interrupted before
                      * they had an operation: they have nothing to resume */
};

struct run_query {
    const char *store; /* NULL: any */
    const char *job;   /* NULL: any */
    int64_t run_id;    /* 0: any */
    enum run_filter filter;
    bool newest_only; /* of each store and job, before `filter` */
    int64_t limit;    /* 0: none */
};

MUST_CHECK bool
journal_list_runs(struct journal *journal, const struct run_query *query,
                  struct arena *arena, struct journal_runs *runs,
                  struct err *err);

/* The newest that began, and the newest good one; *run NULL when there is
 * none. */
MUST_CHECK bool
journal_last_begun_run(struct journal *journal, const char *store,
                       const char *job, struct arena *arena,
                       struct journal_run **run, struct err *err);
MUST_CHECK bool
journal_last_good_run(struct journal *journal, const char *store,
                      const char *job, struct arena *arena,
                      struct journal_run **run, struct err *err);

MUST_CHECK bool
journal_last_reference_run(struct journal *journal, const char *store,
                           const char *job, struct arena *arena,
                           struct journal_run **run, struct err *err);

/* Every unfinished run of (store, job) but `keep_run_id` (0: none kept) is
 * `failed`, SUPERSEDED; those runs as they now are. Waits for a merge as
 * journal_run_resume() does. Under the claim. */
MUST_CHECK bool
journal_supersede(struct journal *journal, const char *store, const char *job,
                  int64_t keep_run_id, struct arena *arena,
                  struct journal_runs *runs, struct err *err);

/* Runs of (store, job) but `keep_run_id` whose staging tables still stand,
 * however they ended. */
MUST_CHECK bool
journal_staging_left(struct journal *journal, const char *store,
                     const char *job, int64_t keep_run_id, struct arena *arena,
                     struct journal_runs *runs, struct err *err);

#endif
