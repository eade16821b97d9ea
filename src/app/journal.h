/*
 * journal - schema bulkpg: what ran, what is owned, how far we came.
 *
 *     claim ─► run_begin ─► operation_add ─► run_status … ─► run_loading
 *           ─► run_status(MERGING) ─► [fence … finish_in] ─► release
 *
 * All statements are files of sql/. They run on the process's one control
 * connection, one at a time: tasks wait for each other here. A statement once
 * sent is waited for even while stopping, so none is left half known; waiting
 * for the connection itself ends with ERR_STOPPED.
 *
 * Functions that end in _in run on a connection of the caller's, inside its
 * transaction, so that they commit with its rows; journal_fence() belongs to
 * them. Points in time are text, "2026-01-02T03:04:05Z", NULL where SQL has
 * NULL; ages are milliseconds by the database's clock. Counts are -1 where
 * SQL has NULL. Text handed out lives in the caller's arena.
 */
#ifndef APP_JOURNAL_H
#define APP_JOURNAL_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "pg/conn.h"

struct journal;

enum { JOURNAL_UUID_BYTES = 37, JOURNAL_TIME_BYTES = 40 };

/* ---- open -------------------------------------------------------------- */

/* Borrow `conn` and bring the journal up to this program's version; several
 * processes may do so at once. With `make` false nothing is made or changed,
 * and no journal is ERR_CONFIG with the code NO_JOURNAL, one that is not up to
 * date JOURNAL_OLDER. A journal newer than the program: JOURNAL_NEWER. No right to make it: ERR_DENIED,
 * the GRANT to run as hint. */
MUST_CHECK bool journal_open(struct pg_conn *conn, bool make,
                             struct journal **journal, struct err *err);

/* Frees; the connection stays open, and with it its claims. */
void journal_close(struct journal *journal);

const char *journal_uuid(const struct journal *journal);

/* USAGE and SELECT on the journal for `role`. An unknown role: ERR_CONFIG. */
MUST_CHECK bool
journal_grant(struct journal *journal, const char *role, struct err *err);

/* SELECT on our tables in `schema` for `role`, where it lacks it: a reader
 * may be named long after they were made. */
MUST_CHECK bool
journal_grant_tables(struct journal *journal, const char *schema,
                     const char *role, struct err *err);

/* The control connection for statements of one's own (DDL, catalogs), until
 * given back; everybody else waits meanwhile. */
MUST_CHECK bool
journal_borrow(struct journal *journal, struct pg_conn **conn, struct err *err);
void journal_give_back(struct journal *journal);

/* Connections this role may still open in this database. */
MUST_CHECK bool journal_free_connections(struct journal *journal,
                                         int64_t *count, struct err *err);

/* ---- claims: one process at a time runs (store, job) ------------------- */

enum { JOURNAL_CLAIM_MS = 5000 };

/* Take the lock, trying for `patience_ms`. Held by somebody else: ERR_LATER
 * with the code LOCKED, who it is in the message. Claimed by this process
 * already: ERR_BUG. */
MUST_CHECK bool
journal_claim(struct journal *journal, const char *store, const char *job,
              int64_t patience_ms, struct err *err);
void
journal_release(struct journal *journal, const char *store, const char *job);

/* Is the claim still ours at the server? ERR_LATER with the code CLAIM_LOST
 * when the connection, or the lock behind a transaction-pooling proxy, is
 * gone. */
MUST_CHECK bool journal_check_claim(struct journal *journal, const char *store,
                                    const char *job, struct err *err);

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

/* ---- operations -------------------------------------------------------- */

struct journal_operation {
    int64_t run_id;
    int64_t n; /* from 1 */
    int64_t attempt;
    const char *operation_id; /* NULL: the store has not answered */
    const char *status;       /* the store's word; NULL likewise */
    const char *query;        /* the document as submitted */
    const char *window_from;
    const char *window_to;
    const char *created_at;
    const char *completed_at;
    int64_t object_count;
    int64_t root_object_count;
    int64_t file_size;
    int64_t lines;
    int64_t bytes;
    const char *error_code;
    const char *store; /* read only, as are those below */
    const char *job;
    int64_t age_ms; /* since created_at, else since its run began */
};

struct journal_operations {
    struct journal_operation *operations; /* by run, n, attempt */
    size_t count;
};

/* Before it is submitted. Sets the run's submitted_at. */
MUST_CHECK bool
journal_operation_add(struct journal *journal, const struct run_ref *run,
                      const struct journal_operation *operation,
                      struct err *err);

/* Whatever is not NULL or -1, by (run_id, n, attempt); the run gets the sums
 * over the last attempts of its operations, and the last operation's id. */
MUST_CHECK bool
journal_operation_update(struct journal *journal,
                         const struct journal_operation *operation,
                         struct err *err);

MUST_CHECK bool
journal_run_operations(struct journal *journal, int64_t run_id,
                       struct arena *arena,
                       struct journal_operations *operations, struct err *err);

/* Those the store still works on, as far as we know, of any run, also of one
 * that was interrupted. `store`, `job` NULL: any. */
MUST_CHECK bool
journal_running_operations(struct journal *journal, const char *store,
                           const char *job, struct arena *arena,
                           struct journal_operations *operations,
                           struct err *err);

/* ---- rejects: kept even when the run fails ----------------------------- */

struct journal_reject {
    const char *operation_id; /* NULL: none */
    int64_t line_number;
    int64_t byte_offset;
    const char *table_name; /* NULL: not known, as is the next */
    const char *object_id;
    const char *reason;
    struct span raw; /* the first MiB of it is kept */
};

MUST_CHECK bool journal_reject_add(struct journal *journal, int64_t run_id,
                                   const struct journal_reject *rejects,
                                   size_t count, struct err *err);

/* The run's loading begins anew: forget them. */
MUST_CHECK bool
journal_reject_clear(struct journal *journal, int64_t run_id, struct err *err);

struct journal_rejects {
    struct journal_reject *rejects; /* by line */
    size_t count;
};

/* The first `limit`, with at most 4 KiB of `raw` each. */
MUST_CHECK bool
journal_list_rejects(struct journal *journal, int64_t run_id, int64_t limit,
                     struct arena *arena, struct journal_rejects *rejects,
                     struct err *err);

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

/* ---- relations: the tables that are ours ------------------------------- */

struct journal_relation {
    const char *table_schema;
    const char *table_name;
    const char *store;
    const char *job;
    const char *file;    /* the job's file, as given */
    const char *path;    /* GraphQL path: products.variants */
    const char *columns; /* JSON array of {"name","type","path","gid_type"} */
};

struct journal_relations {
    struct journal_relation *relations; /* by schema and name */
    size_t count;
};

/* *relation NULL: not ours. */
MUST_CHECK bool
journal_relation(struct journal *journal, const char *table_schema,
                 const char *table_name, struct arena *arena,
                 struct journal_relation **relation, struct err *err);

/* `store`, `job` NULL: any. */
MUST_CHECK bool
journal_list_relations(struct journal *journal, const char *store,
                       const char *job, struct arena *arena,
                       struct journal_relations *relations, struct err *err);

/* Added or replaced, the owner too. */
MUST_CHECK bool
journal_relation_save(struct journal *journal,
                      const struct journal_relation *relation, struct err *err);
MUST_CHECK bool
journal_relation_save_in(struct pg_conn *conn,
                         const struct journal_relation *relation,
                         struct err *err);

/* It is gone, or no longer ours. */
MUST_CHECK bool
journal_relation_forget(struct journal *journal, const char *table_schema,
                        const char *table_name, struct err *err);

/* ---- stores ------------------------------------------------------------ */

struct journal_store {
    const char *store;
    const char *domain;
    const char *schema;
    const char *shop_id;
    const char *currency_code;
    const char *iana_timezone;
    const char *plan;
    const char *scopes; /* "read_orders,read_products" */
    const char *checked_at;
    int64_t checked_age_ms;
};

/* checked_at becomes now. */
MUST_CHECK bool
journal_store_save(struct journal *journal, const struct journal_store *store,
                   struct err *err);

/* *store NULL: never checked. */
MUST_CHECK bool
journal_store(struct journal *journal, const char *name, struct arena *arena,
              struct journal_store **store, struct err *err);

/* ---- introspection cache ----------------------------------------------- */

struct journal_type {
    const char *name;
    struct span json; /* the introspection object; no bytes: the store has
                         * no type of this name */
    int64_t age_ms;   /* since it was fetched */
};

struct journal_types {
    struct journal_type *types; /* by name */
    size_t count;
};

/* Those of `names` that are known; `names` NULL: all. */
MUST_CHECK bool journal_types(struct journal *journal, const char *store,
                              const char *api_version, const char *const *names,
                              size_t count, struct arena *arena,
                              struct journal_types *types, struct err *err);

MUST_CHECK bool
journal_types_save(struct journal *journal, const char *store,
                   const char *api_version, const struct journal_type *types,
                   size_t count, struct err *err);

/* Forget all of them, so that they are asked for again. */
MUST_CHECK bool journal_types_forget(struct journal *journal, const char *store,
                                     const char *api_version, struct err *err);

/* The query type's name; NULL: not known. */
MUST_CHECK bool journal_query_type(struct journal *journal, const char *store,
                                   const char *api_version, struct arena *arena,
                                   const char **name, struct err *err);
MUST_CHECK bool
journal_query_type_save(struct journal *journal, const char *store,
                        const char *api_version, const char *name,
                        struct err *err);

/* ---- housekeeping ------------------------------------------------------ */

/* Forget ended runs and rejects older than these; of each store and job the
 * newest run and the last good one stay. */
MUST_CHECK bool journal_prune(struct journal *journal, int64_t journal_keep_ms,
                              int64_t rejects_keep_ms, struct err *err);

#endif
