/* tally: it is even only if each parent has the rows that it counted. */
#include <check.h>
#include <stdio.h>

#include "load/tally.h"
#include "support/suite.h"

enum { PARENTS = 20000 };

static struct tally tally;

static void
teardown(void)
{
    tally_free(&tally);
}

static struct span
gid(int number)
{
    static char text[64];

    snprintf(text, sizeof(text), "gid://shopify/Product/%d", number);
    return span_str(text);
}

static void
rows_come(int parent, int rows)
{
    for (int i = 0; i < rows; i++)
        tally_row(&tally, gid(parent));
}

/* Parent n counts n % 7 rows, which come before or after the parent. */
static void
all_come(void)
{
    for (int n = 0; n < PARENTS; n++) {
        if (n % 2 == 0)
            rows_come(n, n % 7);
        tally_promise(&tally, gid(n), (uint32_t)n % 7);
    }
    for (int n = 1; n < PARENTS; n += 2)
        rows_come(n, n % 7);
}

START_TEST(it_is_even_when_each_parent_has_its_rows)
{
    tally_init(&tally, true);
    ck_assert(tally_is_even(&tally));
    all_come();
    ck_assert(tally_is_even(&tally));
}

END_TEST

START_TEST(a_missing_or_additional_row_is_noticed)
{
    tally_init(&tally, true);
    all_come();
    tally_promise(&tally, gid(1), 1);
    ck_assert(!tally_is_even(&tally));
    rows_come(1, 2);
    ck_assert(!tally_is_even(&tally));
}

END_TEST

START_TEST(a_row_of_another_parent_does_not_count)
{
    tally_init(&tally, true);
    all_come();
    tally_promise(&tally, gid(1), 1);
    rows_come(2, 1);
    ck_assert(!tally_is_even(&tally));
}

END_TEST

/* Its rows may be more or fewer than it counted. */
START_TEST(a_parent_that_is_left_open_does_not_count)
{
    tally_init(&tally, true);
    tally_leave_open(&tally, gid(PARENTS));
    tally_leave_open(&tally, gid(PARENTS + 1));
    tally_leave_open(&tally, gid(PARENTS));
    all_come();
    rows_come(PARENTS, 3);
    ck_assert(tally_is_even(&tally));
    rows_come(PARENTS + 2, 1);
    ck_assert(!tally_is_even(&tally));
    tally_promise(&tally, gid(PARENTS + 2), 1);
    ck_assert(tally_is_even(&tally));
}

END_TEST

START_TEST(rows_before_a_parent_that_is_left_open_are_noticed)
{
    tally_init(&tally, true);
    rows_come(1, 2);
    tally_leave_open(&tally, gid(1));
    rows_come(1, 1);
    ck_assert(!tally_is_even(&tally));
}

END_TEST

START_TEST(few_parents_can_be_left_open)
{
    tally_init(&tally, true);
    for (int n = 0; n < TALLY_OPEN_MAX; n++) {
        tally_leave_open(&tally, gid(n));
        rows_come(n, n % 3);
    }
    ck_assert(tally_is_even(&tally));
    tally_leave_open(&tally, gid(TALLY_OPEN_MAX));
    ck_assert(!tally_is_even(&tally));
}

END_TEST

START_TEST(a_parent_without_a_count_leaves_it_unsure)
{
    tally_init(&tally, true);
    all_come();
    tally_no_promise(&tally);
    ck_assert(!tally_is_even(&tally));
}

END_TEST

START_TEST(without_counts_a_hundred_rows_of_a_parent_matter)
{
    tally_init(&tally, false);
    for (int n = 0; n < PARENTS; n++)
        rows_come(n, n % 7);
    rows_come(PARENTS, TALLY_LOWEST_ROUND - 1);
    ck_assert(tally_is_even(&tally));
    rows_come(PARENTS, 1);
    ck_assert(!tally_is_even(&tally));
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("tally");
    TCase *rows = tcase_create("rows");

    tcase_add_checked_fixture(rows, NULL, teardown);
    tcase_add_test(rows, it_is_even_when_each_parent_has_its_rows);
    tcase_add_test(rows, a_missing_or_additional_row_is_noticed);
    tcase_add_test(rows, a_row_of_another_parent_does_not_count);
    tcase_add_test(rows, a_parent_that_is_left_open_does_not_count);
    tcase_add_test(rows, rows_before_a_parent_that_is_left_open_are_noticed);
    tcase_add_test(rows, few_parents_can_be_left_open);
    tcase_add_test(rows, a_parent_without_a_count_leaves_it_unsure);
    tcase_add_test(rows, without_counts_a_hundred_rows_of_a_parent_matter);
    suite_add_tcase(suite, rows);
    return suite_run(suite);
}
