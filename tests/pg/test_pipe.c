/* pipe: every batch is reported once and in order, whatever happens. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/task.h"
#include "pg/pipe.h"
#include "support/cluster.h"
#include "support/pg_task.h"
#include "support/suite.h"

enum {
    INT8_ARRAY = 1016,
    INT8 = 20,
    MOST_BATCHES = 8192,
    HEAD_BYTES = 20,
    ELEMENT_BYTES = 12
};

static struct err err;
static struct task_queue told_more;

/* The calls of on_done. Batches are numbered from 1; the number is used as
 * their address. */
static struct {
    size_t count;
    size_t failed;
    size_t next; /* the batch that must come next */
    struct err last;
    bool bad[MOST_BATCHES + 1];
} told;

/* The parameters by batch, which the pipe borrows until the batch is
 * reported. */
static char *borrowed[MOST_BATCHES + 1];

static void
free_borrowed(size_t batch)
{
    free(borrowed[batch]);
    borrowed[batch] = NULL;
}

static void
on_done(void *ctx, void *batch, const struct err *failure)
{
    free_borrowed((size_t)batch);
    ck_assert_ptr_eq(ctx, &told);
    ck_assert_uint_eq((size_t)batch, told.next);
    told.next++;
    told.count++;
    told.bad[(size_t)batch] = failure != NULL;
    if (failure != NULL) {
        told.failed++;
        told.last = *failure;
    }
    task_wake_all(&told_more);
}

static void
setup(void)
{
    memset(&told, 0, sizeof(told));
    told.next = 1;
}

static struct pg_conn *
open_conn(int64_t answer_timeout_ms)
{
    struct pg_config config = {.dsn = cluster_dsn(),
                               .loader = true,
                               .answer_timeout_ms = answer_timeout_ms};

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

/* ---- arrays ------------------------------------------------------------ */

static char *
put_int32(char *to, int32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        *to++ = (char)(((uint32_t)value >> shift) & 0xff);
    return to;
}

/* A binary int8[] of `count` numbers from `first`. The caller frees it. */
static struct span
int8_array(int64_t first, int32_t count)
{
    size_t size = HEAD_BYTES + (size_t)count * ELEMENT_BYTES;
    char *bytes = mem_alloc(size), *to = bytes;

    to = put_int32(to, 1); /* dimensions */
    to = put_int32(to, 0); /* no NULLs */
    to = put_int32(to, INT8);
    to = put_int32(to, count);
    to = put_int32(to, 1); /* lower bound */
    for (int64_t n = first; n < first + count; n++) {
        to = put_int32(to, 8);
        to = put_int32(to, (int32_t)(n >> 32));
        to = put_int32(to, (int32_t)n);
    }
    return span_of(bytes, size);
}

static bool
send_numbers(struct pg_pipe *pipe, size_t batch, int64_t first, int32_t count)
{
    struct span array = int8_array(first, count);

    borrowed[batch] = (char *)array.bytes;
    if (pg_pipe_send(pipe, "load", array, (void *)batch, &err))
        return true;
    free_borrowed(batch);
    return false;
}

static struct pg_pipe *
open_pipe(struct pg_conn *conn, const char *sql)
{
    struct pg_pipe *pipe;

    ck_assert_msg(pg_prepare(conn, "load", sql, INT8_ARRAY, &err), "%s",
                  err.message);
    ck_assert(pg_pipe_begin(conn, on_done, &told, &pipe, &err));
    ck_assert_uint_eq(pg_pipe_in_flight(pipe), 0);
    return pipe;
}

static const char insert[] = "INSERT INTO public.n SELECT * FROM unnest($1)";

static struct pg_conn *
open_table(const char *columns, int64_t answer_timeout_ms)
{
    struct pg_conn *conn = open_conn(answer_timeout_ms);
    char sql[256];

    snprintf(sql, sizeof(sql),
             "DROP TABLE IF EXISTS public.n; CREATE TABLE public.n (%s)",
             columns);
    pg_task_script(conn, sql);
    return conn;
}

/* ---- loading ----------------------------------------------------------- */

static void
thousands_body(void)
{
    enum { BATCHES = 5000, ROWS = 40, MOST = 16 };
    struct pg_conn *conn = open_table("n bigint PRIMARY KEY", 0);
    struct pg_pipe *pipe = open_pipe(conn, insert);

    for (size_t i = 1; i <= BATCHES; i++) {
        while (pg_pipe_in_flight(pipe) >= MOST)
            ck_assert(task_wait(&told_more, CLOCK_NEVER) == TASK_READY);
        ck_assert(send_numbers(pipe, i, (int64_t)(i - 1) * ROWS, ROWS));
    }
    ck_assert(pg_pipe_drain(pipe, &err));
    ck_assert_uint_eq(told.count, BATCHES);
    ck_assert_uint_eq(told.failed, 0);
    pg_pipe_end(pipe);
    ck_assert(pg_is_alive(conn));
    ck_assert_int_eq(ask(conn, "SELECT count(*) FROM public.n"),
                     BATCHES * ROWS);
    ck_assert_int_eq(ask(conn, "SELECT max(n) FROM public.n"),
                     BATCHES * ROWS - 1);
    pg_close(conn);
}

START_TEST(thousands_of_batches_are_stored_and_reported)
{
    pg_task_run(thousands_body);
}

END_TEST

static void
all_at_once_body(void)
{
    enum { BATCHES = 4000, ROWS = 100 };
    struct pg_conn *conn = open_table("n bigint", 0);
    struct pg_pipe *pipe = open_pipe(conn, insert);

    for (size_t i = 1; i <= BATCHES; i++)
        ck_assert(send_numbers(pipe, i, 0, ROWS));
    ck_assert_uint_gt(pg_pipe_in_flight(pipe), 0);
    ck_assert(pg_pipe_drain(pipe, &err));
    ck_assert_uint_eq(told.count, BATCHES);
    pg_pipe_end(pipe);
    ck_assert_int_eq(ask(conn, "SELECT count(*) FROM public.n"),
                     BATCHES * ROWS);
    pg_close(conn);
}

START_TEST(a_sender_that_never_waits_is_served_too)
{
    pg_task_run(all_at_once_body);
}

END_TEST

static void
one_bad_body(void)
{
    enum { BATCHES = 60, ROWS = 10 };
    struct pg_conn *conn = open_table("n bigint PRIMARY KEY", 0);
    struct pg_pipe *pipe = open_pipe(conn, insert);

    for (size_t i = 1; i <= BATCHES; i++) /* the 30th repeats the first */
        ck_assert(send_numbers(pipe, i, i == 30 ? 5 : (int64_t)i * ROWS, ROWS));
    ck_assert(pg_pipe_drain(pipe, &err));
    ck_assert_uint_eq(told.count, BATCHES);
    ck_assert_uint_eq(told.failed, 1);
    ck_assert(told.bad[30]);
    ck_assert_str_eq(told.last.code, "23505");
    ck_assert_int_eq(told.last.kind, ERR_FAILED);
    pg_pipe_end(pipe);
    ck_assert(pg_is_alive(conn));
    ck_assert_int_eq(ask(conn, "SELECT count(*) FROM public.n"),
                     (BATCHES - 1) * ROWS);
    pg_close(conn);
}

START_TEST(refused_batch_does_not_affect_the_others)
{
    pg_task_run(one_bad_body);
}

END_TEST

static void
bad_value_body(void)
{
    struct pg_conn *conn = open_table("n integer", 0);
    struct pg_pipe *pipe = open_pipe(conn, insert);

    ck_assert(send_numbers(pipe, 1, 1, 3));
    ck_assert(send_numbers(pipe, 2, INT64_C(1) << 40, 3));
    ck_assert(
        pg_pipe_send(pipe, "load", span_str("nonsense"), (void *)3, &err));
    ck_assert(
        pg_pipe_send(pipe, "not prepared", span_str(""), (void *)4, &err));
    ck_assert(send_numbers(pipe, 5, 4, 3));
    ck_assert(pg_pipe_drain(pipe, &err));
    ck_assert(!told.bad[1] && told.bad[2] && told.bad[3] && told.bad[4] &&
              !told.bad[5]);
    pg_pipe_end(pipe);
    ck_assert_int_eq(ask(conn, "SELECT count(*) FROM public.n"), 6);
    pg_close(conn);
}

START_TEST(bad_values_are_refused_one_by_one)
{
    pg_task_run(bad_value_body);
}

END_TEST

/* The answers are as large as the batches: the sockets of both sides fill. */
static void
large_answers_body(void)
{
    enum { BATCHES = 60 };
    struct pg_conn *conn = open_conn(0);
    struct pg_pipe *pipe =
        open_pipe(conn, "SELECT n, repeat('x', 100) FROM unnest($1) AS n");

    for (size_t i = 1; i <= BATCHES; i++)
        ck_assert(send_numbers(pipe, i, 0, 10000));
    ck_assert(pg_pipe_drain(pipe, &err));
    ck_assert_uint_eq(told.count, BATCHES);
    ck_assert_uint_eq(told.failed, 0);
    pg_pipe_end(pipe);
    pg_close(conn);
}

START_TEST(large_answers_are_read_while_writing)
{
    pg_task_run(large_answers_body);
}

END_TEST

static void
empty_body(void)
{
    struct pg_conn *conn = open_conn(0);
    struct pg_pipe *pipe = open_pipe(conn, "SELECT $1");

    ck_assert(pg_pipe_drain(pipe, &err));
    pg_pipe_end(pipe);
    pg_pipe_end(NULL);
    ck_assert(pg_pipe_begin(conn, on_done, &told, &pipe, &err));
    ck_assert(send_numbers(pipe, 1, 1, 1));
    pg_pipe_end(pipe); /* its only batch is in flight */
    ck_assert_uint_eq(told.count, 1);
    ck_assert_uint_eq(told.failed, 1);
    ck_assert(pg_is_alive(conn));
    ck_assert_int_eq(ask(conn, "SELECT 7"), 7);
    pg_close(conn);
}

START_TEST(pipes_begin_and_end_on_one_session)
{
    pg_task_run(empty_body);
}

END_TEST

/* ---- blocked ----------------------------------------------------------- */

static struct pg_conn *locker;

/* Call it after preparing, which needs a lock, too. */
static void
lock_table(void)
{
    locker = open_conn(0);
    ck_assert(pg_begin(locker, &err));
    pg_task_script(locker, "LOCK TABLE public.n IN EXCLUSIVE MODE");
}

static void
unlock(void *ctx)
{
    (void)ctx;
    ck_assert_uint_eq(told.count, 0);
    ck_assert(pg_commit(locker, &err));
    pg_close(locker);
}

static void
blocked_body(void)
{
    enum { BATCHES = 400 };
    struct pg_conn *conn = open_table("n bigint", 0);
    struct pg_pipe *pipe;
    clock_t began;

    pipe = open_pipe(conn, insert);
    lock_table();
    for (size_t i = 1; i <= BATCHES; i++) /* 9.6 MB do not fit a socket */
        ck_assert(send_numbers(pipe, i, 0, 2000));
    began = clock();
    task_sleep_until(clock_after_ms(900));
    ck_assert_uint_eq(pg_pipe_in_flight(pipe), BATCHES);
    /* Waiting is not spinning. */
    ck_assert_int_lt((clock() - began) * 1000 / CLOCKS_PER_SEC, 300);
    task_spawn("unlock", unlock, NULL);
    ck_assert(pg_pipe_drain(pipe, &err));
    pg_pipe_end(pipe);
    ck_assert_int_eq(ask(conn, "SELECT count(*) FROM public.n"),
                     BATCHES * 2000);
    pg_close(conn);
}

START_TEST(the_wait_for_a_blocked_server_does_not_spin)
{
    pg_task_run(blocked_body);
}

END_TEST

/* The pipe ends while the server is blocked: the session is given up. */
static void
end_blocked_body(void)
{
    struct pg_conn *conn = open_table("n bigint", 0);
    struct pg_pipe *pipe;

    pipe = open_pipe(conn, insert);
    lock_table();
    for (size_t i = 1; i <= 400; i++)
        ck_assert(send_numbers(pipe, i, 0, 2000));
    pg_pipe_end(pipe);
    ck_assert_uint_eq(told.count, 400);
    ck_assert_uint_eq(told.failed, 400);
    ck_assert(!pg_is_alive(conn));
    pg_close(conn);
    pg_rollback(locker);
    pg_close(locker);
}

START_TEST(end_does_not_wait_for_a_stuck_server)
{
    pg_task_run(end_blocked_body);
}

END_TEST

static void
stop_body(void)
{
    struct pg_conn *conn = open_table("n bigint", 0);
    struct pg_pipe *pipe;

    pipe = open_pipe(conn, insert);
    lock_table();
    for (size_t i = 1; i <= 5; i++)
        ck_assert(send_numbers(pipe, i, 0, 10));
    tasks_stop();
    ck_assert(!pg_pipe_drain(pipe, &err));
    ck_assert_int_eq(err.kind, ERR_STOPPED);
    pg_rollback(locker);
    pg_pipe_end(pipe);
    ck_assert_uint_eq(told.count, 5);
    ck_assert(pg_is_alive(conn));
    pg_close(conn);
    pg_close(locker);
}

START_TEST(stop_ends_the_wait_and_the_pump_runs_until_the_end)
{
    pg_task_run(stop_body);
}

END_TEST

/* ---- losing the connection --------------------------------------------- */

static void
terminate(int pid)
{
    struct pg_conn *other = open_conn(0);
    char sql[96];

    snprintf(sql, sizeof(sql), "SELECT pg_terminate_backend(%d, 5000)::int",
             pid);
    ask(other, sql);
    pg_close(other);
}

static void
killed_body(void)
{
    struct pg_conn *conn = open_table("n bigint", 0);
    int pid = pg_task_backend(conn);
    struct pg_pipe *pipe;

    pipe = open_pipe(conn, insert);
    lock_table();
    for (size_t i = 1; i <= 400; i++)
        ck_assert(send_numbers(pipe, i, 0, 2000));
    terminate(pid);
    ck_assert(!pg_pipe_drain(pipe, &err));
    ck_assert_int_eq(err.kind, ERR_TRANSIENT);
    ck_assert_uint_eq(told.count, 400);
    ck_assert_uint_eq(told.failed, 400);
    ck_assert_int_eq(told.last.kind, ERR_TRANSIENT);
    ck_assert(!pg_is_alive(conn));
    ck_assert(!send_numbers(pipe, 401, 0, 1));
    ck_assert_int_eq(err.kind, ERR_TRANSIENT);
    ck_assert_uint_eq(pg_pipe_in_flight(pipe), 0);
    pg_pipe_end(pipe);
    pg_close(conn);
    pg_rollback(locker);
    pg_close(locker);
}

START_TEST(lost_connection_reports_the_rest)
{
    pg_task_run(killed_body);
}

END_TEST

/* Sending finds the loss, and must not call on_done itself. */
static void
killed_idle_body(void)
{
    enum { MOST = 2000 };
    struct pg_conn *conn = open_table("n bigint", 0);
    int pid = pg_task_backend(conn);
    struct pg_pipe *pipe = open_pipe(conn, insert);
    size_t sent = 0;

    ck_assert(send_numbers(pipe, 1, 0, 10));
    ck_assert(pg_pipe_drain(pipe, &err));
    terminate(pid);
    while (++sent < MOST) {
        size_t before = told.count;
        bool ok = send_numbers(pipe, sent + 1, 0, 2000);

        ck_assert_uint_eq(told.count, before);
        if (!ok)
            break;
        if (sent % 8 == 0)
            task_yield();
    }
    ck_assert_uint_lt(sent, MOST);
    ck_assert_int_eq(err.kind, ERR_TRANSIENT);
    ck_assert(!pg_pipe_drain(pipe, &err));
    ck_assert_uint_eq(told.count, sent); /* the first one and all later ones */
    ck_assert_uint_eq(told.failed, sent - 1);
    pg_pipe_end(pipe);
    pg_close(conn);
}

START_TEST(connection_lost_while_idle_is_found_by_sending)
{
    pg_task_run(killed_idle_body);
}

END_TEST

static void
frozen_body(void)
{
    struct pg_conn *conn = open_table("n bigint", 500);
    int pid = pg_task_backend(conn);
    struct pg_pipe *pipe = open_pipe(conn, insert);

    ck_assert_int_eq(kill(pid, SIGSTOP), 0);
    for (size_t i = 1; i <= 400; i++)
        ck_assert(send_numbers(pipe, i, 0, 2000));
    ck_assert(!pg_pipe_drain(pipe, &err));
    ck_assert_int_eq(err.kind, ERR_TRANSIENT);
    ck_assert_uint_eq(told.failed, 400);
    pg_pipe_end(pipe);
    pg_close(conn);
    kill(pid, SIGCONT);
}

START_TEST(frozen_server_is_given_up_if_a_limit_is_set)
{
    pg_task_run(frozen_body);
}

END_TEST

static void
two_body(void)
{
    struct pg_conn *conns[2] = {open_table("n bigint", 0), open_conn(0)};
    struct pg_pipe *pipes[2];

    for (int i = 0; i < 2; i++)
        pipes[i] = open_pipe(conns[i], insert);
    for (size_t i = 1; i <= 500; i++) {
        ck_assert(send_numbers(pipes[i % 2], i, 0, 100));
        ck_assert(pg_pipe_drain(pipes[i % 2], &err));
    }
    for (int i = 0; i < 2; i++)
        pg_pipe_end(pipes[i]);
    ck_assert_int_eq(ask(conns[0], "SELECT count(*) FROM public.n"), 50000);
    pg_close(conns[0]);
    pg_close(conns[1]);
}

START_TEST(several_pipes_run_in_one_thread)
{
    pg_task_run(two_body);
}

END_TEST

/* The pipe counts the answer to a statement that is prepared as batch 0. */
static void
prepare_body(void)
{
    struct pg_conn *conn = open_table("n bigint", 0);
    struct pg_pipe *pipe;

    told.next = 0;
    ck_assert(pg_pipe_begin(conn, on_done, &told, &pipe, &err));
    ck_assert(pg_pipe_prepare(pipe, "load", insert, INT8_ARRAY, &err));
    ck_assert(send_numbers(pipe, 1, 0, 100));
    ck_assert(pg_pipe_drain(pipe, &err));
    ck_assert_uint_eq(told.count, 2);
    ck_assert_uint_eq(told.failed, 0);
    pg_pipe_end(pipe);
    ck_assert_int_eq(ask(conn, "SELECT count(*) FROM public.n"), 100);
    pg_close(conn);
}

START_TEST(statements_are_prepared_in_the_pipe)
{
    pg_task_run(prepare_body);
}

END_TEST

static void
prepare_fails_body(void)
{
    struct pg_conn *conn = open_table("n bigint", 0);
    struct pg_pipe *pipe;

    told.next = 0;
    ck_assert(pg_pipe_begin(conn, on_done, &told, &pipe, &err));
    ck_assert(pg_pipe_prepare(pipe, "load", "SELECT * FROM public.nowhere",
                              INT8_ARRAY, &err));
    ck_assert(send_numbers(pipe, 1, 0, 100));
    ck_assert(pg_pipe_drain(pipe, &err));
    ck_assert_uint_eq(told.failed, 2);
    ck_assert(told.bad[0]);
    pg_pipe_end(pipe);
    ck_assert(pg_is_alive(conn));
    pg_close(conn);
}

START_TEST(a_statement_that_cannot_be_prepared_is_reported)
{
    pg_task_run(prepare_fails_body);
}

END_TEST

static Suite *
pipe_suite(void)
{
    Suite *suite = suite_create("pipe");
    TCase *tests = tcase_create("pipe");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, thousands_of_batches_are_stored_and_reported);
    tcase_add_test(tests, a_sender_that_never_waits_is_served_too);
    tcase_add_test(tests, refused_batch_does_not_affect_the_others);
    tcase_add_test(tests, bad_values_are_refused_one_by_one);
    tcase_add_test(tests, large_answers_are_read_while_writing);
    tcase_add_test(tests, pipes_begin_and_end_on_one_session);
    tcase_add_test(tests, the_wait_for_a_blocked_server_does_not_spin);
    tcase_add_test(tests, end_does_not_wait_for_a_stuck_server);
    tcase_add_test(tests, stop_ends_the_wait_and_the_pump_runs_until_the_end);
    tcase_add_test(tests, lost_connection_reports_the_rest);
    tcase_add_test(tests, connection_lost_while_idle_is_found_by_sending);
    tcase_add_test(tests, frozen_server_is_given_up_if_a_limit_is_set);
    tcase_add_test(tests, several_pipes_run_in_one_thread);
    tcase_add_test(tests, statements_are_prepared_in_the_pipe);
    tcase_add_test(tests, a_statement_that_cannot_be_prepared_is_reported);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run_with_cluster(pipe_suite());
}
