/* run: each state of a run, and what happens next. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "journal/claim.h"
#include "journal/merge.h"
#include "journal/operation.h"
#include "run/run.h"
#include "scripted/job.h"
#include "scripted/lines.h"
#include "support/cluster.h"
#include "support/pg_task.h"
#include "support/suite.h"

#define QUERY       "{ products { edges { node { id title } } } }"
#define OTHER_QUERY "{ products { edges { node { id vendor } } } }"
#define LINE(id)                                 \
    "{\"id\":\"gid://shopify/Product/" #id "\"," \
    "\"title\":\"t\",\"vendor\":\"v\"}\n"

static struct scripted_job job;
static const char *database;

/* ---- an origin that records the calls of its functions ------------------- */

static struct script {
    struct origin origin;
    struct scripted_lines lines;
    struct source *source;
    enum origin_left left; /* what find() finds */
    struct err failing;    /* wait() fails with this error, once */
    void (*at_wait)(void); /* wait() calls this function, once */
    char calls[256];       /* "begin wait …" */
} script;

static void
note(const char *call)
{
    strcat(strcat(script.calls, script.calls[0] != '\0' ? " " : ""), call);
}

static bool
find(struct origin *origin, const struct journal_run *last,
     enum origin_left *left, struct err *err)
{
    (void)origin, (void)err;
    ck_assert_int_gt(last->ref.run_id, 0);
    note("find");
    *left = script.left;
    return true;
}

/* Adds an operation, because a run without one cannot be resumed. */
static bool
begin(struct origin *origin, const struct origin_run *run, struct err *err)
{
    struct journal_operation row = {.run_id = run->ref.run_id,
                                    .n = 1,
                                    .attempt = 1 + run->ref.resumed,
                                    .query = "q",
                                    .object_count = -1,
                                    .root_object_count = -1,
                                    .file_size = -1,
                                    .lines = -1,
                                    .bytes = -1};

    (void)origin;
    note("begin");
    return journal_operation_add(job.context.journal, &run->ref, &row, err);
}

static bool
resume(struct origin *origin, const struct origin_run *run, struct err *err)
{
    (void)origin, (void)err;
    ck_assert_int_gt(run->ref.resumed, 0);
    note("resume");
    return true;
}

static bool
wait_for_lines(struct origin *origin, struct err *err)
{
    void (*at_wait)(void) = script.at_wait;

    note("wait");
    script.at_wait = NULL;
    if (at_wait != NULL)
        at_wait();
    if (script.failing.kind != ERR_NONE) {
        *err = script.failing;
        script.failing.kind = ERR_NONE;
        return false;
    }
    script.source = &script.lines.source;
    origin->sources = &script.source;
    origin->source_count = 1;
    return true;
}

static bool
took(struct origin *origin, int n, int64_t lines, int64_t bytes,
     struct err *err)
{
    (void)origin, (void)lines, (void)bytes, (void)err;
    ck_assert_int_eq(n, 0);
    note("took");
    return true;
}

static void
renew(struct origin *origin, int n, bool again)
{
    (void)origin;
    ck_assert_int_eq(n, 0);
    note(again ? "renew-again" : "renew");
}

static bool
clear(struct origin *origin, int64_t keep_run_id, struct err *err)
{
    (void)origin, (void)err;
    note(keep_run_id != 0 ? "clear-others" : "clear");
    return true;
}

static void
give_up(struct origin *origin)
{
    (void)origin;
    note("give-up");
}

static void
end_origin(struct origin *origin)
{
    origin->source_count = 0;
    note("free");
}

static void
write_script(bool is_replay)
{
    static const struct origin_ops ops = {.find = find,
                                          .begin = begin,
                                          .resume = resume,
                                          .wait = wait_for_lines,
                                          .took = took,
                                          .renew = renew,
                                          .clear = clear,
                                          .give_up = give_up,
                                          .free = end_origin};

    script = (struct script){
        .origin = {.ops = &ops, .is_replay = is_replay, .least_roots = -1}};
    scripted_lines_init(&script.lines, LINE(1) LINE(2));
}

/* ---- running ------------------------------------------------------------- */

static void
open_job(void)
{
    database = cluster_database("");
    scripted_job_open(&job, database, QUERY);
    write_script(false);
}

static void
run(void)
{
    script.calls[0] = '\0';
    run_job(&job.job, &script.origin);
}

static void
run_again(void)
{
    scripted_job_again(&job);
    run();
}

static void
fail_with(enum err_kind kind)
{
    err_set(&script.failing, MSG_WRONG_LINES, "as scripted");
    err_as(&script.failing, kind);
}

static void
says(const char *sql, const char *text)
{
    ck_assert_str_eq(scripted_job_ask(&job, sql), text);
}

/* All runs, oldest first: "loaded failed:CODE". */
static void
runs_are(const char *text)
{
    says("SELECT string_agg(concat_ws(':', status, error_code), ' ' "
         "ORDER BY run_id) FROM bulkpg.run",
         text);
}

static void
rows_are(const char *count)
{
    says("SELECT count(*) FROM acme.products", count);
}

#define LIFE_TEST(name)            \
    static void name##_body(void); \
    static void name##_task(void)  \
    {                              \
        open_job();                \
        name##_body();             \
        scripted_job_close(&job);  \
    }                              \
    START_TEST(name)               \
    {                              \
        pg_task_run(name##_task);  \
    }                              \
    END_TEST                       \
    static void name##_body(void)

/* ---- runs that load ------------------------------------------------------ */

LIFE_TEST(a_run_begins_waits_and_loads)
{
    run();
    ck_assert_str_eq(script.calls, "begin wait took free");
    ck_assert(job.job.is_loaded);
    ck_assert_int_eq(job.job.status, 0);
    ck_assert_uint_eq(job.job.table_count, 1);
    runs_are("loaded");
    rows_are("2");
}

LIFE_TEST(the_job_can_run_again)
{
    run();
    run_again();
    ck_assert_str_eq(script.calls, "clear begin wait took free");
    runs_are("loaded loaded");
}

LIFE_TEST(a_rejected_line_changes_the_status)
{
    scripted_lines_init(&script.lines, LINE(1) "{\"id\":7}\n");
    run();
    runs_are("loaded_with_rejects");
    ck_assert_int_ne(job.job.status, 0);
    ck_assert_int_eq(job.job.rejects, 1);
    says("SELECT count(*) FROM bulkpg.reject", "1");
    rows_are("1");
}

/* ---- dry runs ------------------------------------------------------------ */

static void
run_dry(const char *lines)
{
    scripted_job_again(&job);
    scripted_lines_init(&script.lines, lines);
    job.options.dry_run = true;
    run();
    job.options.dry_run = false;
}

LIFE_TEST(a_first_dry_run_asks_for_nothing)
{
    run_dry(LINE(1));
    ck_assert_str_eq(script.calls, "free");
    ck_assert(job.job.is_dry && !job.job.is_loaded);
    ck_assert_ptr_nonnull(job.job.ddl);
    ck_assert_str_eq(job.job.ddl[0], "CREATE SCHEMA \"acme\";\n");
    ck_assert_ptr_nonnull(strstr(job.job.ddl[1], "CREATE TABLE"));
    ck_assert_ptr_null(job.job.ddl[2]);
    ck_assert_int_eq(job.job.status, 0);
    runs_are("dry");
    says("SELECT count(*) FROM pg_namespace WHERE nspname = 'acme'", "0");
}

LIFE_TEST(a_dry_run_changes_nothing)
{
    run();
    run_dry(LINE(2) LINE(3) "{\"id\":7}\n");
    ck_assert_str_eq(script.calls, "begin wait took free");
    ck_assert(job.job.is_dry);
    ck_assert_int_eq(job.job.tables[0].inserted, 1);
    ck_assert_str_eq(job.job.tables[0].shown_inserted, "3");
    ck_assert_int_eq(job.job.rejects, 1);
    ck_assert_int_eq(job.job.status, 65);
    runs_are("loaded dry");
    says("SELECT string_agg(id::text, ' ') FROM acme.products", "1 2");
    says("SELECT count(*) FROM pg_class WHERE relname LIKE '\\_stage%'", "0");
}

LIFE_TEST(a_dry_run_that_fails_keeps_its_status)
{
    run();
    fail_with(ERR_LATER);
    run_dry(LINE(1));
    ck_assert_str_eq(script.calls, "begin wait give-up free");
    runs_are("loaded dry:WRONG_LINES");
    run_again();
    ck_assert_str_eq(script.calls, "clear begin wait took free");
}

LIFE_TEST(a_dry_run_leaves_an_interrupted_run_alone)
{
    run();
    fail_with(ERR_LATER);
    run_again();
    runs_are("loaded interrupted:WRONG_LINES");
    script.left = ORIGIN_ASKED;
    run_dry(LINE(1) LINE(2));
    ck_assert_str_eq(script.calls, "begin wait took free");
    runs_are("loaded interrupted:WRONG_LINES dry");
    scripted_lines_init(&script.lines, LINE(1) LINE(2));
    run_again();
    ck_assert_str_eq(script.calls, "find clear-others resume wait took free");
    runs_are("loaded loaded dry");
}

/* ---- jobs that do not begin a run ---------------------------------------- */

LIFE_TEST(a_job_that_is_not_due_is_skipped)
{
    run();
    job.options.older_than_ms = INT64_C(3600000);
    run_again();
    ck_assert_str_eq(script.calls, "free");
    ck_assert_int_eq(job.job.err.kind, ERR_NONE);
    ck_assert(!job.job.is_loaded);
    runs_are("loaded");
}

/* With --older-than, because the other process does the work. */
LIFE_TEST(a_job_that_another_process_runs_is_skipped)
{
    struct scripted_job other;
    struct err err;

    scripted_job_open(&other, database, QUERY);
    ck_assert(
        journal_claim(other.context.journal, "acme", "products", 0, &err));
    job.options.older_than_ms = INT64_C(3600000);
    run();
    ck_assert_str_eq(script.calls, "free");
    ck_assert_int_eq(job.job.err.kind, ERR_NONE);
    scripted_job_close(&other);
    run_again();
    runs_are("loaded");
}

LIFE_TEST(a_table_in_the_way_is_found_before_the_run_begins)
{
    says("CREATE SCHEMA acme", "");
    says("CREATE TABLE acme.products (id bigint PRIMARY KEY)", "");
    run();
    ck_assert_str_eq(script.calls, "free");
    ck_assert_int_eq(job.job.err.kind, ERR_CONFIG);
    runs_are("");
}

/* ---- failures ------------------------------------------------------------ */

LIFE_TEST(a_run_that_fails_for_good_gives_up_its_origin)
{
    fail_with(ERR_FAILED);
    run();
    ck_assert_str_eq(script.calls, "begin wait give-up free");
    ck_assert_str_eq(job.job.err.code, "WRONG_LINES");
    ck_assert(!job.job.is_loaded);
    runs_are("failed:WRONG_LINES");
    says("SELECT notes->>'remedy' IS NOT NULL FROM bulkpg.run", "t");
    run_again();
    ck_assert_str_eq(script.calls, "clear begin wait took free");
    runs_are("failed:WRONG_LINES loaded");
}

static const enum err_kind passing[] = {ERR_STOPPED, ERR_LATER, ERR_TRANSIENT};

static int row;

static void
interrupt(void)
{
    open_job();
    fail_with(passing[row]);
    script.left = ORIGIN_ASKED;
    run();
    ck_assert_str_eq(script.calls, "begin wait free");
    runs_are("interrupted:WRONG_LINES");
    run_again();
    ck_assert_str_eq(script.calls, "find clear-others resume wait took free");
    runs_are("loaded");
    says("SELECT resumed FROM bulkpg.run", "1");
    rows_are("2");
    scripted_job_close(&job);
}

START_TEST(an_interrupted_run_is_resumed)
{
    row = _i;
    pg_task_run(interrupt);
}

END_TEST

static void
interrupt_first_run(enum origin_left left)
{
    fail_with(ERR_LATER);
    run();
    script.left = left;
}

LIFE_TEST(a_resumed_run_that_submitted_nothing_begins)
{
    interrupt_first_run(ORIGIN_UNASKED);
    run_again();
    ck_assert_str_eq(script.calls, "find clear-others begin wait took free");
    runs_are("loaded");
}

LIFE_TEST(a_run_that_left_nothing_is_superseded)
{
    interrupt_first_run(ORIGIN_NOTHING);
    run_again();
    ck_assert_str_eq(script.calls, "find clear begin wait took free");
    runs_are("failed:SUPERSEDED loaded");
}

LIFE_TEST(a_run_of_another_query_is_superseded)
{
    interrupt_first_run(ORIGIN_ASKED);
    job.file.text = span_str(OTHER_QUERY);
    run_again();
    ck_assert_str_eq(script.calls, "clear begin wait took free");
    runs_are("failed:SUPERSEDED loaded");
}

/* ---- other processes ----------------------------------------------------- */

static void
take_over(void)
{
    says("UPDATE bulkpg.run SET resumed = resumed + 1", "");
}

LIFE_TEST(a_run_that_was_taken_over_is_left_alone)
{
    script.at_wait = take_over;
    run();
    ck_assert_str_eq(job.job.err.code, "TAKEN_OVER");
    ck_assert(!job.job.is_loaded);
    runs_are("submitting");
}

static void
cancel(void)
{
    says("UPDATE bulkpg.run SET status = 'canceled', "
         "finished_at = now()",
         "");
}

LIFE_TEST(a_canceled_run_writes_nothing)
{
    script.at_wait = cancel;
    run();
    ck_assert_str_eq(job.job.err.code, "CANCELED");
    runs_are("canceled");
    says("SELECT to_regclass('acme.products') IS NULL", "t");
}

static void
lose_connection(void)
{
    says("SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity "
         "WHERE application_name = 'bulkpg control' "
         "AND datname = current_database()",
         "t");
}

LIFE_TEST(a_run_is_resumed_after_the_connection_was_lost)
{
    script.at_wait = lose_connection;
    script.left = ORIGIN_ASKED;
    run();
    ck_assert_str_eq(script.calls, "begin wait free "
                                   "find clear-others resume wait took free");
    ck_assert_msg(job.job.is_loaded, "%s", job.job.err.message);
    runs_are("loaded");
    rows_are("2");
}

/* ---- URLs ---------------------------------------------------------------- */

static struct err lapsed;

static void
lapse(void)
{
    err_set(&lapsed, MSG_URL_LAPSED, "as scripted");
    script.lines.failing = &lapsed;
}

LIFE_TEST(an_expired_url_is_renewed)
{
    script.at_wait = lapse;
    run();
    ck_assert_str_eq(script.calls, "begin wait renew wait took free");
    runs_are("loaded");
}

static void
lapse_each_time(void)
{
    lapse();
    script.at_wait = lapse_each_time;
}

LIFE_TEST(a_url_that_expires_each_time_ends_the_run)
{
    script.at_wait = lapse_each_time;
    run();
    ck_assert_str_eq(script.calls,
                     "begin wait renew wait renew-again wait free");
    runs_are("interrupted:URL_LAPSED");
}

/* ---- replays ------------------------------------------------------------- */

LIFE_TEST(a_replay_is_never_resumed)
{
    write_script(true);
    fail_with(ERR_LATER);
    script.left = ORIGIN_ASKED;
    run();
    runs_are("failed:WRONG_LINES");
    run_again();
    ck_assert_str_eq(script.calls, "clear begin wait took free");
    runs_are("failed:WRONG_LINES loaded");
    says("SELECT string_agg(DISTINCT mode, ' ') FROM bulkpg.run", "replay");
}

LIFE_TEST(a_replay_does_not_restart_automatically)
{
    write_script(true);
    script.at_wait = lose_connection;
    run();
    ck_assert(!job.job.is_loaded);
    ck_assert_ptr_nonnull(strstr(script.calls, "begin wait"));
    ck_assert_ptr_null(strstr(script.calls, "free begin"));
}

static Suite *
run_suite(void)
{
    Suite *suite = suite_create("run");
    TCase *life = tcase_create("life");
    TCase *failures = tcase_create("failures");

    tcase_add_test(life, a_run_begins_waits_and_loads);
    tcase_add_test(life, the_job_can_run_again);
    tcase_add_test(life, a_rejected_line_changes_the_status);
    tcase_add_test(life, a_first_dry_run_asks_for_nothing);
    tcase_add_test(life, a_dry_run_changes_nothing);
    tcase_add_test(life, a_dry_run_that_fails_keeps_its_status);
    tcase_add_test(life, a_dry_run_leaves_an_interrupted_run_alone);
    tcase_add_test(life, a_job_that_is_not_due_is_skipped);
    tcase_add_test(life, a_job_that_another_process_runs_is_skipped);
    tcase_add_test(life, a_table_in_the_way_is_found_before_the_run_begins);
    tcase_add_test(life, an_expired_url_is_renewed);
    suite_add_tcase(suite, life);
    tcase_add_test(failures, a_run_that_fails_for_good_gives_up_its_origin);
    tcase_add_loop_test(failures, an_interrupted_run_is_resumed, 0,
                        COUNT(passing));
    tcase_add_test(failures, a_resumed_run_that_submitted_nothing_begins);
    tcase_add_test(failures, a_run_that_left_nothing_is_superseded);
    tcase_add_test(failures, a_run_of_another_query_is_superseded);
    tcase_add_test(failures, a_run_that_was_taken_over_is_left_alone);
    tcase_add_test(failures, a_canceled_run_writes_nothing);
    tcase_add_test(failures, a_run_is_resumed_after_the_connection_was_lost);
    tcase_add_test(failures, a_url_that_expires_each_time_ends_the_run);
    tcase_add_test(failures, a_replay_is_never_resumed);
    tcase_add_test(failures, a_replay_does_not_restart_automatically);
    suite_add_tcase(suite, failures);
    return suite;
}

int
main(void)
{
    return suite_run_with_cluster(run_suite());
}
