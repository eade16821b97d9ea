/* timings: the parts of a load add up, and the JSON has them in seconds. */
#include <check.h>

#include "job/timings.h"
#include "support/suite.h"

static struct timings timings;

static void
setup(void)
{
    timings = (struct timings){{0}};
}

/* 400 of 1000 ns were sending; a quarter of the measured time was parsing. */
START_TEST(measured_lines_represent_all_lines)
{
    struct loader_times times = {
        .send_ns = 400, .parse_ns = 25, .encode_ns = 75};

    timings_feed(&timings, 1000, &times);
    ck_assert_int_eq(timings.ns[TIMING_PARSE], 150);
    ck_assert_int_eq(timings.ns[TIMING_ENCODE], 450);
    ck_assert_int_eq(timings.ns[TIMING_SEND], 400);
}

END_TEST

START_TEST(without_measured_lines_all_time_is_parsing)
{
    struct loader_times times = {0};

    timings_feed(&timings, 1000, &times);
    ck_assert_int_eq(timings.ns[TIMING_PARSE], 1000);
    ck_assert_int_eq(timings.ns[TIMING_ENCODE], 0);
}

END_TEST

START_TEST(times_are_never_negative)
{
    struct loader_times times = {.send_ns = 1001, .parse_ns = 1};

    timings_feed(&timings, 1000, &times);
    ck_assert_int_eq(timings.ns[TIMING_PARSE], 0);
    ck_assert_int_eq(timings.ns[TIMING_ENCODE], 0);
}

END_TEST

START_TEST(another_attempt_keeps_the_time_of_waiting)
{
    for (int i = 0; i < TIMING_COUNT; i++)
        timings.ns[i] = 1;
    timings_clear_load(&timings);
    for (enum timing i = 0; i < TIMING_COUNT; i++)
        ck_assert_int_eq(timings.ns[i], i == TIMING_WAIT);
}

END_TEST

START_TEST(the_json_has_seconds)
{
    struct arena arena = {0};

    for (int i = 0; i < TIMING_COUNT; i++)
        timings.ns[i] = i * INT64_C(1500000000) + 499999;
    ck_assert_str_eq(timings_json(&timings, &arena),
                     "{\"wait\":0.000500,\"download\":1.500500,"
                     "\"parse\":3.000500,\"encode\":4.500500,"
                     "\"send\":6.000500,\"index\":7.500500,"
                     "\"load\":9.000500,\"merge\":10.500500}");
    arena_free(&arena);
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("timings");
    TCase *tests = tcase_create("timings");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, measured_lines_represent_all_lines);
    tcase_add_test(tests, without_measured_lines_all_time_is_parsing);
    tcase_add_test(tests, times_are_never_negative);
    tcase_add_test(tests, another_attempt_keeps_the_time_of_waiting);
    tcase_add_test(tests, the_json_has_seconds);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
