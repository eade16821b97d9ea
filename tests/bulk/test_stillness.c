/* stillness: said after an hour, then rarer and rarer, until it moves. */
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

/* Asked once a minute from `from` on, when is it said first? -1: never up to
 * `to`, both in minutes. */
static int
first_news(int from, int to)
{
    for (int minute = from; minute <= to; minute++)
        if (stillness_is_news(&stillness, &bulk, MINUTES(minute)))
            return minute;
    return -1;
}

START_TEST(it_is_said_after_an_hour_then_after_twice_as_long)
{
    ck_assert_int_eq(first_news(0, 1000), 60);
    ck_assert_int_eq(first_news(61, 1000), 120);
    ck_assert_int_eq(first_news(121, 1000), 240);
    ck_assert_int_eq(first_news(241, 1000), 480);
    ck_assert_int_eq(first_news(481, 959), -1);
}

END_TEST

START_TEST(what_moves_starts_anew)
{
    ck_assert_int_eq(first_news(0, 200), 60);
    bulk.object_count = 5033; /* they stand still, then jump */
    ck_assert_int_eq(first_news(100, 159), -1);
    ck_assert_int_eq(first_news(160, 160), 160);
    bulk.root_object_count = 7;
    ck_assert_int_eq(first_news(170, 229), -1);
    bulk.status = BULK_CANCELING;
    ck_assert_int_eq(first_news(229, 1000), 289);
}

END_TEST

START_TEST(the_first_look_is_no_news_however_late)
{
    ck_assert_int_eq(first_news(5000, 5059), -1);
    ck_assert_int_eq(first_news(5060, 5060), 5060);
}

END_TEST

START_TEST(a_long_gap_is_said_once)
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
    tcase_add_test(tests, it_is_said_after_an_hour_then_after_twice_as_long);
    tcase_add_test(tests, what_moves_starts_anew);
    tcase_add_test(tests, the_first_look_is_no_news_however_late);
    tcase_add_test(tests, a_long_gap_is_said_once);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
