/* stillness: warnings after an hour and then less and less often, until the
 * operation makes progress. */
#include <check.h>

#include "bulk/stillness.h"
#include "support/suite.h"

#define MINUTES(n) (INT64_C(60000) * (n))

static struct stillness stillness;
static struct bulk_operation bulk;

static void
setup(void)
{
    stillness = (struct stillness){0};
    bulk = (struct bulk_operation){.status = BULK_RUNNING};
}

/* Poll once a minute from `from` to `to`, both in minutes. Returns the minute
 * of the first warning; -1: none. */
static int
first_news(int from, int to)
{
    for (int minute = from; minute <= to; minute++)
        if (stillness_is_news(&stillness, &bulk, MINUTES(minute)))
            return minute;
    return -1;
}

START_TEST(warnings_come_after_one_two_and_four_hours)
{
    ck_assert_int_eq(first_news(0, 1000), 60);
    ck_assert_int_eq(first_news(61, 1000), 120);
    ck_assert_int_eq(first_news(121, 1000), 240);
    ck_assert_int_eq(first_news(241, 1000), 480);
    ck_assert_int_eq(first_news(481, 959), -1);
}

END_TEST

START_TEST(a_change_resets_the_time)
{
    ck_assert_int_eq(first_news(0, 200), 60);
    bulk.object_count = 5033; /* counters can jump after a long time */
    ck_assert_int_eq(first_news(100, 159), -1);
    ck_assert_int_eq(first_news(160, 160), 160);
    bulk.root_object_count = 7;
    ck_assert_int_eq(first_news(170, 229), -1);
    bulk.status = BULK_CANCELING;
    ck_assert_int_eq(first_news(229, 1000), 289);
}

END_TEST

START_TEST(the_first_poll_never_warns)
{
    ck_assert_int_eq(first_news(5000, 5059), -1);
    ck_assert_int_eq(first_news(5060, 5060), 5060);
}

END_TEST

START_TEST(a_long_gap_causes_one_warning)
{
    ck_assert(!stillness_is_news(&stillness, &bulk, 0));
    ck_assert(stillness_is_news(&stillness, &bulk, MINUTES(500)));
    ck_assert_int_eq(first_news(501, 959), -1);
    ck_assert_int_eq(first_news(960, 960), 960);
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("stillness");
    TCase *tests = tcase_create("stillness");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, warnings_come_after_one_two_and_four_hours);
    tcase_add_test(tests, a_change_resets_the_time);
    tcase_add_test(tests, the_first_poll_never_warns);
    tcase_add_test(tests, a_long_gap_causes_one_warning);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
