/*
 * journal_run - bulkpg.run and what commits with it: runs as they go, as they
 * are read, what a merge writes, watermarks.
 */
#ifndef APP_JOURNAL_RUN_H
#define APP_JOURNAL_RUN_H

#include "app/journal.h"

/* ---- runs -------------------------------------------------------------- */

enum run_mode { RUN_FULL, RUN_INCREMENTAL, RUN_REPLAY };

enum run_status {
    RUN_SUBMITTING,
    RUN_WAITING,
    RUN_POLLING,
    RUN_LOADING,
    RUN_MERGING,
    RUN_LOADED,
    RUN_LOADED_WITH_REJECTS,
    RUN_FAILED,
    RUN_INTERRUPTED,
    RUN_CANCELED
};

const char *run_mode_name(enum run_mode mode);
const char *run_status_name(enum run_status status);

/* Loaded, with rejects or without, failed, canceled. */
bool run_status_is_final(enum run_status status);

/* A run as this process knows it: who takes it over raises `resumed`, and the
 * process before finds every door shut (ERR_LATER, code TAKEN_OVER). A run
 * ended by somebody else: ERR_FAILED with CANCELED or SUPERSEDED as code. */
struct run_ref {
    int64_t run_id;
    int64_t resumed;
};

struct run_start {
    const char *store;
    const char *job;
    enum run_mode mode;
    const char *mode_reason;
    const char *plan_hash;
    const char *window_from; /* NULL: none */
    const char *window_to;
};

/* A new row with the status `submitting` (of a replay: `loading`). */
MUST_CHECK bool
journal_run_begin(struct journal *journal, const struct run_start *start,
                  struct run_ref *run, struct err *err);

/* Take over an unfinished run: raises `run->resumed`, forgets its error, and
 * sets `status`. *taken false: it is finished, or somebody was faster. Waits
 * for a merge that is still under way. */
MUST_CHECK bool
journal_run_resume(struct journal *journal, struct run_ref *run,
                   enum run_status status, bool *taken, struct err *err);

MUST_CHECK bool
journal_run_status(struct journal *journal, const struct run_ref *run,
                   enum run_status status, struct err *err);

/* Status `loading`; `loaded_at` is the database's clock to the microsecond,
 * as text for SQL and as microseconds since 1970 UTC. */
MUST_CHECK bool
journal_run_loading(struct journal *journal, const struct run_ref *run,
                    char loaded_at[JOURNAL_TIME_BYTES], int64_t *loaded_at_us,
                    struct err *err);

/* Counts as they stand, and notes (a JSON object, joined to those there;
 * NULL: none) of a run under way. -1 leaves a count as it is. Lines, bytes
 * and what the store said are kept by journal_operation_update(). */
struct run_counts {
    int64_t lines;
    int64_t bytes;
    int64_t rows_inserted;
    int64_t rows_updated;
    int64_t rows_deleted;
    int64_t rows_unchanged;
    int64_t rejects;
    int64_t duplicates;
    int64_t sanitized;
};

extern const struct run_counts run_counts_unknown; /* all -1 */

MUST_CHECK bool
journal_run_counts(struct journal *journal, const struct run_ref *run,
                   const struct run_counts *counts, const char *notes,
                   struct err *err);

/* The end of a run, or an interruption. */
struct run_end {
    enum run_status status;
    const char *error_code; /* NULL: no error */
    const char *error;
    struct run_counts counts;
    const char *timings; /* JSON object; NULL leaves it as it is */
    const char *notes;   /* JSON object, joined; NULL: none */
};

/* The end of one that failed or stopped: never touches one that is loaded. */
MUST_CHECK bool
journal_run_finish(struct journal *journal, const struct run_ref *run,
                   const struct run_end *end, struct err *err);

/* Cancel it from outside (the command `cancel`): status `canceled`, unless it
 * has ended or is merging: *canceled false. */
MUST_CHECK bool journal_run_cancel(struct journal *journal, int64_t run_id,
                                   bool *canceled, struct err *err);

/* ---- runs as read ------------------------------------------------------ */

struct journal_run {
    struct run_ref ref;
    const char *store;
    const char *job;
    enum run_mode mode;
    const char *mode_reason;
    enum run_status status;
    const char *plan_hash;
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
    int64_t age_ms;           /* since started_at */
    int64_t duration_ms;      /* to finished_at; -1 while it runs */
    int64_t last_good_ms;     /* since the last good run of its (store, job)
                              * began; -1: there is none */
    const char *last_good_at; /* when that began */
};

struct journal_runs {
    struct journal_run *runs; /* newest first, in the arena */
    size_t count;
};

enum run_filter {
    RUNS_ALL,
    RUNS_GOOD,      /* loaded, no replay */
    RUNS_UNFINISHED /* interrupted ones included */
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

/* The newest, and the newest good one; *run NULL when there is none. */
MUST_CHECK bool journal_last_run(struct journal *journal, const char *store,
                                 const char *job, struct arena *arena,
                                 struct journal_run **run, struct err *err);
MUST_CHECK bool
journal_last_good_run(struct journal *journal, const char *store,
                      const char *job, struct arena *arena,
                      struct journal_run **run, struct err *err);

/* Every unfinished run of (store, job) but `keep_run_id` (0: none kept) is
 * `failed`, SUPERSEDED; those runs as they now are, so that their staging can
 * be dropped and their operations canceled. Under the claim. */
MUST_CHECK bool
journal_supersede(struct journal *journal, const char *store, const char *job,
                  int64_t keep_run_id, struct arena *arena,
                  struct journal_runs *runs, struct err *err);

/* ---- in the merge transaction ------------------------------------------ */

/* First of all: lock the run's row where it still says `merging` and our
 * `resumed`. Else TAKEN_OVER, CANCELED or SUPERSEDED, as above. */
MUST_CHECK bool
journal_fence(struct pg_conn *conn, const struct run_ref *run, struct err *err);

struct journal_run_table {
    const char *table_schema;
    const char *table_name;
    int64_t staged;
    int64_t inserted;
    int64_t updated;
    int64_t deleted;
    int64_t unchanged;
};

MUST_CHECK bool journal_merge_tables(struct pg_conn *conn, int64_t run_id,
                                     const struct journal_run_table *tables,
                                     size_t count, struct err *err);

/* `high` to the earliest createdAt of the run's operations (never back, and
 * only if the run is full or its window began at or before the old one);
 * `last_full` of a full run. Not for replays nor --since. */
MUST_CHECK bool journal_advance_watermark_in(struct pg_conn *conn,
                                             int64_t run_id, struct err *err);

/* Last of all. */
MUST_CHECK bool
journal_finish_in(struct pg_conn *conn, const struct run_ref *run,
                  const struct run_end *end, struct err *err);

/* What a run wrote, by schema and table. */
struct journal_run_tables {
    struct journal_run_table *tables;
    size_t count;
};

MUST_CHECK bool
journal_run_tables(struct journal *journal, int64_t run_id, struct arena *arena,
                   struct journal_run_tables *tables, struct err *err);

/* ---- watermarks -------------------------------------------------------- */

struct journal_watermark {
    const char *high;      /* NULL: none yet */
    const char *from;      /* `overlap_ms` before it, whole seconds; or NULL */
    const char *last_full; /* NULL: never */
    int64_t last_full_age_ms; /* -1: never */
};

MUST_CHECK bool
journal_watermark(struct journal *journal, const char *store, const char *job,
                  int64_t overlap_ms, struct arena *arena,
                  struct journal_watermark *watermark, struct err *err);

#endif
