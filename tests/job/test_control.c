/* control: how many connections load a result. */
#include <check.h>

#include "job/control.h"
#include "support/suite.h"

enum { NEAR_US = 500, FAR_US = 60000, MANY = 100 };

START_TEST(a_near_database_has_as_many_as_configured)
{
    ck_assert_int_eq(control_connections(1, NEAR_US, MANY, 0), 1);
    ck_assert_int_eq(control_connections(5, NEAR_US, MANY, 0), 5);
    ck_assert_int_eq(control_connections(1, 0, MANY, 0), 1);
}

END_TEST

START_TEST(a_distant_database_has_at_least_three)
{
    ck_assert_int_eq(control_connections(1, FAR_US, MANY, 0), 3);
    ck_assert_int_eq(control_connections(2, FAR_US, MANY, 0), 3);
    ck_assert_int_eq(control_connections(5, FAR_US, MANY, 0), 5);
}

END_TEST

START_TEST(a_distant_database_without_room_has_as_many_as_configured)
{
    ck_assert_int_eq(control_connections(1, FAR_US, 7, 0), 1);
    ck_assert_int_eq(control_connections(1, FAR_US, 8, 0), 3);
}

END_TEST

START_TEST(the_room_is_shared_by_as_many_loads_as_configured)
{
    ck_assert_int_eq(control_connections(1, FAR_US, 28, 8), 1);
    ck_assert_int_eq(control_connections(2, FAR_US, 28, 8), 2);
    ck_assert_int_eq(control_connections(1, FAR_US, 29, 8), 3);
    ck_assert_int_eq(control_connections(1, FAR_US, 8, 1), 3);
    ck_assert_int_eq(control_connections(1, FAR_US, 2, 8), 1);
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("control");
    TCase *tests = tcase_create("control");

    tcase_add_test(tests, a_near_database_has_as_many_as_configured);
    tcase_add_test(tests, a_distant_database_has_at_least_three);
    tcase_add_test(tests,
                   a_distant_database_without_room_has_as_many_as_configured);
    tcase_add_test(tests, the_room_is_shared_by_as_many_loads_as_configured);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
