/* journal: many processes create it at once, and every statement runs against
 * a real server. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/task.h"
#include "journal/claim.h"
#include "journal/journal.h"
#include "journal/merge.h"
#include "journal/operation.h"
#include "journal/reject.h"
#include "journal/relation.h"
#include "journal/runs.h"
#include "journal/store.h"
#include "journal/watermark.h"
#include "sql.h"
#include "support/cluster.h"
#include "support/pg_task.h"
#include "support/suite.h"

static struct err err;
static struct arena arena;

/* Each test has a database with a journal. `other` plays a second process with
 * a connection of its own. */
static const char *database;
static struct pg_conn *conn;
static struct pg_conn *other_conn;
static struct journal *journal;
static struct journal *other;

#define OK(call) ck_assert_msg((call), "%s: %s", err.code, err.message)

static struct pg_conn *
open_as(const char *user)
{
    struct pg_config config = {.dsn = cluster_dsn_as(database, user),
                               .application_name = "bulkpg test"};

    return pg_task_connect(&config);
}

static void
open_both(void)
{
    database = cluster_database("");
    conn = open_as("owner");
    other_conn = open_as("owner");
    OK(journal_open(conn, true, &journal, &err));
    OK(journal_open(other_conn, false, &other, &err));
    ck_assert_str_eq(journal_uuid(journal), journal_uuid(other));
    ck_assert_uint_eq(strlen(journal_uuid(journal)), 36);
}

static void
close_both(void)
{
    journal_close(journal);
    journal_close(other);
    pg_close(conn);
    pg_close(other_conn);
    arena_free(&arena);
}

static void
run_sql(const char *sql)
{
    pg_task_script(other_conn, sql);
}

/* One value as text, in the arena. SQL NULL or no row: NULL. */
static const char *
ask(const char *sql)
{
    struct pg_result *result;
    const char *text = NULL;

    OK(pg_exec(other_conn, sql, 0, NULL, &result, &err));
    if (pg_rows(result) > 0 && !pg_is_null(result, 0, 0))
        text = arena_strdup(&arena, pg_text(result, 0, 0));
    pg_result_free(result);
    return text;
}

static void
fails_with(bool ok, enum err_kind kind, const char *code)
{
    ck_assert(!ok);
    ck_assert_msg(err.kind == kind, "%d: %s", (int)err.kind, err.message);
    ck_assert_str_eq(err.code, code);
}

/* Prune what is older, in milliseconds. */
static bool
prune(int64_t runs, int64_t rejects)
{
    struct journal_keep keep = {
        .journal_ms = runs, .rejects_ms = rejects, .push_ms = runs};

    return journal_prune(journal, &keep, &err);
}

static struct run_ref
begin_run(const char *job, enum run_mode mode)
{
    struct run_start start = {.store = "acme",
                              .job = job,
                              .mode = mode,
                              .mode_reason = "first",
                              .plan_hash = "abc"};
    struct run_ref run;

    OK(journal_run_begin(journal, &start, &run, &err));
    return run;
}

static struct run_end
end_with(enum run_status status)
{
    return (struct run_end){.status = status, .counts = run_counts_unknown};
}

static void
finish_run(struct run_ref run, enum run_status status)
{
    struct run_end end = end_with(status);

    OK(journal_run_finish(journal, &run, &end, &err));
}

/* ---- creating and migrating -------------------------------------------- */

static void
make_body(void)
{
    conn = open_as("owner");
    if (!journal_open(conn, true, &journal, &err)) {
        fprintf(stderr, "%s: %s\n", err.code, err.message);
        _exit(1);
    }
    journal_close(journal);
    pg_close(conn);
}

static void
no_journal_body(void)
{
    conn = open_as("owner");
    fails_with(journal_open(conn, false, &journal, &err), ERR_CONFIG,
               "NO_JOURNAL");
    pg_close(conn);
}

START_TEST(eight_processes_create_it_at_once)
{
    enum { PROCESSES = 8 };

    pid_t pids[PROCESSES];

    database = cluster_database("");
    pg_task_run(no_journal_body);
    for (int i = 0; i < PROCESSES; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            pg_task_run(make_body);
            _exit(0);
        }
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;

        ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
        ck_assert_int_eq(status, 0);
    }
    pg_task_run(make_body);
    ck_assert(cluster_psql(database, "SELECT 1 / (count(*) = 1)::int FROM "
                                     "bulkpg.meta;"));
}

END_TEST

static void
make_in_a_task(void *ctx)
{
    struct pg_conn *mine = open_as("owner");
    struct journal *made;

    OK(journal_open(mine, true, &made, &err));
    journal_close(made);
    pg_close(mine);
    ++*(int *)ctx;
}

START_TEST(eight_tasks_create_it_at_once)
{
    int done = 0;

    database = cluster_database("");
    tasks_init(NULL, NULL);
    for (int i = 0; i < 8; i++)
        task_spawn("maker", make_in_a_task, &done);
    tasks_run();
    ck_assert_int_eq(done, 8);
}

END_TEST

static void
newer_body(void)
{
    open_both();
    run_sql("UPDATE bulkpg.meta SET version = 99");
    journal_close(journal);
    fails_with(journal_open(conn, true, &journal, &err), ERR_CONFIG,
               "JOURNAL_NEWER");
    ck_assert_ptr_nonnull(strstr(err.message, "99"));
    run_sql("UPDATE bulkpg.meta SET version = 0");
    fails_with(journal_open(conn, true, &journal, &err), ERR_CONFIG,
               "JOURNAL_OTHER");
    close_both();
}

START_TEST(journal_of_a_newer_program_is_left_alone)
{
    pg_task_run(newer_body);
}

END_TEST

/* A journal as version 1 created it. */
static void
make_version_1(void)
{
    database = cluster_database("");
    conn = open_as("owner");
    OK(pg_script(conn, sql_journal_schema, &err));
    OK(pg_script(conn, sql_001_journal, &err));
    OK(pg_script(conn,
                 "UPDATE bulkpg.meta SET version = 1;"
                 "INSERT INTO bulkpg.run (store, job, mode, status, plan_hash,"
                 " finished_at, error_code, notes) VALUES"
                 " ('acme', 'orders', 'full', 'loaded', 'h', now(), NULL, "
                 "'{}'), ('acme', 'orders', 'full', 'failed', 'h', now(), "
                 "'WRONG_LINES', '{\"remedy\": \"again\"}');"
                 "INSERT INTO bulkpg.run_table SELECT run_id, 'acme', "
                 "'orders', 1, 1, 0, 0, 0 FROM bulkpg.run;"
                 "CREATE VIEW public.stale AS SELECT * FROM bulkpg.freshness;",
                 &err));
}

static void
migrate_body(void)
{
    make_version_1();
    other_conn = open_as("owner");
    fails_with(journal_open(conn, false, &journal, &err), ERR_CONFIG,
               "JOURNAL_OLDER");
    OK(journal_open(conn, true, &journal, &err));
    OK(journal_open(other_conn, false, &other, &err));
    ck_assert_str_eq(ask("SELECT version FROM bulkpg.meta"), "2");
    ck_assert_str_eq(ask("SELECT string_agg(status || coalesce(remedy, ''), "
                         "' ' ORDER BY run_id) FROM bulkpg.run"),
                     "loaded failedagain");
    ck_assert_str_eq(
        ask("SELECT table_name || ' ' || (last_good_at IS NOT NULL) || ' ' || "
            "last_status || ' ' || last_error_code FROM bulkpg.freshness"),
        "orders true failed WRONG_LINES");
    ck_assert_str_eq(ask("SELECT table_name FROM public.stale"), "orders");
    ck_assert_uint_ne(journal_hash_secret(journal), 0);
    ck_assert_uint_eq(journal_hash_secret(other), journal_hash_secret(journal));
    close_both();
}

START_TEST(journal_of_an_older_program_is_migrated)
{
    pg_task_run(migrate_body);
}

END_TEST

/* Only the owner of a table can alter it, whatever privileges others have. */
static void
migrate_as_other_body(void)
{
    make_version_1();
    other_conn = open_as("plain");
    OK(pg_script(conn,
                 "GRANT USAGE, CREATE ON SCHEMA bulkpg TO plain;"
                 "GRANT ALL ON ALL TABLES IN SCHEMA bulkpg TO plain;",
                 &err));
    fails_with(journal_open(other_conn, true, &other, &err), ERR_DENIED,
               "42501");
    ck_assert_ptr_nonnull(strstr(err.hint, "as the role that owns"));
    OK(journal_open(conn, true, &journal, &err));
    OK(journal_open(other_conn, true, &other, &err));
    close_both();
}

START_TEST(only_the_owner_can_migrate_the_journal)
{
    pg_task_run(migrate_as_other_body);
}

END_TEST

/* A journal of version 1 with a table whose last run failed after it had added
 * the column `vendor`. The column `note` is a user's. */
static const char version_1_tables[] =
    "UPDATE bulkpg.meta SET version = 1;"
    "CREATE SCHEMA acme;"
    "CREATE TABLE acme.products (id bigint PRIMARY KEY, vendor text, note "
    "text, other text, at timestamptz, _hash bigint, _loaded_at timestamptz, "
    "_deleted_at timestamptz);"
    "COMMENT ON COLUMN acme.products.id IS 'id: ID!';"
    "COMMENT ON COLUMN acme.products.vendor IS 'vendor: String!';"
    "COMMENT ON COLUMN acme.products.at IS 'a.b: [DateTime!]!; as it is';"
    "COMMENT ON COLUMN acme.products.note IS 'note: what I think';"
    "CREATE TABLE acme.good (id bigint PRIMARY KEY, vendor text);"
    "COMMENT ON COLUMN acme.good.vendor IS 'vendor: String!';"
    "INSERT INTO bulkpg.relation VALUES ('acme', 'products', 'acme', 'p', 'f', "
    "'products', '[{\"name\": \"id\", \"gid_type\": \"Product\"}]'), "
    "('acme', 'good', 'acme', 'g', 'f', 'good', '[{\"name\": \"id\"}]'), "
    "('gone', 'gone', 'acme', 'g', 'f', 'gone', '[{\"name\": \"id\"}]');"
    "INSERT INTO bulkpg.run (store, job, mode, status, plan_hash) VALUES "
    "('acme', 'p', 'full', 'loaded', 'h'), ('acme', 'p', 'full', 'failed', "
    "'h'), ('acme', 'g', 'full', 'failed', 'h'), ('acme', 'g', 'full', "
    "'loaded', 'h');";

static const char *
columns_of(const char *table)
{
    return ask(arena_printf(
        &arena,
        "SELECT string_agg(concat(e ->> 'name', ' ', e ->> 'type', ' ', "
        "e ->> 'path', ' ', e ->> 'gid_type'), ',') FROM bulkpg.relation, "
        "jsonb_array_elements(columns) e WHERE table_name = '%s'",
        table));
}

static void
complete_columns_body(void)
{
    database = cluster_database("");
    conn = open_as("owner");
    other_conn = open_as("owner");
    run_sql(sql_journal_schema);
    run_sql(sql_001_journal);
    run_sql(version_1_tables);
    OK(journal_open(conn, true, &journal, &err));
    OK(journal_open(other_conn, false, &other, &err));
    ck_assert_str_eq(columns_of("products"),
                     "id   Product,vendor text vendor ,at timestamptz a.b ,"
                     "_deleted_at timestamptz _deleted_at ");
    ck_assert_str_eq(columns_of("good"), "id   ");
    ck_assert_str_eq(columns_of("gone"), "id   ");
    close_both();
}

START_TEST(columns_that_version_1_did_not_record_are_found)
{
    pg_task_run(complete_columns_body);
}

END_TEST

static void
rights_body(void)
{
    struct pg_conn *plain;
    struct journal *theirs;

    database = cluster_database("");
    plain = open_as("plain");
    fails_with(journal_open(plain, true, &theirs, &err), ERR_DENIED, "42501");
    ck_assert_ptr_nonnull(strstr(err.hint, "GRANT CREATE ON DATABASE"));
    ck_assert_ptr_nonnull(strstr(err.hint, database));
    ck_assert_ptr_nonnull(strstr(err.hint, "TO plain"));

    /* CREATE on an existing schema bulkpg is enough. */
    ck_assert(cluster_psql(database, "CREATE SCHEMA bulkpg;"));
    fails_with(journal_open(plain, true, &theirs, &err), ERR_DENIED, "42501");
    ck_assert(cluster_psql(database,
                           "GRANT USAGE, CREATE ON SCHEMA bulkpg TO plain;"));
    OK(journal_open(plain, true, &theirs, &err));
    journal_close(theirs);
    pg_close(plain);
}

START_TEST(missing_right_names_the_grant)
{
    pg_task_run(rights_body);
}

END_TEST

static void
readers_body(void)
{
    struct pg_conn *plain;
    struct journal *theirs;

    open_both();
    plain = open_as("plain");
    fails_with(journal_open(plain, false, &theirs, &err), ERR_DENIED, "42501");
    ck_assert_ptr_nonnull(strstr(err.hint, "GRANT USAGE ON SCHEMA bulkpg"));
    OK(journal_grant(journal, "plain", &err));
    OK(journal_grant(journal, "plain", &err));
    OK(journal_open(plain, false, &theirs, &err));
    OK(pg_exec(plain, "SELECT * FROM bulkpg.freshness", 0, NULL, NULL, &err));
    fails_with(journal_grant(journal, "no \"one", &err), ERR_CONFIG, "NO_ROLE");
    journal_close(theirs);
    pg_close(plain);
    close_both();
}

START_TEST(readers_can_read_the_journal)
{
    pg_task_run(readers_body);
}

END_TEST

/* By the first word after the statement's comment. */
static bool
can_be_prepared(const char *sql)
{
    static const char *const words[] = {"SELECT", "INSERT", "UPDATE",
                                        "DELETE", "WITH",   "VALUES"};

    while (strncmp(sql, "--", 2) == 0)
        sql += strcspn(sql, "\n") + 1;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strncmp(sql, words[i], strlen(words[i])) == 0)
            return true;
    return false;
}

/* The tests of load/ run the templates. */
static bool
is_template(const char *name)
{
    return strncmp(name, "sql/ddl/", 8) == 0 ||
           strncmp(name, "sql/merge/", 10) == 0 ||
           (strncmp(name, "sql/history/", 12) == 0 &&
            strcmp(name, "sql/history/history_columns.sql") != 0) ||
           strncmp(name, "sql/pages/", 10) == 0;
}

static void
prepare_body(void)
{
    int prepared = 0;

    open_both();
    for (const struct sql_file *file = sql_files; file->name != NULL; file++) {
        char *sql;

        ck_assert_msg(strncmp(file->text, "--", 2) == 0,
                      "%s does not begin with a comment", file->name);
        if (is_template(file->name) || !can_be_prepared(file->text))
            continue;
        sql = arena_printf(&arena, "PREPARE s%d AS %s", ++prepared, file->text);
        ck_assert_msg(pg_script(conn, sql, &err), "%s: %s", file->name,
                      err.message);
    }
    ck_assert_int_gt(prepared, 40);
    close_both();
}

START_TEST(the_server_can_prepare_every_statement)
{
    pg_task_run(prepare_body);
}

END_TEST

static void
commented_body(void)
{
    open_both();
    ck_assert_str_eq(ask("SELECT count(*) FROM pg_class WHERE relnamespace = "
                         "'bulkpg'::regnamespace AND relkind IN ('r', 'v') "
                         "AND obj_description(oid, 'pg_class') IS NULL"),
                     "0");
    close_both();
}

START_TEST(every_table_has_a_comment)
{
    pg_task_run(commented_body);
}

END_TEST

/* ---- claims ------------------------------------------------------------ */

static void
claim_body(void)
{
    int64_t began_ms;

    open_both();
    OK(journal_claim(journal, "acme", "orders", JOURNAL_CLAIM_MS, &err));
    OK(journal_check_claim(journal, "acme", "orders", &err));
    OK(journal_claim(journal, "acme", "products", 0, &err));
    OK(journal_claim(other, "beta", "orders", 0, &err));
    began_ms = clock_now_ms();
    fails_with(journal_claim(other, "acme", "orders", 600, &err), ERR_LATER,
               "LOCKED");
    ck_assert_int_ge(clock_now_ms() - began_ms, 500);
    ck_assert_ptr_nonnull(strstr(err.message, "job orders of store acme"));
    ck_assert_ptr_nonnull(strstr(err.message, "bulkpg test"));
    ck_assert_ptr_nonnull(
        strstr(err.message,
               arena_printf(&arena, "backend %d,", pg_task_backend(conn))));
    fails_with(journal_check_claim(other, "acme", "orders", &err), ERR_LATER,
               "CLAIM_LOST");
    fails_with(journal_claim(journal, "acme", "orders", 0, &err), ERR_BUG,
               "BUG");
    journal_release(journal, "acme", "orders");
    fails_with(journal_check_claim(journal, "acme", "orders", &err), ERR_LATER,
               "CLAIM_LOST");
    OK(journal_claim(other, "acme", "orders", 0, &err));
    close_both();
}

START_TEST(only_one_process_has_a_claim)
{
    pg_task_run(claim_body);
}

END_TEST

static void
release_soon(void *ctx)
{
    (void)ctx;
    task_sleep_until(clock_after_ms(700));
    journal_release(journal, "acme", "orders");
}

static void
patience_body(void)
{
    open_both();
    OK(journal_claim(journal, "acme", "orders", 0, &err));
    task_spawn("release", release_soon, NULL);
    OK(journal_claim(other, "acme", "orders", 3600 * 1000, &err));
    close_both();
}

START_TEST(a_process_waits_for_a_claim)
{
    pg_task_run(patience_body);
}

END_TEST

static void
lost_body(void)
{
    open_both();
    OK(journal_claim(journal, "acme", "orders", 0, &err));
    ask(arena_printf(&arena, "SELECT pg_terminate_backend(%d, 5000)",
                     pg_task_backend(conn)));
    fails_with(journal_check_claim(journal, "acme", "orders", &err), ERR_LATER,
               "CLAIM_LOST");
    journal_release(journal, "acme", "orders");
    OK(journal_claim(other, "acme", "orders", 0, &err));
    close_both();
}

START_TEST(a_claim_ends_with_its_connection)
{
    pg_task_run(lost_body);
}

END_TEST

/* The server has not noticed that the connection is broken: the old session
 * still exists and has the locks. */
static void
reopen_body(void)
{
    struct pg_conn *cut;
    int session;

    open_both();
    OK(journal_claim(journal, "acme", "orders", 0, &err));
    OK(journal_claim(journal, "acme", "products", 0, &err));
    journal_release(journal, "acme", "products");
    session = pg_task_backend(conn);
    cut = conn;
    conn = open_as("owner");
    OK(journal_reopen(journal, conn, &err));
    OK(journal_check_claim(journal, "acme", "orders", &err));
    fails_with(journal_check_claim(journal, "acme", "products", &err),
               ERR_LATER, "CLAIM_LOST");
    ck_assert_str_eq(ask(arena_printf(&arena,
                                      "SELECT count(*) FROM pg_stat_activity "
                                      "WHERE pid = %d",
                                      session)),
                     "0");
    pg_close(cut);
    close_both();
}

START_TEST(claims_are_taken_again_on_a_new_connection)
{
    pg_task_run(reopen_body);
}

END_TEST

enum { MANY_CLAIMS = 200 };

static char many_jobs[MANY_CLAIMS][16];
static struct task_group releasing;

/* Releases a claim while journal_reopen() takes the claims again. */
static void
release_meanwhile(void *ctx)
{
    const char *taken = arena_printf(&arena,
                                     "SELECT count(*) > 0 FROM pg_locks WHERE "
                                     "locktype = 'advisory' AND pid = %d",
                                     *(int *)ctx);

    while (strcmp(ask(taken), "t") != 0)
        continue;
    journal_release(journal, "acme", many_jobs[0]);
}

static void
release_while_reopening_body(void)
{
    struct pg_conn *cut;
    int session;

    open_both();
    for (int i = 0; i < MANY_CLAIMS; i++) {
        snprintf(many_jobs[i], sizeof(many_jobs[i]), "job%d", i);
        OK(journal_claim(journal, "acme", many_jobs[i], 0, &err));
    }
    ask(arena_printf(&arena, "SELECT pg_terminate_backend(%d, 5000)",
                     pg_task_backend(conn)));
    fails_with(journal_check_claim(journal, "acme", "job0", &err), ERR_LATER,
               "CLAIM_LOST");
    conn = open_as("owner");
    session = pg_task_backend(conn);
    task_group_spawn(&releasing, "release", release_meanwhile, &session);
    OK(journal_borrow(journal, &cut, &err));
    OK(journal_reopen(journal, conn, &err));
    journal_give_back(journal);
    task_group_wait(&releasing);
    OK(journal_claim(other, "acme", many_jobs[0], 0, &err));
    for (int i = 1; i < MANY_CLAIMS; i++)
        OK(journal_check_claim(journal, "acme", many_jobs[i], &err));
    pg_close(cut);
    close_both();
}

START_TEST(a_claim_can_be_released_while_claims_are_taken_again)
{
    pg_task_run(release_while_reopening_body);
}

END_TEST

/* ---- runs -------------------------------------------------------------- */

static void
life_body(void)
{
    struct run_ref run, before;
    struct run_end end = end_with(RUN_LOADED);
    struct journal_run *read;
    char loaded_at[JOURNAL_TIME_BYTES];
    bool taken;

    open_both();
    run = before = begin_run("orders", RUN_FULL);
    ck_assert_int_eq(run.run_id, 1);
    OK(journal_run_status(journal, &run, RUN_POLLING, &err));
    OK(journal_run_resume(other, &run, RUN_WAITING, &taken, &err));
    ck_assert(taken);
    ck_assert_int_eq(run.resumed, 1);
    fails_with(journal_run_status(journal, &before, RUN_POLLING, &err),
               ERR_LATER, "TAKEN_OVER");
    OK(journal_run_resume(journal, &before, RUN_POLLING, &taken, &err));
    ck_assert(!taken);
    OK(journal_run_loading(journal, &run, false, loaded_at, &err));
    ck_assert_uint_eq(strlen(loaded_at), strlen("2026-01-02T03:04:05.678901Z"));
    ck_assert_str_eq(
        ask(arena_printf(&arena, "SELECT loaded_at = '%s' FROM bulkpg.run",
                         loaded_at)),
        "t");
    end.counts.rejects = 3;
    end.counts.rows_inserted = 10;
    end.counts.rows_unchanged = 20;
    end.timings = "{\"merge\":12}";
    end.notes = "{\"added\":[\"vendor\"]}";
    OK(journal_run_finish(journal, &run, &end, &err));
    OK(journal_last_begun_run(journal, "acme", "orders", &arena, &read, &err));
    ck_assert_int_eq(read->ref.run_id, 1);
    ck_assert_int_eq(read->ref.resumed, 1);
    ck_assert_int_eq(read->mode, RUN_FULL);
    ck_assert_int_eq(read->status, RUN_LOADED);
    ck_assert_str_eq(read->plan_hash, "abc");
    ck_assert_ptr_null(read->operation_id);
    ck_assert_int_eq(read->object_count, -1);
    ck_assert_int_eq(read->counts.rejects, 3);
    ck_assert_int_eq(read->counts.rows_inserted, 10);
    ck_assert_int_eq(read->counts.rows_unchanged, 20);
    ck_assert_int_eq(read->counts.rows_deleted, 0);
    ck_assert_str_eq(read->loaded_at, loaded_at);
    ck_assert_str_eq(read->timings, "{\"merge\": 12}");
    ck_assert_str_eq(read->notes, "{\"added\": [\"vendor\"]}");
    ck_assert_int_ge(read->age_ms, 0);
    ck_assert_int_ge(read->duration_ms, 0);
    ck_assert_int_ge(read->last_good_age_ms, 0);
    fails_with(journal_run_finish(journal, &run, &end, &err), ERR_BUG, "BUG");
    close_both();
}

START_TEST(a_run_is_recorded_from_its_beginning_to_its_end)
{
    pg_task_run(life_body);
}

END_TEST

/* A message that was cut short in the middle of a character. */
static void
cut_body(void)
{
    struct run_ref run;
    struct run_end end = end_with(RUN_FAILED);

    open_both();
    run = begin_run("orders", RUN_FULL);
    end.error_code = "X";
    end.error = "caf\xc3";
    OK(journal_run_finish(journal, &run, &end, &err));
    ck_assert_str_eq(ask("SELECT error FROM bulkpg.run"), "caf\xef\xbf\xbd");
    close_both();
}

START_TEST(text_that_is_not_utf8_is_repaired)
{
    pg_task_run(cut_body);
}

END_TEST

static void
cancel_body(void)
{
    struct run_ref run;
    bool canceled;

    open_both();
    run = begin_run("orders", RUN_FULL);
    OK(journal_run_cancel(other, run.run_id, &canceled, &err));
    ck_assert(canceled);
    fails_with(journal_run_status(journal, &run, RUN_LOADING, &err), ERR_FAILED,
               "CANCELED");
    OK(journal_run_cancel(other, run.run_id, &canceled, &err));
    ck_assert(!canceled);
    run = begin_run("orders", RUN_FULL);
    OK(journal_run_status(journal, &run, RUN_MERGING, &err));
    OK(journal_run_cancel(other, run.run_id, &canceled, &err));
    ck_assert(!canceled);
    run_sql("DELETE FROM bulkpg.run");
    fails_with(journal_run_status(journal, &run, RUN_LOADING, &err), ERR_FAILED,
               "RUN_UNKNOWN");
    close_both();
}

START_TEST(a_canceled_run_cannot_be_changed)
{
    pg_task_run(cancel_body);
}

END_TEST

static void
add_operation(struct run_ref run)
{
    struct journal_operation operation = {.run_id = run.run_id,
                                          .n = 1,
                                          .attempt = 1,
                                          .query = "{ orders }",
                                          .object_count = -1,
                                          .root_object_count = -1,
                                          .file_size = -1,
                                          .lines = -1,
                                          .bytes = -1};

    OK(journal_operation_add(journal, &run, &operation, &err));
}

static void
list_body(void)
{
    struct run_query query = {.newest_only = true};
    struct journal_runs runs;
    struct journal_run *run;
    struct run_ref refs[4];

    open_both();
    OK(journal_last_good_run(journal, "acme", "orders", &arena, &run, &err));
    ck_assert_ptr_null(run);
    refs[0] = begin_run("orders", RUN_FULL);
    finish_run(refs[0], RUN_LOADED);
    refs[1] = begin_run("orders", RUN_REPLAY);
    finish_run(refs[1], RUN_LOADED);
    refs[2] = begin_run("orders", RUN_INCREMENTAL);
    finish_run(refs[2], RUN_INTERRUPTED);
    refs[3] = begin_run("products", RUN_FULL);
    OK(journal_last_good_run(journal, "acme", "orders", &arena, &run, &err));
    ck_assert_int_eq(run->ref.run_id, refs[0].run_id);
    OK(journal_last_begun_run(journal, "acme", "orders", &arena, &run, &err));
    ck_assert_int_eq(run->ref.run_id, refs[1].run_id);
    add_operation(refs[2]);
    OK(journal_last_begun_run(journal, "acme", "orders", &arena, &run, &err));
    ck_assert_int_eq(run->ref.run_id, refs[2].run_id);
    ck_assert_int_eq(run->status, RUN_INTERRUPTED);
    OK(journal_list_runs(journal, &query, &arena, &runs, &err));
    ck_assert_uint_eq(runs.count, 2);
    ck_assert_str_eq(runs.runs[0].job, "products");
    ck_assert_int_eq(runs.runs[0].last_good_age_ms, -1);
    ck_assert_int_eq(runs.runs[0].duration_ms, -1);
    ck_assert_int_ge(runs.runs[1].last_good_age_ms, 0);

    OK(journal_supersede(journal, "acme", "orders", 0, &arena, &runs, &err));
    ck_assert_uint_eq(runs.count, 1);
    ck_assert_int_eq(runs.runs[0].ref.run_id, refs[2].run_id);
    ck_assert_int_eq(runs.runs[0].status, RUN_FAILED);
    ck_assert_str_eq(runs.runs[0].error_code, "SUPERSEDED");
    OK(journal_supersede(journal, "acme", "products", refs[3].run_id, &arena,
                         &runs, &err));
    ck_assert_uint_eq(runs.count, 0);
    query = (struct run_query){.filter = RUNS_UNFINISHED, .limit = 5};
    OK(journal_list_runs(journal, &query, &arena, &runs, &err));
    ck_assert_uint_eq(runs.count, 1);
    close_both();
}

static void
first_body(void)
{
    const struct run_first first = {.before = "# ",
                                    .after = "/1.1\nq",
                                    .window_from = "2025-01-01T00:00:00Z"};
    const struct run_start start = {.store = "acme",
                                    .job = "orders",
                                    .mode = RUN_FULL,
                                    .mode_reason = "first",
                                    .plan_hash = "abc",
                                    .first = &first};
    struct journal_operations operations;
    struct journal_runs superseded;
    struct run_ref earlier, run;

    open_both();
    earlier = begin_run("orders", RUN_FULL);
    OK(journal_supersede_and_begin(journal, &start, &arena, &superseded, &run,
                                   &err));
    ck_assert_uint_eq(superseded.count, 1);
    ck_assert_int_eq(superseded.runs[0].ref.run_id, earlier.run_id);
    ck_assert_int_eq(run.run_id, earlier.run_id + 1);
    OK(journal_run_operations(journal, run.run_id, &arena, &operations, &err));
    ck_assert_uint_eq(operations.count, 1);
    ck_assert_int_eq(operations.operations[0].n, 1);
    ck_assert_int_eq(operations.operations[0].attempt, 1);
    ck_assert_str_eq(operations.operations[0].query, "# 2/1.1\nq");
    ck_assert_str_eq(operations.operations[0].window_from,
                     "2025-01-01T00:00:00Z");
    ck_assert(operations.operations[0].is_lost);
    ck_assert_str_eq(ask("SELECT string_agg((submitted_at IS NULL)::text, ' ' "
                         "ORDER BY run_id) FROM bulkpg.run"),
                     "true false");
    close_both();
}

START_TEST(a_run_begins_with_its_first_operation)
{
    pg_task_run(first_body);
}

END_TEST

static const struct journal_run *
newest_run(struct journal *of, const char *job)
{
    struct run_query query = {.store = "acme", .job = job, .limit = 1};
    struct journal_runs runs;

    OK(journal_list_runs(of, &query, &arena, &runs, &err));
    return runs.count > 0 ? &runs.runs[0] : NULL;
}

static void
abandoned_body(void)
{
    const struct journal_run *run;
    struct run_ref ref;

    open_both();
    OK(journal_claim(journal, "acme", "orders", 0, &err));
    ref = begin_run("orders", RUN_FULL);
    OK(journal_run_status(journal, &ref, RUN_POLLING, &err));
    ck_assert_int_eq(newest_run(journal, "orders")->status, RUN_POLLING);
    ck_assert_int_eq(newest_run(other, "orders")->status, RUN_POLLING);
    ck_assert_str_eq(ask("SELECT last_status FROM bulkpg.freshness"),
                     "polling");
    journal_release(journal, "acme", "orders");
    run = newest_run(other, "orders");
    ck_assert_int_eq(run->status, RUN_ABANDONED);
    ck_assert_str_eq(run_status_name(run->status), "abandoned");
    ck_assert(journal_run_is_failed(run));
    ck_assert_str_eq(run->error_code, "ABANDONED");
    ck_assert_ptr_nonnull(strstr(run->error, "polling"));
    ck_assert_ptr_nonnull(strstr(run->remedy, "continues"));
    ck_assert_str_eq(ask("SELECT last_status FROM bulkpg.freshness"),
                     "abandoned");
    ref = begin_run("replayed", RUN_REPLAY);
    ck_assert_ptr_nonnull(
        strstr(newest_run(other, "replayed")->remedy, "load the file"));
    finish_run(ref, RUN_INTERRUPTED);
    ck_assert_int_eq(newest_run(other, "replayed")->status, RUN_INTERRUPTED);
    close_both();
}

START_TEST(unfinished_run_without_its_claim_is_abandoned)
{
    pg_task_run(abandoned_body);
}

END_TEST

/* ---- jobs without a run ------------------------------------------------ */

static void
record(const char *job, enum run_status status, int64_t older_than_ms)
{
    struct run_outcomes outcomes = {0};
    struct run_outcome outcome = {.store = "acme",
                                  .job = job,
                                  .status = status,
                                  .err = &err,
                                  .took_ms = 1500};
    struct err why;

    err_set(&err, status == RUN_FAILED ? MSG_QUERY_SYNTAX : MSG_STOPPED,
            "a \"quote\" and \xff");
    ck_assert(!run_outcomes_add(&outcomes, &outcome));
    ck_assert_msg(journal_run_outcomes(journal, &outcomes, older_than_ms, &why),
                  "%s", why.message);
    run_outcomes_clear(&outcomes);
}

static void
outcomes_body(void)
{
    const struct journal_run *run;
    struct journal_run *begun;
    struct run_ref ref;

    open_both();
    record("orders", RUN_FAILED, -1);
    run = newest_run(journal, "orders");
    ck_assert_int_eq(run->status, RUN_FAILED);
    ck_assert_int_eq(run->mode, RUN_NO_MODE);
    ck_assert_ptr_null(run->plan_hash);
    ck_assert_str_eq(run->error_code, "QUERY_SYNTAX");
    ck_assert_str_eq(run->error, "a \"quote\" and \xef\xbf\xbd");
    ck_assert_str_eq(run->remedy, err_remedy(&err));
    ck_assert_int_eq(run->duration_ms, 1500);
    OK(journal_last_begun_run(journal, "acme", "orders", &arena, &begun, &err));
    ck_assert_ptr_null(begun);

    /* No row is added while another process runs the job, or if the job was
     * interrupted and was not due. */
    OK(journal_claim(other, "acme", "orders", 0, &err));
    record("orders", RUN_FAILED, -1);
    ck_assert_int_eq(newest_run(journal, "orders")->ref.run_id,
                     run->ref.run_id);
    journal_release(other, "acme", "orders");
    OK(journal_claim(journal, "acme", "orders", 0, &err));
    record("orders", RUN_INTERRUPTED, -1);
    ck_assert_int_eq(newest_run(journal, "orders")->status, RUN_INTERRUPTED);
    ref = begin_run("orders", RUN_FULL);
    finish_run(ref, RUN_LOADED);
    record("orders", RUN_INTERRUPTED, 3600000);
    ck_assert_int_eq(newest_run(journal, "orders")->status, RUN_LOADED);
    record("orders", RUN_FAILED, 3600000);
    ck_assert_int_eq(newest_run(journal, "orders")->status, RUN_FAILED);
    ck_assert_str_eq(ask("SELECT last_status || ' ' || last_error_code FROM "
                         "bulkpg.freshness"),
                     "failed QUERY_SYNTAX");
    close_both();
}

START_TEST(a_job_without_a_run_has_a_row)
{
    pg_task_run(outcomes_body);
}

END_TEST

static void
many_outcomes_body(void)
{
    enum { JOBS = 1950 };

    struct run_outcomes outcomes = {0};
    int statements = 0;

    open_both();
    err_set(&err, MSG_QUERY_SYNTAX, "%0400d", 7);
    for (int i = 0; i < JOBS; i++) {
        struct run_outcome outcome = {.store = "acme",
                                      .job = arena_printf(&arena, "job%d", i),
                                      .status = RUN_FAILED,
                                      .err = &err};

        if (!run_outcomes_add(&outcomes, &outcome) && i < JOBS - 1)
            continue;
        OK(journal_run_outcomes(journal, &outcomes, -1, &err));
        run_outcomes_clear(&outcomes);
        statements++;
    }
    ck_assert_int_le(statements, 10);
    ck_assert_str_eq(ask("SELECT count(*) FROM bulkpg.run"), "1950");
    close_both();
}

START_TEST(many_jobs_without_a_run_take_few_statements)
{
    pg_task_run(many_outcomes_body);
}

END_TEST

START_TEST(runs_are_selected_by_filter)
{
    pg_task_run(list_body);
}

END_TEST

/* ---- operations -------------------------------------------------------- */

static struct journal_operation
operation_of(struct run_ref run, int64_t n, int64_t attempt)
{
    return (struct journal_operation){.run_id = run.run_id,
                                      .n = n,
                                      .attempt = attempt,
                                      .query = "{ orders }",
                                      .object_count = -1,
                                      .root_object_count = -1,
                                      .file_size = -1,
                                      .lines = -1,
                                      .bytes = -1};
}

static void
complete(struct run_ref run, int64_t n, int64_t attempt, const char *status)
{
    struct journal_operation operation = operation_of(run, n, attempt);

    OK(journal_operation_add(journal, &run, &operation, &err));
    operation.operation_id =
        arena_printf(&arena, "gid://shopify/BulkOperation/%lld%lld",
                     (long long)n, (long long)attempt);
    operation.status = status;
    operation.created_at =
        n == 1 ? "2026-01-02T03:04:05Z" : "2026-01-02T03:04:06Z";
    operation.completed_at = "2026-01-02T03:05:00Z";
    operation.object_count = 100 * n;
    operation.root_object_count = 10;
    operation.file_size = 1000;
    operation.lines = 100 * n;
    operation.bytes = 1000;
    OK(journal_operation_update(journal, &operation, &err));
}

static void
operations_body(void)
{
    struct run_ref run;
    struct journal_operations list;
    struct journal_operation operation;
    struct journal_run *read;

    open_both();
    run = begin_run("orders", RUN_FULL);
    complete(run, 1, 1, "FAILED");
    complete(run, 1, 2, "COMPLETED");
    complete(run, 2, 1, "RUNNING");
    OK(journal_last_begun_run(journal, "acme", "orders", &arena, &read, &err));
    ck_assert_int_eq(read->object_count, 300);
    ck_assert_int_eq(read->root_object_count, 20);
    ck_assert_int_eq(read->file_size, 2000);
    ck_assert_int_eq(read->counts.lines, 300);
    ck_assert_int_eq(read->counts.bytes, 2000);
    ck_assert_str_eq(read->operation_id, "gid://shopify/BulkOperation/21");
    ck_assert_str_eq(read->completed_at, "2026-01-02T03:05:00Z");
    ck_assert_ptr_nonnull(read->submitted_at);

    OK(journal_run_operations(journal, run.run_id, &arena, &list, &err));
    ck_assert_uint_eq(list.count, 3);
    ck_assert_int_eq(list.operations[1].attempt, 2);
    ck_assert_str_eq(list.operations[0].created_at, "2026-01-02T03:04:05Z");
    ck_assert_str_eq(list.operations[0].job, "orders");
    run_sql("UPDATE bulkpg.operation SET created_at = now()");
    OK(journal_running_operations(journal, "acme", NULL, &arena, &list, &err));
    ck_assert_uint_eq(list.count, 1);
    ck_assert_str_eq(list.operations[0].status, "RUNNING");
    OK(journal_running_operations(journal, "beta", NULL, &arena, &list, &err));
    ck_assert_uint_eq(list.count, 0);

    operation = operation_of(run, 9, 9);
    fails_with(journal_operation_update(journal, &operation, &err), ERR_BUG,
               "BUG");
    run.resumed++;
    fails_with(journal_operation_add(journal, &run, &operation, &err),
               ERR_LATER, "TAKEN_OVER");
    close_both();
}

START_TEST(a_runs_counts_are_the_sums_of_its_operations)
{
    pg_task_run(operations_body);
}

END_TEST

static int64_t
count_left(int64_t keep_run_id)
{
    struct journal_operations list;

    OK(journal_left_operations(journal, "acme", "orders", keep_run_id, &arena,
                               &list, &err));
    return (int64_t)list.count;
}

/* An operation whose submission was not answered may exist at the store. One
 * that was refused does not. */
static void
left_body(void)
{
    struct run_ref run;
    struct journal_operations list;
    struct journal_operation operation;

    open_both();
    run = begin_run("orders", RUN_FULL);
    operation = operation_of(run, 1, 1);
    OK(journal_operation_add(journal, &run, &operation, &err));
    OK(journal_run_operations(journal, run.run_id, &arena, &list, &err));
    ck_assert(list.operations[0].is_lost);
    ck_assert_int_eq(count_left(0), 1);
    ck_assert_int_eq(count_left(run.run_id), 0);
    OK(journal_operation_sent(journal, &operation, false, &err));
    OK(journal_run_operations(journal, run.run_id, &arena, &list, &err));
    ck_assert(!list.operations[0].is_lost);
    ck_assert_int_eq(count_left(0), 0);
    OK(journal_operation_sent(journal, &operation, true, &err));
    ck_assert_int_eq(count_left(0), 1);
    operation.error_code = "NOT_THERE";
    OK(journal_operation_update(journal, &operation, &err));
    ck_assert_int_eq(count_left(0), 0);

    OK(journal_run_is_ours(journal, &run, &err));
    finish_run(run, RUN_FAILED);
    ck_assert(!journal_run_is_ours(journal, &run, &err));
    run.resumed++;
    fails_with(journal_run_is_ours(journal, &run, &err), ERR_LATER,
               "TAKEN_OVER");
    close_both();
}

START_TEST(operations_that_a_run_left_are_listed)
{
    pg_task_run(left_body);
}

END_TEST

/* ---- rejects ----------------------------------------------------------- */

static void
rejects_body(void)
{
    enum { LONG = 2 * 1024 * 1024 };

    char *raw = mem_alloc(LONG);
    struct journal_reject rejects[3] = {
        {"gid://shopify/BulkOperation/1",
         1,
         0,
         "orders",
         "gid://shopify/Order/1",
         "no such \"value\" \x01\n",
         {"{\"a\":\"\xff\0\"}", 11}},
        {NULL, 2, 12, NULL, "bad \xff id", "too long", {raw, LONG}},
        {NULL, 3, 99, NULL, NULL, "empty", {"", 0}}};
    struct run_ref run, before;
    char loaded_at[JOURNAL_TIME_BYTES];
    bool taken;

    open_both();
    run = begin_run("orders", RUN_FULL);
    OK(journal_reject_add(journal, &run, rejects, 3, &err));
    OK(journal_reject_add(journal, &run, rejects, 0, &err));
    ck_assert_str_eq(ask("SELECT count(*) FROM bulkpg.reject"), "3");
    ck_assert_str_eq(ask("SELECT reason FROM bulkpg.reject "
                         "WHERE line_number = 1"),
                     rejects[0].reason);
    ck_assert_str_eq(ask("SELECT object_id || ' ' || encode(raw, 'hex') "
                         "FROM bulkpg.reject WHERE line_number = 1"),
                     "gid://shopify/Order/1 7b2261223a22ff00227d00");
    ck_assert_str_eq(ask("SELECT concat(object_id, ' ', byte_offset, ' ', "
                         "table_name IS NULL) "
                         "FROM bulkpg.reject WHERE line_number = 2"),
                     "bad \xef\xbf\xbd id 12 t");
    ck_assert_str_eq(ask("SELECT octet_length(raw) FROM bulkpg.reject "
                         "WHERE line_number = 3"),
                     "0");
    ck_assert_str_eq(ask("SELECT max(octet_length(raw)) FROM bulkpg.reject"),
                     "1048576");
    for (int i = 0; i < 400; i++)
        OK(journal_reject_add(journal, &run, rejects, 1, &err));
    before = run;
    OK(journal_run_resume(other, &run, RUN_LOADING, &taken, &err));
    fails_with(journal_reject_add(journal, &before, rejects, 1, &err),
               ERR_LATER, "TAKEN_OVER");
    fails_with(journal_run_loading(journal, &before, false, loaded_at, &err),
               ERR_LATER, "TAKEN_OVER");
    ck_assert_str_eq(ask("SELECT count(*) FROM bulkpg.reject"), "403");
    OK(journal_run_loading(journal, &run, false, loaded_at, &err));
    ck_assert_str_eq(ask("SELECT count(*) FROM bulkpg.reject"), "0");
    close_both();
    free(raw);
}

START_TEST(rejects_are_saved_unchanged)
{
    pg_task_run(rejects_body);
}

END_TEST

/* ---- the merge transaction --------------------------------------------- */

static bool
fence(struct pg_conn *session, const struct run_ref *run, struct err *why)
{
    struct pg_result *ours;
    bool failed;

    journal_queue_fence(session, run, RUN_MERGING, &ours);
    if (pg_settle(session, why)) {
        pg_result_free(ours);
        return true;
    }
    failed = journal_fence_failed(ours, why);
    pg_rollback(session);
    return failed && journal_run_not_ours_in(session, run, why);
}

static void
merge_body(void)
{
    struct journal_run_table table = {"acme", "orders", 6,    1,    2,
                                      3,      4,        NULL, NULL, NULL};
    struct journal_relation relation = {.table_schema = "acme",
                                        .table_name = "orders",
                                        .store = "acme",
                                        .job = "orders",
                                        .file = "queries/orders.graphql",
                                        .path = "orders",
                                        .columns = "[]"};
    struct run_end end = end_with(RUN_LOADED);
    struct journal_run_tables tables;
    struct journal_relation *owner;
    struct journal_watermark mark;
    struct pg_conn *loader;
    struct run_ref run;
    bool taken;

    open_both();
    loader = open_as("owner");
    run = begin_run("orders", RUN_FULL);
    complete(run, 1, 1, "COMPLETED");
    OK(pg_begin(loader, &err));
    fails_with(fence(loader, &run, &err), ERR_BUG, "BUG");
    OK(journal_run_status(journal, &run, RUN_MERGING, &err));
    OK(pg_begin(loader, &err));
    OK(fence(loader, &run, &err));
    journal_queue_tables(loader, run.run_id, &table, 1);
    journal_queue_relation(loader, &relation);
    OK(pg_settle(loader, &err));
    journal_queue_watermark(loader, run.run_id);
    OK(pg_settle(loader, &err));
    OK(journal_finish_in(loader, &run, &end, &err));
    /* Other sessions do not see the changes yet. */
    ck_assert_str_eq(ask("SELECT status FROM bulkpg.run"), "merging");
    OK(pg_commit(loader, &err));
    ck_assert_str_eq(ask("SELECT status FROM bulkpg.run"), "loaded");
    OK(journal_run_resume(other, &run, RUN_LOADING, &taken, &err));
    ck_assert(!taken);
    OK(journal_run_tables(journal, run.run_id, &arena, &tables, &err));
    ck_assert_uint_eq(tables.count, 1);
    ck_assert_int_eq(tables.tables[0].unchanged, 4);
    OK(journal_relation(journal, "acme", "orders", &arena, &owner, &err));
    ck_assert_str_eq(owner->file, "queries/orders.graphql");
    OK(journal_watermark(journal, "acme", "orders", 300000, &arena, &mark,
                         &err));
    ck_assert_str_eq(mark.high, "2026-01-02T03:04:05Z");
    ck_assert_str_eq(mark.from, "2026-01-02T02:59:05Z");
    ck_assert_ptr_nonnull(mark.last_full);
    ck_assert_int_ge(mark.last_full_age_ms, 0);
    ck_assert_str_eq(ask("SELECT last_good_at = (SELECT finished_at FROM "
                         "bulkpg.run) FROM bulkpg.freshness WHERE table_schema "
                         "= 'acme' AND table_name = 'orders'"),
                     "t");
    pg_close(loader);
    close_both();
}

START_TEST(a_merge_commits_its_record_with_its_rows)
{
    pg_task_run(merge_body);
}

END_TEST

static void
take_over_soon(void *ctx)
{
    struct run_ref *run = ctx;
    bool taken;

    OK(journal_run_resume(other, run, RUN_LOADING, &taken, &err));
    ck_assert(taken);
}

static void
fence_body(void)
{
    struct run_end end = end_with(RUN_LOADED);
    struct pg_conn *loader;
    struct run_ref run, next;

    open_both();
    loader = open_as("owner");
    run = next = begin_run("orders", RUN_FULL);
    OK(journal_run_status(journal, &run, RUN_MERGING, &err));
    OK(pg_begin(loader, &err));
    OK(fence(loader, &run, &err));
    task_spawn("take over", take_over_soon, &next);
    task_sleep_until(clock_after_ms(300));
    ck_assert_int_eq(next.resumed, 0); /* it waits for the merge */
    pg_rollback(loader);
    while (next.resumed != 1)
        task_sleep_until(clock_after_ms(10));
    OK(pg_begin(loader, &err));
    fails_with(fence(loader, &run, &err), ERR_LATER, "TAKEN_OVER");
    pg_rollback(loader);
    fails_with(journal_finish_in(loader, &run, &end, &err), ERR_LATER,
               "TAKEN_OVER");
    /* Rejects can be added while the merge has locked the run's row. */
    OK(journal_run_status(journal, &next, RUN_MERGING, &err));
    OK(pg_begin(loader, &err));
    OK(fence(loader, &next, &err));
    OK(journal_reject_add(
        journal, &next, &(struct journal_reject){.reason = "x", .raw = {"", 0}},
        1, &err));
    pg_close(loader);
    close_both();
}

START_TEST(the_fence_prevents_two_merges_of_one_run)
{
    pg_task_run(fence_body);
}

END_TEST

static void
advance_for(const char *reason, enum run_mode mode, const char *from,
            const char *created_at)
{
    struct run_start start = {.store = "acme",
                              .job = "orders",
                              .mode = mode,
                              .mode_reason = reason,
                              .plan_hash = "abc",
                              .window_from = from};
    struct journal_operation operation;
    struct run_ref run;

    OK(journal_run_begin(journal, &start, &run, &err));
    operation = operation_of(run, 1, 1);
    OK(journal_operation_add(journal, &run, &operation, &err));
    operation.created_at = created_at;
    OK(journal_operation_update(journal, &operation, &err));
    journal_queue_watermark(conn, run.run_id);
    OK(pg_settle(conn, &err));
}

static void
advance(enum run_mode mode, const char *from, const char *created_at)
{
    advance_for(NULL, mode, from, created_at);
}

static void
expect_high(const char *high)
{
    struct journal_watermark mark;

    OK(journal_watermark(journal, "acme", "orders", 0, &arena, &mark, &err));
    if (high == NULL)
        ck_assert_ptr_null(mark.high);
    else
        ck_assert_str_eq(mark.high, high);
}

static void
watermark_body(void)
{
    open_both();
    expect_high(NULL);
    advance(RUN_INCREMENTAL, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
    expect_high(NULL); /* no full run yet */
    advance(RUN_FULL, NULL, "2026-01-05T00:00:00.9Z");
    expect_high("2026-01-05T00:00:00Z");
    advance(RUN_INCREMENTAL, "2026-01-04T23:55:00Z", "2026-01-06T00:00:00Z");
    expect_high("2026-01-06T00:00:00Z");
    advance(RUN_INCREMENTAL, "2026-01-07T00:00:00Z", "2026-01-08T00:00:00Z");
    expect_high("2026-01-06T00:00:00Z"); /* a gap */
    advance(RUN_FULL, NULL, "2026-01-03T00:00:00Z");
    expect_high("2026-01-06T00:00:00Z"); /* it never moves back */
    advance_for("asked", RUN_INCREMENTAL, "2026-01-01T00:00:00Z",
                "2026-01-08T00:00:00Z");
    expect_high("2026-01-06T00:00:00Z"); /* the window is from --since */
    advance(RUN_REPLAY, NULL, "2026-01-09T00:00:00Z");
    expect_high("2026-01-06T00:00:00Z");
    close_both();
}

START_TEST(the_watermark_moves_forward_without_gaps)
{
    pg_task_run(watermark_body);
}

END_TEST

/* ---- relations, stores, types ------------------------------------------ */

/* What is kept of acme.orders beside its columns. */
static void
check_hashes(const char *definition, const char *is_uneven)
{
    struct journal_relation *read;

    OK(journal_relation(journal, "acme", "orders", &arena, &read, &err));
    if (definition == NULL)
        ck_assert_ptr_null(read->hash_definition);
    else
        ck_assert_str_eq(read->hash_definition, definition);
    ck_assert_str_eq(read->is_uneven, is_uneven);
}

static void
relations_body(void)
{
    struct journal_relation relation = {
        .table_schema = "acme",
        .table_name = "orders",
        .store = "acme",
        .job = "orders",
        .file = "a.gql",
        .path = "orders",
        .columns =
            "[{\"name\":\"id\",\"type\":\"bigint\",\"gid_type\":\"Order\"}]"};
    struct journal_relations list;
    struct journal_relation *read;
    const char *version;

    open_both();
    journal_queue_relation(conn, &relation);
    OK(pg_settle(conn, &err));
    version = ask("SELECT xmin FROM bulkpg.relation");
    journal_queue_relation(conn, &relation);
    OK(pg_settle(conn, &err));
    ck_assert_str_eq(ask("SELECT xmin FROM bulkpg.relation"), version);
    check_hashes(NULL, "f");
    relation.hash_definition = "2:abc";
    relation.is_uneven = "t";
    journal_queue_relation(conn, &relation);
    OK(pg_settle(conn, &err));
    check_hashes("2:abc", "t");
    relation.hash_definition = relation.is_uneven = NULL;
    journal_queue_relation(conn, &relation);
    OK(pg_settle(conn, &err));
    check_hashes("2:abc", "t");
    relation.is_uneven = "f";
    journal_queue_relation(conn, &relation);
    OK(pg_settle(conn, &err));
    check_hashes("2:abc", "f");
    relation.store = "beta";
    journal_queue_relation(conn, &relation);
    OK(pg_settle(conn, &err));
    relation.table_name = "orders_line_items";
    journal_queue_relation(conn, &relation);
    OK(pg_settle(conn, &err));
    OK(journal_list_relations(journal, "beta", NULL, &arena, &list, &err));
    ck_assert_uint_eq(list.count, 2);
    OK(journal_list_relations(journal, NULL, NULL, &arena, &list, &err));
    ck_assert_uint_eq(list.count, 2);
    ck_assert_str_eq(list.relations[1].table_name, "orders_line_items");
    OK(journal_list_relations(journal, "acme", "orders", &arena, &list, &err));
    ck_assert_uint_eq(list.count, 0);
    OK(journal_relation(journal, "acme", "orders", &arena, &read, &err));
    ck_assert_str_eq(read->store, "beta");
    ck_assert_ptr_nonnull(strstr(read->columns, "\"Order\""));
    pg_task_script(conn, "DELETE FROM bulkpg.relation "
                         "WHERE table_schema = 'acme' "
                         "AND table_name = 'orders'");
    OK(journal_relation(journal, "acme", "orders", &arena, &read, &err));
    ck_assert_ptr_null(read);
    close_both();
}

START_TEST(relations_list_the_tables_of_bulkpg)
{
    pg_task_run(relations_body);
}

END_TEST

static void
stores_body(void)
{
    struct journal_store store = {.store = "acme",
                                  .domain = "acme.myshopify.com",
                                  .schema = "acme",
                                  .scopes = "read_orders,read_products"};
    struct journal_store *read;

    open_both();
    OK(journal_store(journal, "acme", &arena, &read, &err));
    ck_assert_ptr_null(read);
    OK(journal_store_save(journal, &store, &err));
    store.plan = "Plus";
    OK(journal_store_save(journal, &store, &err));
    OK(journal_store(journal, "acme", &arena, &read, &err));
    ck_assert_str_eq(read->plan, "Plus");
    ck_assert_str_eq(read->scopes, store.scopes);
    ck_assert_ptr_null(read->shop_id);
    ck_assert_int_ge(read->checked_age_ms, 0);
    ck_assert_int_lt(read->checked_age_ms, 60000);
    close_both();
}

START_TEST(the_details_of_a_store_are_saved)
{
    pg_task_run(stores_body);
}

END_TEST

static void
types_body(void)
{
    const char *const names[] = {"Order", "Nothing", "Unknown"};
    struct journal_type types[] = {
        {.name = "Order", .json = span_of("{\"name\":\"Order\"}rest", 16)},
        {.name = "Nothing"},
        {.name = "Shop", .json = span_str("{\"name\": \"Shop\"}")}};
    const struct journal_types none = {.count = 0};
    const struct journal_types all = {.types = types, .count = 3};
    struct journal_types read;
    const char *name;
    bool complete;

    open_both();
    OK(journal_query_type(journal, "acme", "2026-10", &arena, &name, &err));
    ck_assert_ptr_null(name);
    OK(journal_types_save(journal, "acme", "2026-10", "Root", &none, &err));
    OK(journal_types_save(journal, "acme", "2026-10", "QueryRoot", &none,
                          &err));
    OK(journal_types_save(journal, "acme", "2026-10", "QueryRoot", &none,
                          &err));
    OK(journal_query_type(journal, "acme", "2026-10", &arena, &name, &err));
    ck_assert_str_eq(name, "QueryRoot");
    OK(journal_types_save(journal, "acme", "2026-10", NULL, &all, &err));
    OK(journal_types_save(journal, "acme", "2026-10", NULL, &all, &err));
    OK(journal_types(journal, "acme", "2026-10", names, 3, &arena, &read,
                     &err));
    ck_assert_uint_eq(read.count, 2); /* "Nothing" is known not to exist */
    ck_assert_str_eq(read.types[0].name, "Nothing");
    ck_assert_uint_eq(read.types[0].json.length, 0);
    ck_assert(span_is(read.types[1].json, "{\"name\":\"Order\"}"));
    OK(journal_types(journal, "acme", "2026-10", names, 0, &arena, &read,
                     &err));
    ck_assert_uint_eq(read.count, 0);
    OK(journal_types(journal, "acme", "2026-07", NULL, 0, &arena, &read, &err));
    ck_assert_uint_eq(read.count, 0);
    OK(journal_all_types(journal, "acme", "2026-10", &arena, &read, &complete,
                         &err));
    ck_assert(complete);
    ck_assert_uint_eq(read.count, 4); /* and "Root", the former query type */
    ck_assert_str_eq(read.types[3].name, "Shop");
    types[2].json = span_str("no JSON");
    ck_assert(
        !journal_types_save(journal, "acme", "2026-10", NULL, &all, &err));
    OK(journal_types(journal, "acme", "2026-10", NULL, 0, &arena, &read, &err));
    ck_assert_uint_ge(read.count, 3);
    close_both();
}

START_TEST(types_are_cached)
{
    pg_task_run(types_body);
}

END_TEST

/* ---- pruning, connections, names ---------------------------------------- */

static void
prune_body(void)
{
    static const enum run_status ends[] = {
        RUN_LOADED,      RUN_FAILED,      RUN_LOADED, RUN_FAILED,
        RUN_INTERRUPTED, RUN_INTERRUPTED, RUN_FAILED};
    struct journal_reject reject = {.reason = "x", .raw = {"", 0}};

    open_both();
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        struct run_ref run = begin_run("orders", RUN_FULL);

        OK(journal_reject_add(journal, &run, &reject, 1, &err));
        if (i == 4)
            add_operation(run);
        finish_run(run, ends[i]);
    }
    OK(prune(3600000, 3600000));
    ck_assert_str_eq(ask("SELECT count(*) FROM bulkpg.run"), "7");
    ck_assert_str_eq(ask("SELECT count(*) FROM bulkpg.reject"), "7");
    run_sql("UPDATE bulkpg.run SET finished_at = now() - interval '2 hours'");
    OK(prune(10000000, 3600000));
    ck_assert_str_eq(ask("SELECT count(*) FROM bulkpg.run"), "7");
    ck_assert_str_eq(ask("SELECT count(*) FROM bulkpg.reject"), "0");
    OK(prune(3600000, 3600000));
    ck_assert_str_eq(
        ask("SELECT string_agg(run_id::text, ' ' ORDER BY run_id) FROM "
            "bulkpg.run"),
        "3 5 7"); /* the last good run, a resumable run, the newest run */
    close_both();
}

START_TEST(old_runs_are_deleted_except_those_still_needed)
{
    pg_task_run(prune_body);
}

END_TEST

static void
free_body(void)
{
    struct pg_conn *plain;
    int64_t before, after;

    open_both();
    OK(journal_free_connections(journal, &before, &err));
    ck_assert_int_gt(before, 0);
    plain = open_as("plain");
    OK(journal_free_connections(journal, &after, &err));
    ck_assert_int_eq(after, before - 1);
    run_sql(
        arena_printf(&arena, "ALTER DATABASE %s CONNECTION LIMIT 4", database));
    OK(journal_free_connections(journal, &after, &err));
    ck_assert_int_eq(after, 1);
    pg_close(plain);
    close_both();
}

START_TEST(free_connections_are_counted)
{
    pg_task_run(free_body);
}

END_TEST

static void
use_journal(void *ctx)
{
    for (int i = 0; i < 20; i++) {
        struct run_ref run = begin_run("orders", RUN_FULL);

        OK(journal_run_status(journal, &run, RUN_POLLING, &err));
        finish_run(run, RUN_FAILED);
    }
    ++*(int *)ctx;
}

static void
turns_body(void)
{
    struct pg_conn *borrowed;
    int done = 0;

    open_both();
    for (int i = 0; i < 10; i++)
        task_spawn("user", use_journal, &done);
    OK(journal_borrow(journal, &borrowed, &err));
    ck_assert_ptr_eq(borrowed, conn);
    OK(pg_exec(borrowed, "SELECT pg_sleep(0.2)", 0, NULL, NULL, &err));
    ck_assert_int_eq(done, 0);
    journal_give_back(journal);
    while (done < 10)
        task_sleep_until(clock_after_ms(10));
    ck_assert_str_eq(ask("SELECT count(*) FROM bulkpg.run"), "200");
    close_both();
}

START_TEST(tasks_take_turns_on_the_connection)
{
    pg_task_run(turns_body);
}

END_TEST

START_TEST(names_are_the_values_in_the_table)
{
    ck_assert_str_eq(run_mode_name(RUN_REPLAY), "replay");
    ck_assert_str_eq(run_status_name(RUN_LOADED_WITH_REJECTS),
                     "loaded_with_rejects");
    ck_assert_str_eq(run_status_name(RUN_CANCELED), "canceled");
    ck_assert(run_status_is_final(RUN_FAILED));
    ck_assert(!run_status_is_final(RUN_INTERRUPTED));
}

END_TEST

static Suite *
journal_suite(void)
{
    Suite *suite = suite_create("journal");
    TCase *tests = tcase_create("journal");

    tcase_add_test(tests, eight_processes_create_it_at_once);
    tcase_add_test(tests, eight_tasks_create_it_at_once);
    tcase_add_test(tests, journal_of_a_newer_program_is_left_alone);
    tcase_add_test(tests, journal_of_an_older_program_is_migrated);
    tcase_add_test(tests, only_the_owner_can_migrate_the_journal);
    tcase_add_test(tests, columns_that_version_1_did_not_record_are_found);
    tcase_add_test(tests, missing_right_names_the_grant);
    tcase_add_test(tests, readers_can_read_the_journal);
    tcase_add_test(tests, the_server_can_prepare_every_statement);
    tcase_add_test(tests, every_table_has_a_comment);
    tcase_add_test(tests, only_one_process_has_a_claim);
    tcase_add_test(tests, a_process_waits_for_a_claim);
    tcase_add_test(tests, a_claim_ends_with_its_connection);
    tcase_add_test(tests, claims_are_taken_again_on_a_new_connection);
    tcase_add_test(tests, a_claim_can_be_released_while_claims_are_taken_again);
    tcase_add_test(tests, a_run_is_recorded_from_its_beginning_to_its_end);
    tcase_add_test(tests, text_that_is_not_utf8_is_repaired);
    tcase_add_test(tests, a_canceled_run_cannot_be_changed);
    tcase_add_test(tests, runs_are_selected_by_filter);
    tcase_add_test(tests, a_run_begins_with_its_first_operation);
    tcase_add_test(tests, unfinished_run_without_its_claim_is_abandoned);
    tcase_add_test(tests, a_job_without_a_run_has_a_row);
    tcase_add_test(tests, many_jobs_without_a_run_take_few_statements);
    tcase_add_test(tests, a_runs_counts_are_the_sums_of_its_operations);
    tcase_add_test(tests, operations_that_a_run_left_are_listed);
    tcase_add_test(tests, rejects_are_saved_unchanged);
    tcase_add_test(tests, a_merge_commits_its_record_with_its_rows);
    tcase_add_test(tests, the_fence_prevents_two_merges_of_one_run);
    tcase_add_test(tests, the_watermark_moves_forward_without_gaps);
    tcase_add_test(tests, relations_list_the_tables_of_bulkpg);
    tcase_add_test(tests, the_details_of_a_store_are_saved);
    tcase_add_test(tests, types_are_cached);
    tcase_add_test(tests, old_runs_are_deleted_except_those_still_needed);
    tcase_add_test(tests, free_connections_are_counted);
    tcase_add_test(tests, tasks_take_turns_on_the_connection);
    tcase_add_test(tests, names_are_the_values_in_the_table);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run_with_cluster(journal_suite());
}
