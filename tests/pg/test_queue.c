/* queue: statements that are sent together, and their answers. */
#include <check.h>
#include <string.h>

#include "base/task.h"
#include "pg/pipe.h"
#include "pg/queue.h"
#include "support/cluster.h"
#include "support/pg_task.h"
#include "support/suite.h"

enum { MANY = 300000 };

static struct err err;

static struct pg_conn *
open_conn(void)
{
    struct pg_config config = {.dsn = cluster_dsn(),
                               .application_name = "test_queue"};

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
answers_body(void)
{
    struct pg_conn *conn = open_conn();
    const char *values[] = {"a", NULL};
    struct pg_result *result, *joined;
    int64_t affected = -1, number = -1;

    ck_assert(pg_settle(conn, &err)); /* nothing is queued */
    pg_queue_script(conn,
                    "CREATE TEMP TABLE t (n int);"
                    "INSERT INTO t SELECT generate_series(1, 3)",
                    NULL);
    pg_queue(conn, "UPDATE t SET n = n + 10 WHERE n > 1", 0, NULL,
             &(struct pg_answer){.affected = &affected});
    pg_queue(conn, "SELECT sum(n) FROM t", 0, NULL,
             &(struct pg_answer){.number = &number});
    pg_queue(conn, "SELECT $1::text, $2::text IS NULL", 2, values,
             &(struct pg_answer){.result = &result});
    values[0] = "changed later";
    ck_assert(
        pg_exec(conn, "SELECT n FROM t ORDER BY n", 0, NULL, &joined, &err));
    ck_assert_int_eq(affected, 2);
    ck_assert_int_eq(number, 26);
    ck_assert_str_eq(pg_text(result, 0, 0), "a");
    ck_assert(pg_bool(result, 0, 1));
    ck_assert_int_eq(pg_rows(joined), 3);
    pg_result_free(result);
    pg_result_free(joined);
    pg_close(conn);
}

START_TEST(each_statement_has_its_own_answer)
{
    pg_task_run(answers_body);
}

END_TEST

static void
failure_body(void)
{
    struct pg_conn *conn = open_conn();
    int64_t before = -1, after = -1;

    pg_queue(conn, "SELECT 1", 0, NULL, &(struct pg_answer){.number = &before});
    pg_queue(conn, "SELECT 1 / 0", 0, NULL,
             &(struct pg_answer){.doing = "dividing"});
    pg_queue(conn, "SELECT 2", 0, NULL, &(struct pg_answer){.number = &after});
    ck_assert(!pg_settle(conn, &err));
    ck_assert_str_eq(err.code, "22012");
    ck_assert_str_eq(err.message, "dividing: division by zero");
    ck_assert_int_eq(before, 1);
    ck_assert_int_eq(after, -1);
    ck_assert(pg_settle(conn, &err)); /* the queue is empty again */
    ck_assert_int_eq(ask(conn, "SELECT 3"), 3);
    pg_close(conn);
}

START_TEST(a_failure_names_its_statement_and_skips_the_rest)
{
    pg_task_run(failure_body);
}

END_TEST

static void
sync_body(void)
{
    struct pg_conn *conn = open_conn();
    struct pg_result *result = NULL;
    int64_t after = -1;

    ck_assert(pg_script(conn, "CREATE TEMP TABLE t (n int)", &err));
    pg_queue_sync(conn); /* of nothing */
    pg_queue(conn, "INSERT INTO t VALUES (1)", 0, NULL, NULL);
    pg_queue_sync(conn);
    pg_queue(conn, "INSERT INTO t VALUES (2)", 0, NULL, NULL);
    pg_queue(conn, "SELECT 1 / 0", 0, NULL,
             &(struct pg_answer){.result = &result});
    pg_queue_sync(conn);
    pg_queue(conn, "SELECT sum(n) FROM t", 0, NULL,
             &(struct pg_answer){.number = &after});
    ck_assert(!pg_settle(conn, &err));
    ck_assert_str_eq(err.code, "22012");
    ck_assert_ptr_null(result);
    ck_assert_int_eq(after, 1);
    pg_close(conn);
}

START_TEST(a_sync_ends_what_a_failure_undoes)
{
    pg_task_run(sync_body);
}

END_TEST

static void
begin_body(void)
{
    struct pg_conn *conn = open_conn();

    ck_assert(pg_script(conn, "CREATE TEMP TABLE t (n int)", &err));
    ck_assert(pg_begin(conn, &err));
    pg_rollback(conn); /* before anything was sent */
    ck_assert_int_eq(ask(conn, "SELECT count(*) FROM t"), 0);

    ck_assert(pg_begin(conn, &err));
    ck_assert(pg_script(conn, "INSERT INTO t VALUES (1); SELECT 1", &err));
    pg_rollback(conn);
    ck_assert_int_eq(ask(conn, "SELECT count(*) FROM t"), 0);

    ck_assert(pg_begin(conn, &err));
    pg_queue(conn, "INSERT INTO t VALUES (1)", 0, NULL, NULL);
    ck_assert(pg_commit(conn, &err));
    ck_assert_int_eq(ask(conn, "SELECT count(*) FROM t"), 1);

    ck_assert(pg_begin(conn, &err));
    pg_queue(conn, "SELECT 1 / 0", 0, NULL, NULL);
    ck_assert(!pg_commit(conn, &err));
    ck_assert_str_eq(err.code, "22012");
    pg_rollback(conn);
    ck_assert_int_eq(ask(conn, "SELECT count(*) FROM t"), 1);
    pg_close(conn);
}

START_TEST(a_transaction_begins_with_its_first_statement)
{
    pg_task_run(begin_body);
}

END_TEST

static void
ahead_body(void)
{
    struct pg_conn *conn = open_conn();
    const char *one[] = {"1"}, *two[] = {"2"};
    const char *sql = "SELECT count(*) + $1 FROM t";
    struct pg_result *result;
    int owner, other;

    ck_assert(pg_script(conn, "CREATE TEMP TABLE t (n int)", &err));
    pg_ask_ahead(conn, &owner, sql, 1, one);
    pg_ask_ahead(conn, &owner, "SELECT 1 / $1", 1, (const char *[]){"0"});
    pg_ask_ahead(conn, &other, sql, 1, two);
    pg_queue(conn, "INSERT INTO t VALUES (1)", 0, NULL, NULL);
    ck_assert(pg_exec(conn, sql, 1, one, &result, &err));
    ck_assert_int_eq(pg_int64(result, 0, 0), 1); /* before the INSERT */
    pg_result_free(result);
    ck_assert(pg_exec(conn, sql, 1, one, &result, &err)); /* asks again */
    ck_assert_int_eq(pg_int64(result, 0, 0), 2);
    pg_result_free(result);
    ck_assert(!pg_exec(conn, "SELECT 1 / $1", 1, (const char *[]){"0"}, &result,
                       &err));
    ck_assert_str_eq(err.code, "22012");
    pg_forget_ahead(conn, &other);
    ck_assert(pg_exec(conn, sql, 1, two, &result, &err));
    ck_assert_int_eq(pg_int64(result, 0, 0), 3);
    pg_result_free(result);
    pg_ask_ahead(conn, &owner, sql, 1, one);
    pg_forget_ahead(conn, &owner); /* before it was sent */
    ck_assert(pg_settle(conn, &err));
    pg_ask_ahead(conn, &owner, sql, 1, one); /* never taken */
    pg_close(conn);
}

START_TEST(an_answer_that_was_asked_ahead_is_taken_once)
{
    pg_task_run(ahead_body);
}

END_TEST

static void
later_body(void)
{
    struct pg_config config = {.dsn = cluster_dsn(),
                               .application_name = "test_queue",
                               .sets_up_later = true};
    struct pg_conn *conn;

    ck_assert(pg_connect(&config, &conn, &err));
    ck_assert_int_eq(ask(conn, "SELECT 1 WHERE current_setting('search_path') "
                               "= 'pg_catalog'"),
                     1);
    pg_close(conn);
}

START_TEST(a_session_is_set_up_with_its_first_statement)
{
    pg_task_run(later_body);
}

END_TEST

static void
prepare_body(void)
{
    struct pg_conn *conn = open_conn();

    pg_queue_prepare(conn, "one", "SELECT $1", 23);
    ck_assert(pg_prepare(conn, "two", "SELECT 2", 0, &err));
    ck_assert_int_eq(ask(conn, "EXECUTE one (1)"), 1);
    ck_assert_int_eq(ask(conn, "EXECUTE two"), 2);
    pg_close(conn);
}

START_TEST(statements_are_prepared_together)
{
    pg_task_run(prepare_body);
}

END_TEST

/* ---- numbers, row by row ------------------------------------------------ */

struct taken {
    int64_t rows;
    int64_t nulls;
    int64_t sum;
};

static void
take(void *ctx, const int64_t *number)
{
    struct taken *taken = ctx;

    taken->rows++;
    taken->nulls += number == NULL;
    taken->sum += number != NULL ? *number : 0;
}

static void
queue_numbers(struct pg_conn *conn, const char *sql, struct taken *taken)
{
    *taken = (struct taken){0};
    pg_queue(conn, sql, 0, NULL,
             &(struct pg_answer){.on_number = take, .ctx = taken});
}

static void
check_taken(const struct taken *taken, int64_t rows, int64_t nulls, int64_t sum)
{
    ck_assert_int_eq(taken->rows, rows);
    ck_assert_int_eq(taken->nulls, nulls);
    ck_assert_int_eq(taken->sum, sum);
}

static void
rows_body(void)
{
    struct pg_conn *conn = open_conn();
    struct taken many, none, nulls, ends;
    int64_t before = 0, between = 0;

    pg_queue(conn, "SELECT 5", 0, NULL, &(struct pg_answer){.number = &before});
    queue_numbers(conn, "SELECT n::bigint FROM generate_series(1, 300000) AS n",
                  &many);
    queue_numbers(conn, "SELECT 1::bigint WHERE false", &none);
    pg_queue(conn, "SELECT 6", 0, NULL,
             &(struct pg_answer){.number = &between});
    pg_queue_sync(conn);
    queue_numbers(conn,
                  "SELECT nullif(n, 2)::bigint FROM generate_series(1, 3) n",
                  &nulls);
    queue_numbers(conn,
                  "SELECT unnest('{-9223372036854775808,"
                  "9223372036854775807}'::bigint[])",
                  &ends);
    ck_assert_msg(pg_settle(conn, &err), "%s", err.message);
    check_taken(&many, MANY, 0, (int64_t)MANY * (MANY + 1) / 2);
    check_taken(&none, 0, 0, 0);
    check_taken(&nulls, 3, 1, 4);
    check_taken(&ends, 2, 0, -1);
    ck_assert_int_eq(before, 5);
    ck_assert_int_eq(between, 6);
    pg_close(conn);
}

START_TEST(every_row_of_each_statement_is_taken)
{
    pg_task_run(rows_body);
}

END_TEST

/* The session is used on, but not in the transaction. */
static void
rows_failure_body(void)
{
    struct pg_conn *conn = open_conn();
    struct taken some, skipped;

    ck_assert(pg_begin(conn, &err));
    queue_numbers(conn,
                  "SELECT 1 / (1000 - n)::bigint "
                  "FROM generate_series(1, 2000) AS n",
                  &some);
    queue_numbers(conn, "SELECT 1::bigint", &skipped);
    ck_assert(!pg_settle(conn, &err));
    ck_assert_str_eq(err.code, "22012");
    check_taken(&skipped, 0, 0, 0);
    queue_numbers(conn, "SELECT 1::bigint", &skipped);
    ck_assert(!pg_settle(conn, &err));
    ck_assert_str_eq(err.code, "25P02");
    pg_rollback(conn);
    queue_numbers(conn, "SELECT 7::bigint", &some);
    ck_assert(pg_settle(conn, &err));
    check_taken(&some, 1, 0, 7);
    pg_close(conn);
}

START_TEST(rows_that_fail_leave_the_session_usable)
{
    pg_task_run(rows_failure_body);
}

END_TEST

static const char *const other_rows[] = {"SELECT 'abc'",
                                         "SELECT 1::bigint, 2::bigint",
                                         "SELECT 1::integer", "SELECT"};

static int test;

static void
other_body(void)
{
    struct pg_conn *conn = open_conn();
    struct taken taken;

    queue_numbers(conn, other_rows[test], &taken);
    ck_assert(!pg_settle(conn, &err));
    ck_assert_str_eq(err.code, "08P01");
    ck_assert(!pg_is_alive(conn));
    queue_numbers(conn, "SELECT 1::bigint", &taken);
    ck_assert(!pg_settle(conn, &err));
    ck_assert_str_eq(err.code, "08006");
    check_taken(&taken, 0, 0, 0);
    pg_close(conn);
}

START_TEST(other_rows_are_not_numbers)
{
    test = _i;
    pg_task_run(other_body);
}

END_TEST

/* At the first row, so that the server surely executes the statement. */
static void
take_and_stop(void *ctx, const int64_t *number)
{
    struct taken *taken = ctx;

    if (taken->rows == 0)
        tasks_stop();
    take(taken, number);
}

static void
rows_stop_body(void)
{
    struct pg_conn *conn = open_conn();
    struct taken taken = {0};

    pg_queue(conn, "SELECT generate_series(1, 1000000000000)", 0, NULL,
             &(struct pg_answer){.on_number = take_and_stop, .ctx = &taken});
    ck_assert(!pg_settle(conn, &err));
    ck_assert_int_eq(err.kind, ERR_STOPPED);
    ck_assert(pg_is_alive(conn));
    pg_close(conn);
}

START_TEST(a_stop_ends_the_rows)
{
    pg_task_run(rows_stop_body);
}

END_TEST

static TCase *
numbers(void)
{
    TCase *tests = tcase_create("numbers");

    tcase_add_test(tests, every_row_of_each_statement_is_taken);
    tcase_add_test(tests, rows_that_fail_leave_the_session_usable);
    tcase_add_loop_test(tests, other_rows_are_not_numbers, 0,
                        COUNT(other_rows));
    tcase_add_test(tests, a_stop_ends_the_rows);
    return tests;
}

static Suite *
queue_suite(void)
{
    Suite *suite = suite_create("queue");
    TCase *tests = tcase_create("queue");

    tcase_add_test(tests, each_statement_has_its_own_answer);
    tcase_add_test(tests, a_failure_names_its_statement_and_skips_the_rest);
    tcase_add_test(tests, a_sync_ends_what_a_failure_undoes);
    tcase_add_test(tests, a_transaction_begins_with_its_first_statement);
    tcase_add_test(tests, an_answer_that_was_asked_ahead_is_taken_once);
    tcase_add_test(tests, a_session_is_set_up_with_its_first_statement);
    tcase_add_test(tests, statements_are_prepared_together);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, numbers());
    return suite;
}

int
main(void)
{
    return suite_run_with_cluster(queue_suite());
}
