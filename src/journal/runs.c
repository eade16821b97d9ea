/*
 * Runs are read for status, report and metrics, and by a new run, which looks
 * for the last good run, a run to resume, and staging tables of earlier runs.
 * One statement lists runs; struct run_query selects them. An unfinished run is
 * ABANDONED if the view bulkpg.abandoned has it. This status is never stored.
 */
#include "journal/runs.h"

#include <string.h>

#include "base/task.h"
#include "base/timestamp.h"
#include "journal/call.h"
#include "sql.h"

/* The columns of run_list.sql. */
enum {
    RUN_ID,
    RESUMED,
    STORE,
    JOB,
    MODE,
    MODE_REASON,
    STATUS,
    PLAN_HASH,
    OPERATION_ID,
    WINDOW_FROM,
    WINDOW_TO,
    OBJECT_COUNT,
    ROOT_OBJECT_COUNT,
    FILE_SIZE,
    LINES,
    BYTES,
    ROWS_INSERTED,
    ROWS_UPDATED,
    ROWS_DELETED,
    ROWS_UNCHANGED,
    REJECTS,
    DUPLICATES,
    SANITIZED,
    STARTED_AT,
    SUBMITTED_AT,
    COMPLETED_AT,
    LOADED_AT,
    FINISHED_AT,
    ERROR_CODE,
    ERROR,
    TIMINGS,
    NOTES,
    AGE_MS,
    DURATION_MS,
    LAST_GOOD_AT,
    LAST_GOOD_MS,
    REMEDY,
    IS_ABANDONED
};

bool
journal_run_is_failed(const struct journal_run *run)
{
    return run->status == RUN_FAILED || run->status == RUN_CANCELED ||
           run->status == RUN_INTERRUPTED || run->status == RUN_ABANDONED ||
           run->status == RUN_LOADED_WITH_REJECTS;
}

bool
journal_run_is_late(const struct journal_run *run, int64_t older_than_ms)
{
    return run->last_good_age_ms < 0 || run->last_good_age_ms > older_than_ms;
}

int64_t
journal_seconds(const char *time)
{
    struct err err;
    int64_t micros;

    if (time == NULL || !timestamp_parse(span_str(time), &micros, &err))
        return -1;
    return micros / 1000000 + TIMESTAMP_EPOCH_S;
}

/* The table's CHECK allows no other names. NULL is read as "", which is
 * RUN_NO_MODE. */
static enum run_mode
mode_of(const char *name)
{
    enum run_mode mode = RUN_FULL;

    while (mode < RUN_NO_MODE && strcmp(run_mode_name(mode), name) != 0)
        mode++;
    return mode;
}

static enum run_status
status_of(const char *name)
{
    enum run_status status = RUN_SUBMITTING;

    while (status < RUN_DRY && strcmp(run_status_name(status), name) != 0)
        status++;
    return status;
}

static struct run_counts
read_counts(const struct pg_result *result, int row)
{
    return (struct run_counts){
        .lines = pg_int64(result, row, LINES),
        .bytes = pg_int64(result, row, BYTES),
        .rows_inserted = pg_int64(result, row, ROWS_INSERTED),
        .rows_updated = pg_int64(result, row, ROWS_UPDATED),
        .rows_deleted = pg_int64(result, row, ROWS_DELETED),
        .rows_unchanged = pg_int64(result, row, ROWS_UNCHANGED),
        .rejects = pg_int64(result, row, REJECTS),
        .duplicates = pg_int64(result, row, DUPLICATES),
        .sanitized = pg_int64(result, row, SANITIZED)};
}

/* The run's process ended without recording why. */
static void
mark_abandoned(struct journal_run *run, struct arena *arena)
{
    struct err err;

    err_set(&err, MSG_ABANDONED,
            "the run's process has ended; its last status was %s",
            run_status_name(run->status));
    if (run->mode == RUN_REPLAY)
        err_hint(&err, "load the file again");
    if (run->mode == RUN_IDS)
        err_hint(&err, "run the command with --ids again");
    run->status = RUN_ABANDONED;
    run->error_code = arena_strdup(arena, err.code);
    run->error = arena_strdup(arena, err.message);
    run->remedy = arena_strdup(arena, err_remedy(&err));
}

static struct journal_run
read_run(const struct pg_result *result, int row, struct arena *arena)
{
    return (struct journal_run){
        .ref = {pg_int64(result, row, RUN_ID), pg_int64(result, row, RESUMED)},
        .store = call_read_text(result, row, STORE, arena),
        .job = call_read_text(result, row, JOB, arena),
        .mode = mode_of(pg_text(result, row, MODE)),
        .mode_reason = call_read_text(result, row, MODE_REASON, arena),
        .status = status_of(pg_text(result, row, STATUS)),
        .plan_hash = call_read_text(result, row, PLAN_HASH, arena),
        .operation_id = call_read_text(result, row, OPERATION_ID, arena),
        .window_from = call_read_text(result, row, WINDOW_FROM, arena),
        .window_to = call_read_text(result, row, WINDOW_TO, arena),
        .object_count = call_read_count(result, row, OBJECT_COUNT),
        .root_object_count = call_read_count(result, row, ROOT_OBJECT_COUNT),
        .file_size = call_read_count(result, row, FILE_SIZE),
        .counts = read_counts(result, row),
        .started_at = call_read_text(result, row, STARTED_AT, arena),
        .submitted_at = call_read_text(result, row, SUBMITTED_AT, arena),
        .completed_at = call_read_text(result, row, COMPLETED_AT, arena),
        .loaded_at = call_read_text(result, row, LOADED_AT, arena),
        .finished_at = call_read_text(result, row, FINISHED_AT, arena),
        .error_code = call_read_text(result, row, ERROR_CODE, arena),
        .error = call_read_text(result, row, ERROR, arena),
        .timings = call_read_text(result, row, TIMINGS, arena),
        .notes = call_read_text(result, row, NOTES, arena),
        .age_ms = pg_int64(result, row, AGE_MS),
        .duration_ms = call_read_count(result, row, DURATION_MS),
        .last_good_age_ms = call_read_count(result, row, LAST_GOOD_MS),
        .last_good_at = call_read_text(result, row, LAST_GOOD_AT, arena),
        .remedy = call_read_text(result, row, REMEDY, arena)};
}

static void
call_query(struct call *call, const struct run_query *query)
{
    static const char *const filters[] = {"all",       "good",  "unfinished",
                                          "reference", "begun", "real"};

    call_text(call, query->store);
    call_text(call, query->job);
    call_count(call, query->run_id > 0 ? query->run_id : -1);
    call_text(call, filters[query->filter]);
    call_text(call, query->newest_only ? "t" : "f");
    call_count(call, query->limit > 0 ? query->limit : -1);
}

bool
journal_list_runs(struct journal *journal, const struct run_query *query,
                  struct arena *arena, struct journal_runs *runs,
                  struct err *err)
{
    struct call call = {0};
    struct pg_result *result;

    call_query(&call, query);
    if (!journal_call(journal, sql_run_list, &call, &result, err))
        return err_wrap(err, "reading runs from the journal");
    runs->count = (size_t)pg_rows(result);
    runs->runs = arena_array(arena, runs->count, sizeof(*runs->runs));
    for (int row = 0; row < pg_rows(result); row++) {
        runs->runs[row] = read_run(result, row, arena);
        if (pg_bool(result, row, IS_ABANDONED))
            mark_abandoned(&runs->runs[row], arena);
    }
    pg_result_free(result);
    return true;
}

static bool
find_run(struct journal *journal, const struct run_query *query,
         struct arena *arena, struct journal_run **run, struct err *err)
{
    struct journal_runs runs;

    *run = NULL;
    if (!journal_list_runs(journal, query, arena, &runs, err))
        return false;
    if (runs.count > 0)
        *run = &runs.runs[0];
    return true;
}

bool
journal_last_begun_run(struct journal *journal, const char *store,
                       const char *job, struct arena *arena,
                       struct journal_run **run, struct err *err)
{
    struct run_query query = {
        .store = store, .job = job, .filter = RUNS_BEGUN, .limit = 1};

    return find_run(journal, &query, arena, run, err);
}

bool
journal_last_good_run(struct journal *journal, const char *store,
                      const char *job, struct arena *arena,
                      struct journal_run **run, struct err *err)
{
    struct run_query query = {
        .store = store, .job = job, .filter = RUNS_GOOD, .limit = 1};

    return find_run(journal, &query, arena, run, err);
}

bool
journal_last_reference_run(struct journal *journal, const char *store,
                           const char *job, struct arena *arena,
                           struct journal_run **run, struct err *err)
{
    struct run_query query = {
        .store = store, .job = job, .filter = RUNS_REFERENCE, .limit = 1};

    return find_run(journal, &query, arena, run, err);
}

/* Read the runs whose ids are in `ids`. */
static bool
read_runs(struct journal *journal, const struct pg_result *ids,
          struct arena *arena, struct journal_runs *runs, struct err *err)
{
    runs->count = 0;
    runs->runs = arena_array(arena, (size_t)pg_rows(ids), sizeof(*runs->runs));
    for (int row = 0; row < pg_rows(ids); row++) {
        struct run_query query = {.run_id = pg_int64(ids, row, 0)};
        struct journal_run *run;

        if (!find_run(journal, &query, arena, &run, err))
            return false;
        if (run != NULL)
            runs->runs[runs->count++] = *run;
    }
    return true;
}

static void
call_job(struct call *call, const char *store, const char *job,
         int64_t keep_run_id)
{
    call_text(call, store);
    call_text(call, job);
    call_number(call, keep_run_id);
}

void
journal_runs_ahead(struct pg_conn *conn, const void *owner, const char *store,
                   const char *job)
{
    static const enum run_filter filters[] = {RUNS_REFERENCE, RUNS_BEGUN};
    struct call left = {0};

    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
        struct run_query query = {
            .store = store, .job = job, .filter = filters[i], .limit = 1};
        struct call call = {0};

        call_query(&call, &query);
        journal_ask_ahead(conn, owner, sql_run_list, &call);
    }
    call_job(&left, store, job, 0);
    journal_ask_ahead(conn, owner, sql_staging_left, &left);
}

/* Run a statement whose parameters are store, job and the run to leave out. */
static bool
ask_for_job(struct journal *journal, const char *sql, const char *store,
            const char *job, int64_t keep_run_id, struct pg_result **ids,
            struct err *err)
{
    struct call call = {0};

    call_job(&call, store, job, keep_run_id);
    return journal_call(journal, sql, &call, ids, err);
}

bool
journal_staging_left(struct journal *journal, const char *store,
                     const char *job, int64_t keep_run_id, struct arena *arena,
                     struct journal_runs *runs, struct err *err)
{
    struct pg_result *ids;
    bool ok;

    *runs = (struct journal_runs){0};
    if (!ask_for_job(journal, sql_staging_left, store, job, keep_run_id, &ids,
                     err))
        return false;
    ok = read_runs(journal, ids, arena, runs, err);
    pg_result_free(ids);
    return ok;
}

/* If the first statement fails, the server skips the second one. */
static bool
try_to_supersede(struct journal *journal, const char *store, const char *job,
                 int64_t keep_run_id, const struct run_start *start,
                 struct pg_result **ids, struct pg_result **begun,
                 struct err *err)
{
    struct call call = {0};
    struct pg_conn *conn;
    bool done;

    *ids = *begun = NULL;
    if (!journal_borrow(journal, &conn, err))
        return false;
    task_shield();
    call_job(&call, store, job, keep_run_id);
    journal_queue_in(conn, sql_run_supersede, &call,
                     &(struct pg_answer){.result = ids});
    if (start != NULL)
        run_queue_begin(conn, start, begun);
    done = pg_settle(conn, err);
    task_unshield();
    journal_give_back(journal);
    if (!done) {
        pg_result_free(*ids);
        pg_result_free(*begun);
    }
    return done;
}

static bool
supersede(struct journal *journal, const char *store, const char *job,
          int64_t keep_run_id, const struct run_start *start,
          struct arena *arena, struct journal_runs *runs, struct run_ref *run,
          struct err *err)
{
    struct pg_result *ids, *begun;
    bool told = false;
    bool ok;

    *runs = (struct journal_runs){0};
    while (!try_to_supersede(journal, store, job, keep_run_id, start, &ids,
                             &begun, err))
        if (!journal_run_await_merge(journal, -1, store, job, &told, err))
            return err_wrap(err, "superseding older runs of job %s of store %s",
                            job, store);
    if (start != NULL)
        *run = (struct run_ref){.run_id = pg_int64(begun, 0, 0)};
    pg_result_free(begun);
    ok = read_runs(journal, ids, arena, runs, err);
    pg_result_free(ids);
    return ok;
}

bool
journal_supersede(struct journal *journal, const char *store, const char *job,
                  int64_t keep_run_id, struct arena *arena,
                  struct journal_runs *runs, struct err *err)
{
    return supersede(journal, store, job, keep_run_id, NULL, arena, runs, NULL,
                     err);
}

bool
journal_supersede_and_begin(struct journal *journal,
                            const struct run_start *start, struct arena *arena,
                            struct journal_runs *runs, struct run_ref *run,
                            struct err *err)
{
    return supersede(journal, start->store, start->job, 0, start, arena, runs,
                     run, err);
}
