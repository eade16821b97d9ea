/* pool: a session is used again, as if it were new. */
#include <check.h>
#include <stdio.h>

#include "pg/pipe.h"
#include "pg/pool.h"
#include "pg/queue.h"
#include "support/cluster.h"
#include "support/pg_task.h"
#include "support/suite.h"

static struct err err;

static struct pg_conn *
open_conn(void)
{
    struct pg_config config = {
        .dsn = cluster_dsn(), .application_name = "first", .loader = true};

    return pg_task_connect(&config);
}

static int64_t
ask(struct pg_conn *conn, const char *sql)
{
    struct pg_result *result;
    int64_t number;

    ck_assert_msg(pg_exec(conn, sql, 0, NULL, &result, &err), "%s",
                  err.message);
    number = pg_int64(result, 0, 0);
    pg_result_free(result);
    return number;
}

static void
again_body(void)
{
    struct pg_pool pool = {.count = 0};
    struct pg_conn *conn = open_conn();
    int backend = pg_task_backend(conn);

    ck_assert(pg_prepare(conn, "one", "SELECT 1", 0, &err));
    pg_pool_give(&pool, conn);
    ck_assert_int_eq(pool.count, 1);
    conn = pg_pool_take(&pool, "second");
    ck_assert_ptr_nonnull(conn);
    ck_assert_int_eq(pool.count, 0);
    ck_assert(pg_prepare(conn, "one", "SELECT 2", 0, &err));
    ck_assert_int_eq(pg_task_backend(conn), backend);
    ck_assert_int_eq(ask(conn, "SELECT (current_setting('application_name') = "
                               "'second')::integer"),
                     1);
    ck_assert_int_eq(ask(conn, "SELECT count(*) FROM pg_prepared_statements "
                               "WHERE name = 'one'"),
                     1);
    pg_pool_give(&pool, conn);
    pg_pool_close(&pool);
    ck_assert_int_eq(pool.count, 0);
}

START_TEST(a_session_is_used_again)
{
    pg_task_run(again_body);
}

END_TEST

static void
run(struct pg_conn *conn, const char *sql)
{
    ck_assert_msg(pg_exec(conn, sql, 0, NULL, NULL, &err), "%s", err.message);
}

/* What a user's trigger can leave in the session of a load. */
static void
left_body(void)
{
    struct pg_pool pool = {.count = 0};
    struct pg_conn *conn = open_conn();

    run(conn, "CREATE ROLE trigger_role");
    run(conn, "SELECT set_config('app.tenant', '7', false), "
              "set_config('search_path', 'public', false), "
              "set_config('synchronous_commit', 'on', false)");
    run(conn, "SELECT pg_advisory_lock(4711)");
    run(conn, "CREATE TEMP TABLE left_over (n integer)");
    run(conn, "DECLARE left_open CURSOR WITH HOLD FOR SELECT 1");
    run(conn, "LISTEN left_over");
    run(conn, "SET ROLE trigger_role");
    pg_pool_give(&pool, conn);
    conn = pg_pool_take(&pool, "next");
    ck_assert_ptr_nonnull(conn);
    ck_assert_int_eq(ask(conn, "SELECT (current_user = session_user)::integer"),
                     1);
    ck_assert_int_eq(
        ask(conn, "SELECT (coalesce(current_setting('app.tenant', true), '') "
                  "= '')::integer"),
        1);
    ck_assert_int_eq(ask(conn, "SELECT (current_setting('search_path') || "
                               "current_setting('synchronous_commit') = "
                               "'pg_catalogoff')::integer"),
                     1);
    ck_assert_int_eq(ask(conn, "SELECT count(*) FROM pg_locks WHERE locktype = "
                               "'advisory'"),
                     0);
    ck_assert_int_eq(ask(conn, "SELECT (to_regclass('left_over') IS NULL)"
                               "::integer"),
                     1);
    ck_assert_int_eq(ask(conn, "SELECT count(*) FROM pg_cursors WHERE name = "
                               "'left_open'"),
                     0);
    ck_assert_int_eq(ask(conn, "SELECT count(*) FROM pg_listening_channels()"),
                     0);
    run(conn, "DROP ROLE trigger_role");
    pg_close(conn);
}

START_TEST(nothing_is_left_from_the_use_before)
{
    pg_task_run(left_body);
}

END_TEST

static void
unfit_body(void)
{
    struct pg_pool pool = {.count = 0};
    struct pg_conn *in_transaction = open_conn(), *queued = open_conn();

    ck_assert(pg_begin(in_transaction, &err));
    ck_assert_int_eq(ask(in_transaction, "SELECT 1"), 1);
    pg_pool_give(&pool, in_transaction);
    pg_queue(queued, "SELECT 1", 0, NULL, NULL);
    pg_pool_give(&pool, queued);
    pg_pool_give(&pool, NULL);
    ck_assert_int_eq(pool.count, 0);
    ck_assert_ptr_null(pg_pool_take(&pool, "next"));
}

START_TEST(a_session_that_is_not_clean_is_closed)
{
    pg_task_run(unfit_body);
}

END_TEST

static void
ended_body(void)
{
    struct pg_pool pool = {.count = 0};
    struct pg_conn *killer = open_conn(), *good = open_conn(),
                   *conn = open_conn();
    int backend = pg_task_backend(conn), other = pg_task_backend(good);
    char sql[128];

    pg_pool_give(&pool, good);
    pg_pool_give(&pool, conn);
    snprintf(sql, sizeof(sql), "SELECT pg_terminate_backend(%d, 5000)::integer",
             backend);
    ck_assert_int_eq(ask(killer, sql), 1);
    conn = pg_pool_take(&pool, "next");
    ck_assert_ptr_eq(conn, good);
    ck_assert_int_eq(pg_task_backend(conn), other);
    ck_assert_ptr_null(pg_pool_take(&pool, "next"));
    pg_close(conn);
    pg_close(killer);
}

START_TEST(a_session_that_the_server_ended_is_passed_over)
{
    pg_task_run(ended_body);
}

END_TEST

static void
bounded_body(void)
{
    struct pg_pool pool = {.count = 0};
    struct pg_conn *conn = open_conn();

    for (int i = 1; i < PG_POOL_USES_MOST; i++) {
        pg_pool_give(&pool, conn);
        conn = pg_pool_take(&pool, "again");
        ck_assert_ptr_nonnull(conn);
        ck_assert(pg_settle(conn, &err));
    }
    pg_pool_give(&pool, conn);
    ck_assert_int_eq(pool.count, 0);
    for (int i = 0; i <= PG_POOL_MOST; i++)
        pg_pool_give(&pool, open_conn());
    ck_assert_int_eq(pool.count, PG_POOL_MOST);
    pg_pool_close(&pool);
}

START_TEST(uses_and_waiting_sessions_are_bounded)
{
    pg_task_run(bounded_body);
}

END_TEST

static Suite *
pool_suite(void)
{
    Suite *suite = suite_create("pool");
    TCase *tests = tcase_create("pool");

    tcase_add_test(tests, a_session_is_used_again);
    tcase_add_test(tests, nothing_is_left_from_the_use_before);
    tcase_add_test(tests, a_session_that_is_not_clean_is_closed);
    tcase_add_test(tests, a_session_that_the_server_ended_is_passed_over);
    tcase_add_test(tests, uses_and_waiting_sessions_are_bounded);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run_with_cluster(pool_suite());
}
