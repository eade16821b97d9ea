/* copy: numbers out of a server, in any number. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/task.h"
#include "pg/copy.h"
#include "support/cluster.h"
#include "support/pg_task.h"
#include "support/stop.h"
#include "support/suite.h"

enum { MANY = 300000 };

static struct err err;
static int64_t rows, nulls, sum;

static void
take(void *ctx, const int64_t *number)
{
    (void)ctx;
    rows++;
    nulls += number == NULL;
    sum += number != NULL ? *number : 0;
}

static struct pg_conn *
open_session(void)
{
    struct pg_config config = {.dsn = cluster_dsn()};

    rows = nulls = sum = 0;
    return pg_task_connect(&config);
}

static void
must_copy(struct pg_conn *conn, const char *query)
{
    rows = nulls = sum = 0;
    ck_assert_msg(pg_copy_numbers(conn, query, take, NULL, &err), "%s",
                  err.message);
}

static void
rows_body(void)
{
    struct pg_conn *conn = open_session();

    must_copy(conn, "SELECT n::bigint FROM generate_series(1, 300000) AS n");
    ck_assert_int_eq(rows, MANY);
    ck_assert_int_eq(sum, (int64_t)MANY * (MANY + 1) / 2);
    must_copy(conn, "SELECT 1::bigint WHERE false");
    ck_assert_int_eq(rows, 0);
    must_copy(conn, "SELECT nullif(n, 2)::bigint FROM generate_series(1, 3) n");
    ck_assert_int_eq(rows, 3);
    ck_assert_int_eq(nulls, 1);
    ck_assert_int_eq(sum, 4);
    must_copy(conn, "SELECT unnest('{-9223372036854775808,"
                    "9223372036854775807}'::bigint[])");
    ck_assert_int_eq(sum, -1);
    pg_close(conn);
}

START_TEST(every_row_is_handed_over)
{
    pg_task_run(rows_body);
}

END_TEST

/* The session is used on in the same transaction, but for a failed one. */
static void
failure_body(void)
{
    struct pg_conn *conn = open_session();

    ck_assert(pg_begin(conn, &err));
    must_copy(conn, "SELECT 1::bigint");
    ck_assert(!pg_copy_numbers(conn,
                               "SELECT 1 / (1000 - n)::bigint "
                               "FROM generate_series(1, 2000) AS n",
                               take, NULL, &err));
    ck_assert_str_eq(err.code, "22012");
    ck_assert(!pg_copy_numbers(conn, "SELECT 1::bigint", take, NULL, &err));
    ck_assert_str_eq(err.code, "25P02");
    pg_rollback(conn);
    must_copy(conn, "SELECT 7::bigint");
    ck_assert_int_eq(sum, 7);
    pg_close(conn);
}

START_TEST(a_statement_that_fails_leaves_the_session_usable)
{
    pg_task_run(failure_body);
}

END_TEST

static const char *const other_data[] = {"SELECT 'abc'",
                                         "SELECT 1::bigint, 2::bigint",
                                         "SELECT 1::integer", "SELECT"};

static int test;

static void
other_body(void)
{
    struct pg_conn *conn = open_session();

    ck_assert(!pg_copy_numbers(conn, other_data[test], take, NULL, &err));
    ck_assert_str_eq(err.code, "08P01");
    ck_assert(!pg_is_alive(conn));
    ck_assert(!pg_copy_numbers(conn, "SELECT 1::bigint", take, NULL, &err));
    ck_assert_str_eq(err.code, "08006");
    ck_assert_int_eq(rows, 0);
    pg_close(conn);
}

START_TEST(other_data_is_no_number)
{
    test = _i;
    pg_task_run(other_body);
}

END_TEST

static void
stop_body(void)
{
    struct pg_conn *conn = open_session();

    stop_after_ms(50);
    ck_assert(!pg_copy_numbers(conn,
                               "SELECT n::bigint FROM generate_series(1, "
                               "1000000000000) AS n",
                               take, NULL, &err));
    ck_assert_int_eq(err.kind, ERR_STOPPED);
    ck_assert(pg_is_alive(conn));
    pg_close(conn);
}

START_TEST(a_stop_ends_it)
{
    pg_task_run(stop_body);
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("copy");
    TCase *tests = tcase_create("copy");

    tcase_add_test(tests, every_row_is_handed_over);
    tcase_add_test(tests, a_statement_that_fails_leaves_the_session_usable);
    tcase_add_loop_test(tests, other_data_is_no_number, 0, COUNT(other_data));
    tcase_add_test(tests, a_stop_ends_it);
    suite_add_tcase(suite, tests);
    return suite_run_with_cluster(suite);
}
