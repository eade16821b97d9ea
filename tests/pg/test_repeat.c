/* repeat: statements that a session repeats are prepared, and mean the same. */
#include <check.h>
#include <stdio.h>

#include "pg/queue.h"
#include "pg/repeat.h"
#include "support/cluster.h"
#include "support/pg_task.h"
#include "support/suite.h"

static struct err err;

static struct pg_conn *
open_conn(void)
{
    struct pg_config config = {.dsn = cluster_dsn(),
                               .application_name = "test_repeat",
                               .has_repeats = true};

    return pg_task_connect(&config);
}

static int64_t
ask(struct pg_conn *conn, const char *sql, const char *value)
{
    struct pg_result *result;
    int64_t number;

    ck_assert_msg(
        pg_exec(conn, sql, value != NULL ? 1 : 0, &value, &result, &err), "%s",
        err.message);
    number = pg_int64(result, 0, 0);
    pg_result_free(result);
    return number;
}

static int64_t
count_prepared(struct pg_conn *conn)
{
    return ask(conn,
               "SELECT count(*) FROM pg_prepared_statements WHERE "
               "statement ~ '^SELECT .*length[(][$]1[)]$'",
               NULL);
}

static void
repeated_body(void)
{
    struct pg_conn *conn = open_conn();
    const char *values[] = {"a", "ab", "abc"};

    for (int i = 1; i <= 12; i++) {
        ck_assert_int_eq(ask(conn, "SELECT length($1)", values[i % 3]),
                         i % 3 + 1);
        ck_assert_int_eq(count_prepared(conn), i >= REPEAT_TIMES);
    }
    pg_close(conn);
}

START_TEST(a_repeated_statement_is_prepared)
{
    pg_task_run(repeated_body);
}

END_TEST

static void
others_body(void)
{
    struct pg_conn *conn = open_conn();
    char sql[64];

    for (int i = 0; i < 1000; i++) {
        snprintf(sql, sizeof(sql), "SELECT %d + length($1)", i);
        ck_assert_int_eq(ask(conn, sql, "ab"), i + 2);
    }
    ck_assert_int_eq(count_prepared(conn), 0);
    pg_close(conn);
}

START_TEST(statements_that_differ_are_not)
{
    pg_task_run(others_body);
}

END_TEST

/* In a transaction it could do harm. */
static void
transaction_body(void)
{
    struct pg_conn *conn = open_conn();

    ck_assert(pg_begin(conn, &err));
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(ask(conn, "SELECT length($1)", "ab"), 2);
    ck_assert_int_eq(count_prepared(conn), 0);
    ck_assert(pg_commit(conn, &err));
    ck_assert_int_eq(ask(conn, "SELECT length($1)", "ab"), 2);
    ck_assert_int_eq(count_prepared(conn), 1);
    pg_close(conn);
}

START_TEST(it_waits_for_the_end_of_a_transaction)
{
    pg_task_run(transaction_body);
}

END_TEST

/* One that always fails, and one whose failure ends what follows it. */
static void
failing_body(void)
{
    struct pg_conn *conn = open_conn();

    for (int i = 0; i < 10; i++) {
        const char *value = i < 8 ? "x" : "7";
        struct pg_result *result;

        ck_assert(!pg_exec(conn, "SELECT * FROM nowhere", 0, NULL, NULL, &err));
        ck_assert_str_eq(err.code, "42P01");
        ck_assert(pg_exec(conn, "SELECT $1::text::integer + length('a')", 1,
                          &value, &result, &err) == (i >= 8));
        pg_result_free(result);
    }
    ck_assert_int_eq(ask(conn, "SELECT length($1)", "ab"), 2);
    pg_close(conn);
}

START_TEST(failures_stay_what_they_are)
{
    pg_task_run(failing_body);
}

END_TEST

static Suite *
repeat_suite(void)
{
    Suite *suite = suite_create("repeat");
    TCase *tests = tcase_create("repeat");

    tcase_add_test(tests, a_repeated_statement_is_prepared);
    tcase_add_test(tests, statements_that_differ_are_not);
    tcase_add_test(tests, it_waits_for_the_end_of_a_transaction);
    tcase_add_test(tests, failures_stay_what_they_are);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run_with_cluster(repeat_suite());
}
