/*
 * runs - reads runs from bulkpg.run.
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
    const char *operation_id; /* the last operation; NULL: none yet */
    const char *window_from;
    const char *window_to;
    int64_t object_count;
    int64_t root_object_count;
    int64_t file_size;
    struct run_counts counts;
    const char *started_at;
    const char *submitted_at;
    const char *completed_at;
    const char *loaded_at; /* with microseconds */
    const char *finished_at;
    const char *error_code;
    const char *error;
    const char *timings;      /* JSON object */
    const char *notes;        /* JSON object */
    const char *remedy;       /* of the error; from the notes */
    int64_t age_ms;           /* since started_at */
    int64_t duration_ms;      /* to finished_at; -1: unfinished */
    int64_t last_good_age_ms; /* since the last good run of its (store, job)
                              * began; -1: there is none */
    const char *last_good_at; /* when that run began */
};

/* True if the run is failed, interrupted, abandoned, canceled, or loaded with
 * rejects. */
bool journal_run_is_failed(const struct journal_run *run);

/* True if the job has no good run, or if its last one began longer ago than
 * `older_than_ms`. */
bool journal_run_is_late(const struct journal_run *run, int64_t older_than_ms);

/* Convert the journal's text for a point in time to seconds since 1970; NULL:
 * -1. */
int64_t journal_seconds(const char *time);

struct journal_runs {
    struct journal_run *runs; /* newest first; in the arena */
    size_t count;
};

enum run_filter {
    RUNS_ALL,        /* only this has dry runs */
    RUNS_GOOD,       /* status loaded, but not replays */
    RUNS_UNFINISHED, /* including interrupted runs */
    RUNS_REFERENCE,  /* runs that the next run can build on: good runs and runs
                      * with accepted rejects, but not those with --since */
    RUNS_BEGUN,      /* without runs that failed or were interrupted before they
                      * had an operation: they left nothing to resume */
    RUNS_REAL        /* without dry runs */
};

struct run_query {
    const char *store; /* NULL: any */
    const char *job;   /* NULL: any */
    int64_t run_id;    /* 0: any */
    enum run_filter filter;
    bool newest_only; /* keep the newest run of each store and job that is not
                       * a dry run, before `filter` applies */
    int64_t limit;    /* 0: no limit */
};

MUST_CHECK bool
journal_list_runs(struct journal *journal, const struct run_query *query,
                  struct arena *arena, struct journal_runs *runs,
                  struct err *err);

/* The newest run of RUNS_BEGUN, RUNS_GOOD or RUNS_REFERENCE; *run is NULL if
 * there is none. */
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

/* Set every unfinished run of (store, job) except `keep_run_id` (0: no
 * exception) to `failed` with the error code SUPERSEDED, and return these runs.
 * Waits for a merge like journal_run_resume(). The caller must have the
 * claim. */
MUST_CHECK bool
journal_supersede(struct journal *journal, const char *store, const char *job,
                  int64_t keep_run_id, struct arena *arena,
                  struct journal_runs *runs, struct err *err);

/* Do that, without exception, and begin a run, in one wait: see
 * journal_run_begin(). */
MUST_CHECK bool
journal_supersede_and_begin(struct journal *journal,
                            const struct run_start *start, struct arena *arena,
                            struct journal_runs *runs, struct run_ref *run,
                            struct err *err);

/* List the runs of (store, job), except `keep_run_id`, that still have staging
 * tables, whatever their status. */
MUST_CHECK bool
journal_staging_left(struct journal *journal, const char *store,
                     const char *job, int64_t keep_run_id, struct arena *arena,
                     struct journal_runs *runs, struct err *err);

/* Ask ahead what a run asks between its claim and its beginning: the last
 * reference run, the last begun run, and the runs that left staging. */
void journal_runs_ahead(struct pg_conn *conn, const void *owner,
                        const char *store, const char *job);

#endif
