/* rate: requests start as the server's limit allows, and jobs take turns. The
 * clock is the test's own. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "api/page_size.h"
#include "api/rate.h"
#include "base/clock.h"
#include "base/task.h"
#include "support/clock.h"
#include "support/suite.h"

static struct rate_pool pool;
static struct rate *rate;
static struct rate_user user;
static struct err err;
static char trail[400];

static void
setup(void)
{
    pool = (struct rate_pool){0};
    user = (struct rate_user){0};
    rate = NULL;
    trail[0] = '\0';
    clock_freeze();
    tasks_init(clock_frozen_wait, NULL);
}

static void
teardown(void)
{
    rate_free(rate);
    rate_pool_free(&pool);
}

static void
run(void (*body)(void *ctx))
{
    task_spawn("test", body, NULL);
    tasks_run();
}

/* Begin a request, and return how long it had to wait. */
static int64_t
begin(double points, struct rate_pass *pass)
{
    int64_t before_ms = clock_now_ms();

    if (!rate_begin(rate, &user, points, NULL, pass, &err))
        ck_abort_msg("%s", err.message);
    return clock_now_ms() - before_ms;
}

static void
end(const struct rate_pass *pass, const struct rate_told *told)
{
    rate_end(rate, pass, told);
}

static struct rate_told
bucket(double most, double left, double per_second, double cost)
{
    struct rate_told told = rate_told_nothing();

    told.most = most;
    told.left = left;
    told.per_second = per_second;
    told.cost = cost;
    return told;
}

/* One request after the other, each with this answer. */
static int64_t
ask(double points, struct rate_told told)
{
    struct rate_pass pass;
    int64_t waited_ms = begin(points, &pass);

    end(&pass, &told);
    return waited_ms;
}

/* ---- buckets ------------------------------------------------------------ */

static void
use_bucket(void *ctx)
{
    (void)ctx;
    rate = rate_new(&pool, "a", 4, 0.5);
    ck_assert_double_eq(rate_left(rate), -1);
    ck_assert_double_eq(rate_per_second(rate), -1);
    /* Nothing is known: the request starts. 500 of 1000 are left to others. */
    ck_assert_int_eq(ask(100, bucket(1000, 700, 100, 100)), 0);
    ck_assert_double_eq(rate_left(rate), 700);
    ck_assert_double_eq(rate_per_second(rate), 50);
    ck_assert_int_eq(ask(200, bucket(1000, 500, 100, 200)), 0);
    /* 50 points at half of 100 a second */
    ck_assert_int_eq(ask(50, bucket(1000, 550, 100, 50)), 1001);
    /* The estimate was too high: the rest is given back. */
    ck_assert_int_eq(ask(50, bucket(1000, 590, 100, 10)), 1000);
    ck_assert_int_eq(ask(40, bucket(1000, 550, 100, 40)), 0);
    /* Another program has taken 300: there are 250. */
    ck_assert_int_eq(ask(1, bucket(1000, 250, 100, 1)), 20);
    ck_assert_int_eq(ask(1, bucket(1000, 500, 100, 1)), 5021);
}

START_TEST(points_are_taken_and_restored)
{
    run(use_bucket);
}

END_TEST

static void
use_large(void *ctx)
{
    (void)ctx;
    rate = rate_new(&pool, "a", 4, 0.8);
    ask(1, bucket(1000, 1000, 100, 1));
    /* More than all that bulkpg may take is as much as it may take. */
    ck_assert_int_eq(ask(5000, bucket(1000, 200, 100, 800)), 0);
    ck_assert_int_eq(ask(5000, bucket(1000, 200, 100, 800)), 10001);
}

START_TEST(large_estimate_waits_for_the_whole_bucket)
{
    run(use_large);
}

END_TEST

static void
use_together(void *ctx)
{
    struct rate_pass passes[3];
    struct rate_told told = bucket(1000, 900, 100, 100);

    (void)ctx;
    rate = rate_new(&pool, "a", 4, 1);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(begin(100, &passes[i]), 0);
    ck_assert_int_eq(rate_in_flight(rate), 3);
    /* The server may not have counted the other two yet. */
    end(&passes[0], &told);
    ck_assert_double_eq(rate_left(rate), 700);
    told.left = 800;
    end(&passes[1], &told);
    ck_assert_double_eq(rate_left(rate), 700);
    told.left = 700;
    end(&passes[2], &told);
    ck_assert_double_eq(rate_left(rate), 700);
    ck_assert_int_eq(rate_in_flight(rate), 0);
}

START_TEST(requests_in_flight_are_counted_once)
{
    run(use_together);
}

END_TEST

/* ---- windows and announced waits ---------------------------------------- */

static struct rate_told
window(int which, double most, double left, int64_t reset_ms)
{
    struct rate_told told = rate_told_nothing();

    told.windows[which].most = most;
    told.windows[which].left = left;
    told.windows[which].reset_ms = reset_ms;
    return told;
}

static void
use_window(void *ctx)
{
    struct rate_told told;

    (void)ctx;
    rate = rate_new(&pool, "a", 4, 0.8);
    ask(1, window(RATE_POINTS, 5000, 1002, 60000));
    ck_assert_double_eq(rate_left(rate), 1002);
    ck_assert_int_eq(ask(1, window(RATE_POINTS, 5000, 1001, 60000)), 0);
    ck_assert_int_eq(ask(1, window(RATE_POINTS, 5000, 1000, 60000)), 0);
    /* Only the others' share is left, so the request waits for the reset. */
    ck_assert_int_eq(ask(1, window(RATE_POINTS, 5000, 4999, 3600000)), 60500);
    ck_assert_int_eq(ask(1, window(RATE_POINTS, 5000, 4998, 3600000)), 0);
    /* A window of requests counts requests, one of complexity their cost. */
    told = window(RATE_REQUESTS, 10, 3, 1000);
    told.windows[RATE_COMPLEXITY] = (struct rate_told_window){
        .most = 1000, .left = 600, .cost = 350, .reset_ms = 5000};
    ask(900, told);
    told.windows[RATE_COMPLEXITY].left = 250;
    ck_assert_int_eq(ask(1, told), 0);
    ck_assert_int_eq(ask(1, told), 5500);
}

START_TEST(window_is_waited_for)
{
    run(use_window);
}

END_TEST

static void
use_wait(void *ctx)
{
    struct rate_told told = rate_told_nothing();
    struct rate_pass pass;

    (void)ctx;
    rate = rate_new(&pool, "a", 4, 0.8);
    told.is_throttled = true;
    told.wait_ms = 30000;
    ask(1, told);
    ck_assert_int_eq(ask(1, rate_told_nothing()), 30000);
    /* more than an hour */
    told.wait_ms = 3600001;
    ask(1, told);
    ck_assert(!rate_begin(rate, &user, 1, NULL, &pass, &err));
    ck_assert_int_eq(err.kind, ERR_LATER);
    ck_assert_str_eq(err.code, "RATE_WAIT");
    ck_assert_str_eq(err.message, "the server's rate limit allows the next "
                                  "request only in 60m");
    ck_assert_int_eq(rate_in_flight(rate), 0);
    /* An hour is waited for. */
    clock_put_forward(1);
    ck_assert_int_eq(begin(1, &pass), 3600000);
    told = bucket(100, 0, 0, 1);
    end(&pass, &told);
    ck_assert(!rate_begin(rate, &user, 1, NULL, &pass, &err));
    ck_assert_str_eq(err.message, "the server's rate limit allows no request");
}

START_TEST(announced_wait_is_kept)
{
    run(use_wait);
}

END_TEST

static void
wait_for_rate(void *ctx)
{
    struct rate_pass pass;

    (void)ctx;
    ck_assert_int_eq(begin(1, &pass), 60000);
    ck_assert_int_eq(rate_awaited_ms(rate), 0);
    rate_end(rate, &pass, &(struct rate_told){.cost = -1, .most = -1});
}

static void
look_at_wait(void *ctx)
{
    struct rate_told told = rate_told_nothing();

    (void)ctx;
    rate = rate_new(&pool, "a", 4, 0.8);
    ck_assert_int_eq(rate_awaited_ms(rate), 0);
    told.wait_ms = 60000;
    ask(1, told);
    ck_assert_int_eq(rate_awaited_ms(rate), 0);
    task_spawn("wait", wait_for_rate, NULL);
    task_yield();
    task_yield();
    ck_assert_int_eq(rate_awaited_ms(rate) - clock_now_ms(), 60000);
}

START_TEST(wait_can_be_shown)
{
    run(look_at_wait);
}

END_TEST

static void
stop_waiting(void *ctx)
{
    struct rate_told told = rate_told_nothing();
    struct rate_pass pass;

    (void)ctx;
    rate = rate_new(&pool, "a", 1, 0.8);
    told.wait_ms = 60000;
    ask(1, told);
    tasks_stop();
    ck_assert(!rate_begin(rate, &user, 1, NULL, &pass, &err));
    ck_assert_int_eq(err.kind, ERR_STOPPED);
}

START_TEST(wait_can_be_stopped)
{
    run(stop_waiting);
}

END_TEST

/* ---- requests in flight ------------------------------------------------- */

static void
fail_together(int count, bool throttled)
{
    struct rate_pass passes[8];
    struct rate_told told = rate_told_nothing();

    told.is_throttled = throttled;
    told.is_strained = !throttled;
    for (int i = 0; i < count; i++)
        begin(1, &passes[i]);
    for (int i = 0; i < count; i++)
        end(&passes[i], &told);
}

static void
work(int count)
{
    for (int i = 0; i < count; i++)
        ask(1, rate_told_nothing());
}

static void
adapt(void *ctx)
{
    (void)ctx;
    rate = rate_new(&pool, "a", 8, 0.8);
    ck_assert_int_eq(rate_allowed(rate), 8);
    fail_together(8, true);
    ck_assert_int_eq(rate_allowed(rate), 4);
    fail_together(1, false);
    ck_assert_int_eq(rate_allowed(rate), 2);
    work(9);
    ck_assert_int_eq(rate_allowed(rate), 2);
    work(1);
    ck_assert_int_eq(rate_allowed(rate), 3);
    fail_together(1, false);
    fail_together(1, false);
    ck_assert_int_eq(rate_allowed(rate), 1);
    work(100);
    ck_assert_int_eq(rate_allowed(rate), 8);
    /* A server that reports its limit is not guessed. */
    ask(1, window(RATE_POINTS, 5000, 4000, 60000));
    fail_together(4, false);
    ck_assert_int_eq(rate_allowed(rate), 8);
}

START_TEST(requests_in_flight_adapt_if_nothing_is_known)
{
    run(adapt);
}

END_TEST

/* ---- turns -------------------------------------------------------------- */

struct turn {
    struct rate *rate;
    struct rate_user *user;
    const char *name;
};

static void
take_turn(void *ctx)
{
    struct turn *turn = ctx;
    struct rate_told told = rate_told_nothing();
    struct rate_pass pass;

    if (!rate_begin(turn->rate, turn->user, 1, NULL, &pass, &err))
        ck_abort_msg("%s", err.message);
    strcat(trail, turn->name);
    ck_assert_int_eq(task_sleep_until(clock_after_ms(10)), TASK_TIMEOUT);
    rate_end(turn->rate, &pass, &told);
}

static struct rate_user users[2];
static struct turn turns[7];
static struct rate *other;

static void
begin_turns(void *ctx)
{
    (void)ctx;
    for (int i = 0; i < 7; i++)
        task_spawn("turn", take_turn, &turns[i]);
}

/* Job a asks for all its pages first, and job b soon after. */
START_TEST(jobs_take_turns)
{
    memset(users, 0, sizeof(users));
    rate = rate_new(&pool, "a", 1, 0.8);
    for (int i = 0; i < 7; i++)
        turns[i] = (struct turn){rate, &users[i >= 4], i < 4 ? "a" : "b"};
    run(begin_turns);
    ck_assert_str_eq(trail, "abababa");
}

END_TEST

/* Two sources with the same credentials: one may send two requests at once. */
START_TEST(sources_with_one_key_share_its_points)
{
    struct rate_told told = rate_told_nothing();
    struct rate_pass pass = {{0}, 0};

    memset(users, 0, sizeof(users));
    rate = rate_new(&pool, "a", 1, 0.8);
    other = rate_new(&pool, "a", 2, 0.8);
    for (int i = 0; i < 7; i++)
        turns[i] = (struct turn){i < 4 ? rate : other, &users[i >= 4],
                                 i < 4 ? "a" : "b"};
    run(begin_turns);
    ck_assert_str_eq(trail, "abbabaa");
    told.most = 100;
    told.left = 40;
    told.per_second = 1;
    pass.points[RATE_WINDOWS] = 0;
    rate_end(other, &pass, &told);
    ck_assert_double_eq(rate_left(rate), 40);
    rate_free(other);
    other = rate_new(&pool, "b", 2, 0.8);
    ck_assert_double_eq(rate_left(other), -1);
    rate_free(other);
}

END_TEST

/* ---- page size ---------------------------------------------------------- */

START_TEST(page_halves_and_grows_back)
{
    struct page_size size = page_size_of(100);

    ck_assert(page_size_failed(&size, 100));
    ck_assert_int_eq(size.now, 50);
    ck_assert(page_size_failed(&size, 100)); /* one of the same size */
    ck_assert_int_eq(size.now, 50);
    ck_assert(page_size_failed(&size, 50));
    ck_assert_int_eq(size.now, 25);
    for (int i = 0; i < 9; i++)
        page_size_worked(&size, 25);
    page_size_worked(&size, 50); /* an older one */
    ck_assert_int_eq(size.now, 25);
    page_size_worked(&size, 25);
    ck_assert_int_eq(size.now, 50);
    for (int i = 0; i < 10; i++)
        page_size_worked(&size, 50);
    ck_assert_int_eq(size.now, 100);
    for (int i = 0; i < 30; i++)
        page_size_worked(&size, 100);
    ck_assert_int_eq(size.now, 100);
}

END_TEST

START_TEST(page_that_fails_again_grows_later)
{
    struct page_size size = page_size_of(3);

    ck_assert(page_size_failed(&size, 3));
    ck_assert_int_eq(size.now, 1);
    ck_assert(!page_size_failed(&size, 1));
    for (int i = 0; i < 10; i++)
        page_size_worked(&size, 1);
    ck_assert_int_eq(size.now, 2);
    ck_assert(page_size_failed(&size, 2));
    for (int i = 0; i < 19; i++)
        page_size_worked(&size, 1);
    ck_assert_int_eq(size.now, 1);
    page_size_worked(&size, 1);
    ck_assert_int_eq(size.now, 2);
}

END_TEST

static Suite *
rate_suite(void)
{
    Suite *suite = suite_create("api_rate");
    TCase *tests = tcase_create("rate");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, points_are_taken_and_restored);
    tcase_add_test(tests, large_estimate_waits_for_the_whole_bucket);
    tcase_add_test(tests, requests_in_flight_are_counted_once);
    tcase_add_test(tests, window_is_waited_for);
    tcase_add_test(tests, announced_wait_is_kept);
    tcase_add_test(tests, wait_can_be_shown);
    tcase_add_test(tests, wait_can_be_stopped);
    tcase_add_test(tests, requests_in_flight_adapt_if_nothing_is_known);
    tcase_add_test(tests, jobs_take_turns);
    tcase_add_test(tests, sources_with_one_key_share_its_points);
    tcase_add_test(tests, page_halves_and_grows_back);
    tcase_add_test(tests, page_that_fails_again_grows_later);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(rate_suite());
}
