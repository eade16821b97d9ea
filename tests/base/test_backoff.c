/* backoff: delays grow within their limits, and the budget ends the retries. */
#include <check.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "support/suite.h"

enum { DRAWS = 2000 };

START_TEST(every_delay_is_between_the_first_and_the_limit)
{
    struct backoff backoff = backoff_of(100, 1000, CLOCK_NEVER);
    int64_t last = 100;

    for (int i = 0; i < DRAWS; i++) {
        int64_t delay = backoff_failed(&backoff, 0);

        ck_assert_int_ge(delay, 100);
        ck_assert_int_le(delay, 1000);
        ck_assert_int_le(delay, last * 3);
        last = delay;
    }
}

END_TEST

START_TEST(delays_spread_and_reach_the_ceiling)
{
    struct backoff backoff = backoff_of(100, 1000, CLOCK_NEVER);
    int64_t least = INT64_MAX;
    int at_most = 0;

    for (int i = 0; i < DRAWS; i++) {
        int64_t delay = backoff_next_delay(&backoff);

        least = delay < least ? delay : least;
        at_most += delay == 1000;
    }
    ck_assert_int_lt(least, 200);
    ck_assert_int_gt(at_most, 0);
    ck_assert_int_lt(at_most, DRAWS);
}

END_TEST

static const struct {
    int64_t first_ms, most_ms;
    int64_t low_ms, high_ms; /* limits of the first delay */
} bounds[] = {
    {500, 60000, 500, 1500},
    {500, 500, 500, 500},
    {500, 100, 500, 500}, /* a ceiling below the first delay is ignored */
    {1, 1, 1, 1},
    {0, 0, 1, 1}, /* there is always a pause */
    {0, 10, 1, 3},
    {-5, -5, 1, 1},
};

START_TEST(first_delays_stay_in_bounds)
{
    for (int i = 0; i < 100; i++) {
        struct backoff backoff =
            backoff_of(bounds[_i].first_ms, bounds[_i].most_ms, CLOCK_NEVER);
        int64_t delay = backoff_failed(&backoff, 0);

        ck_assert_int_ge(delay, bounds[_i].low_ms);
        ck_assert_int_le(delay, bounds[_i].high_ms);
    }
}

END_TEST

START_TEST(a_delay_that_the_server_asks_for_is_kept)
{
    struct backoff backoff = backoff_of(10, 20, CLOCK_NEVER);

    ck_assert_int_eq(backoff_failed(&backoff, 5000), 5000);
    ck_assert_int_le(backoff_failed(&backoff, 0), 20);
}

END_TEST

START_TEST(a_delay_beyond_the_budget_does_not_begin)
{
    struct backoff backoff = backoff_of(100, 100, 1000);

    ck_assert_int_eq(backoff_failed(&backoff, 0), 100);
    backoff.own.failing_since_ms -=
        800; /* the first failure was 800 ms earlier */
    ck_assert_int_eq(backoff_failed(&backoff, 0), 100);
    ck_assert_int_eq(backoff_failed(&backoff, 500), -1);
    backoff.own.failing_since_ms -= 200;
    ck_assert_int_eq(backoff_failed(&backoff, 0), -1);
}

END_TEST

START_TEST(a_budget_of_zero_allows_no_second_try)
{
    struct backoff backoff = backoff_of(1, 1, 0);

    ck_assert_int_eq(backoff_failed(&backoff, 0), -1);
}

END_TEST

START_TEST(a_success_resets_budget_and_delays)
{
    struct backoff backoff = backoff_of(100, 100000, 1000);

    ck_assert_int_gt(backoff_failed(&backoff, 0), 0);
    backoff.own.failing_since_ms -= 5000;
    backoff.last_ms = 50000;
    backoff_succeeded(&backoff);
    ck_assert_int_le(backoff_failed(&backoff, 0), 300);
}

END_TEST

/* The second backoff begins to fail when half of the budget is spent. */
START_TEST(a_budget_is_shared)
{
    struct budget budget = {0};
    struct backoff one = backoff_of(1, 1, 1000), two = one;

    one.shared = two.shared = &budget;
    ck_assert_int_eq(backoff_failed(&one, 0), 1);
    budget.failing_since_ms -= 500;
    ck_assert_int_eq(backoff_failed(&two, 0), 1);
    ck_assert(!backoff_is_alone(&two));
    budget.failing_since_ms -= 600;
    ck_assert_int_eq(backoff_failed(&two, 0), -1);
    ck_assert(!backoff_is_alone(&two));
}

END_TEST

/* Its own failures have lasted longer than the budget. */
START_TEST(the_success_of_others_gives_no_more_time)
{
    struct budget budget = {0};
    struct backoff one = backoff_of(1, 1, 1000), two = one;

    one.shared = two.shared = &budget;
    ck_assert_int_eq(backoff_failed(&two, 0), 1);
    two.own.failing_since_ms -= 1100;
    backoff_succeeded(&one);
    ck_assert_int_eq(budget.failing_since_ms, 0);
    ck_assert_int_eq(backoff_failed(&two, 0), -1);
    ck_assert(backoff_is_alone(&two));
}

END_TEST

START_TEST(a_try_ends_with_the_budget_but_gets_its_minimum)
{
    struct backoff backoff = backoff_of(1, 1, 1000);

    backoff_begin(&backoff);
    ck_assert_int_eq(backoff_deadline(&backoff), backoff.began_ms + 1000);
    backoff.least_ms = 3000;
    ck_assert_int_eq(backoff_deadline(&backoff), backoff.began_ms + 3000);
    ck_assert_int_eq(backoff_end(&backoff), backoff.began_ms + 1000);
    backoff.end_ms = backoff.began_ms + 500;
    ck_assert_int_eq(backoff_deadline(&backoff), backoff.end_ms);
    backoff = backoff_of(1, 1, 0);
    backoff_begin(&backoff);
    ck_assert_int_eq(backoff_deadline(&backoff), CLOCK_NEVER);
}

END_TEST

START_TEST(poll_delays_grow_without_spending_the_budget)
{
    struct backoff backoff = backoff_of(100, 400, 1);

    for (int i = 0; i < 50; i++)
        ck_assert_int_le(backoff_next_delay(&backoff), 400);
    ck_assert_int_eq(backoff.own.failing_since_ms, 0);
}

END_TEST

static Suite *
backoff_suite(void)
{
    Suite *suite = suite_create("backoff");
    TCase *tests = tcase_create("backoff");

    tcase_add_test(tests, a_budget_is_shared);
    tcase_add_test(tests, the_success_of_others_gives_no_more_time);
    tcase_add_test(tests, a_try_ends_with_the_budget_but_gets_its_minimum);
    tcase_add_test(tests, every_delay_is_between_the_first_and_the_limit);
    tcase_add_test(tests, delays_spread_and_reach_the_ceiling);
    tcase_add_loop_test(tests, first_delays_stay_in_bounds, 0,
                        (int)(sizeof(bounds) / sizeof(bounds[0])));
    tcase_add_test(tests, a_delay_that_the_server_asks_for_is_kept);
    tcase_add_test(tests, a_delay_beyond_the_budget_does_not_begin);
    tcase_add_test(tests, a_budget_of_zero_allows_no_second_try);
    tcase_add_test(tests, a_success_resets_budget_and_delays);
    tcase_add_test(tests, poll_delays_grow_without_spending_the_budget);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(backoff_suite());
}
