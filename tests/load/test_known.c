/* known: which rows of a table came unchanged. */
#include <check.h>

#include "load/known.h"
#include "support/suite.h"

enum { ROWS = 20000, BUDGET = 1024 * 1024 };

static struct known_budget budget;
static struct known *known;

static void
setup(void)
{
    budget = (struct known_budget){.bytes_left = BUDGET};
    known = known_new(&budget, ROWS);
    ck_assert_ptr_nonnull(known);
}

static void
teardown(void)
{
    known_free(known);
    ck_assert_uint_eq(budget.bytes_left, BUDGET);
}

/* Numbers that are spread as hashes are, and never 0. */
static int64_t
hash_of(int n)
{
    uint64_t x = (uint64_t)n + 1;

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return (int64_t)(x ^ x >> 31);
}

static void
add(int from, int to)
{
    for (int n = from; n < to; n++) {
        int64_t hash = hash_of(n);

        known_add(known, &hash);
    }
}

static void
add_again(int from, int to)
{
    for (int n = from; n < to; n++) {
        int64_t hash = hash_of(n);

        known_add_again(known, &hash);
    }
}

static bool
settle(int n)
{
    int64_t hash = hash_of(n);

    return known_settle(known, &hash);
}

static int
count_next(bool marked)
{
    size_t place = 0;
    int64_t hash;
    int count = 0;

    while (known_next(known, marked, &place, &hash))
        count++;
    return count;
}

/* ---- marks -------------------------------------------------------------- */

START_TEST(rows_that_came_are_told_from_those_that_did_not)
{
    add(0, ROWS);
    ck_assert(known_is_whole(known));
    for (int n = 0; n < ROWS; n += 2)
        ck_assert_int_eq(known_mark(known, hash_of(n)), KNOWN_FIRST);
    for (int n = ROWS; n < 2 * ROWS; n++)
        ck_assert_int_eq(known_mark(known, hash_of(n)), KNOWN_NOT);
    ck_assert_int_eq(known_marked(known), ROWS / 2);
    ck_assert_int_eq(known_gone(known), ROWS / 2);
    ck_assert_int_eq(count_next(true), ROWS / 2);
    ck_assert_int_eq(count_next(false), ROWS / 2);
    ck_assert(!known_any_again(known));
}

END_TEST

START_TEST(a_row_that_comes_twice_is_seen)
{
    add(0, 10);
    ck_assert_int_eq(known_mark(known, hash_of(3)), KNOWN_FIRST);
    ck_assert_int_eq(known_mark(known, hash_of(3)), KNOWN_AGAIN);
    ck_assert(known_any_again(known));
    ck_assert_int_eq(known_marked(known), 2);
}

END_TEST

START_TEST(a_mark_is_taken_back)
{
    add(0, 10);
    known_undo(known, hash_of(3), known_mark(known, hash_of(3)));
    known_undo(known, hash_of(77), known_mark(known, hash_of(77)));
    ck_assert_int_eq(known_marked(known), 0);
    ck_assert_int_eq(known_gone(known), 10);
    ck_assert_int_eq(known_mark(known, hash_of(3)), KNOWN_FIRST);
    known_undo(known, hash_of(3), known_mark(known, hash_of(3)));
    ck_assert(!known_any_again(known));
    ck_assert_int_eq(known_marked(known), 1);
}

END_TEST

/* ---- what the table has -------------------------------------------------- */

START_TEST(it_sums_up_what_it_read)
{
    struct known_sums sums, other;
    int64_t zero = 0;

    add(0, 3);
    ck_assert(!known_lacks_hashes(known));
    known_add(known, NULL);
    ck_assert(known_lacks_hashes(known));
    known_add(known, &zero);
    sums = other = known_sums(known);
    ck_assert_int_eq(sums.rows, 5);
    ck_assert_int_eq(sums.hashes, 4);
    ck_assert_uint_eq(sums.mixed,
                      (uint64_t)(hash_of(0) ^ hash_of(1) ^ hash_of(2)));
    ck_assert(known_sums_equal(&sums, &other));
    other.mixed++;
    ck_assert(!known_sums_equal(&sums, &other));
    other = sums;
    other.rows++;
    ck_assert(!known_sums_equal(&sums, &other));
    other = sums;
    other.hashes++;
    ck_assert(!known_sums_equal(&sums, &other));
}

END_TEST

START_TEST(zero_is_no_hash)
{
    int64_t zero = 0;

    known_add(known, &zero);
    ck_assert_int_eq(known_mark(known, 0), KNOWN_NOT);
    ck_assert_int_eq(known_gone(known), 0);
    ck_assert(known_lacks_hashes(known));
    ck_assert(known_settle(known, &zero));
    ck_assert(known_is_whole(known));
}

END_TEST

START_TEST(two_rows_with_one_hash_make_it_useless)
{
    add(0, 10);
    ck_assert(known_is_whole(known));
    add(3, 4);
    ck_assert(!known_is_whole(known));
    ck_assert(!known_is_full(known));
}

END_TEST

/* A tenth more than was counted fits. Twice as many do not, and even then a
 * search ends. */
START_TEST(it_says_when_it_is_full)
{
    add(0, ROWS + ROWS / 10);
    ck_assert(known_is_whole(known));
    ck_assert(!known_is_full(known));
    add(ROWS + ROWS / 10, 2 * ROWS);
    ck_assert(!known_is_whole(known));
    ck_assert(known_is_full(known));
    ck_assert_int_eq(known_sums(known).rows, 2 * ROWS);
    ck_assert_int_eq(known_mark(known, hash_of(3 * ROWS)), KNOWN_NOT);
    ck_assert_int_eq(known_mark(known, hash_of(0)), KNOWN_FIRST);
}

END_TEST

/* ---- memory -------------------------------------------------------------- */

START_TEST(the_budget_is_shared)
{
    struct known *second, *third;
    size_t left = budget.bytes_left;

    ck_assert_uint_eq(left, BUDGET - (ROWS + ROWS / 10) * 12);
    second = known_new(&budget, ROWS);
    ck_assert_ptr_nonnull(second);
    ck_assert_ptr_null(known_new(&budget, 3 * ROWS));
    third = known_new(&budget, 0);
    ck_assert_ptr_nonnull(third);
    known_free(second);
    known_free(third);
    known_free(NULL);
    ck_assert_uint_eq(budget.bytes_left, left);
}

END_TEST

/* ---- the merge ----------------------------------------------------------- */

START_TEST(rows_that_change_have_not_gone)
{
    int64_t other = hash_of(ROWS);

    add(0, 10);
    known_mark(known, hash_of(0));
    ck_assert(settle(1));
    ck_assert(settle(1));
    ck_assert(known_settle(known, NULL));
    ck_assert(known_settle(known, &other));
    ck_assert_int_eq(known_gone(known), 8);
    ck_assert_int_eq(count_next(false), 8);
    known_unsettle(known);
    ck_assert_int_eq(known_gone(known), 9);
    ck_assert_int_eq(known_marked(known), 1);
}

END_TEST

START_TEST(a_marked_row_does_not_change)
{
    add(0, 10);
    known_mark(known, hash_of(0));
    ck_assert(!settle(0));
    ck_assert(settle(1));
}

END_TEST

START_TEST(a_second_reading_finds_marked_rows_again)
{
    add(0, 10);
    known_mark(known, hash_of(0));
    known_read_again(known);
    add_again(0, 5);
    add_again(10, 15);
    ck_assert(known_read_end(known));
    ck_assert_int_eq(known_sums(known).rows, 10);
    ck_assert(settle(10));
    ck_assert_int_eq(known_gone(known), 13); /* the 5 that went, too */
}

END_TEST

START_TEST(a_second_reading_misses_a_marked_row)
{
    add(0, 10);
    known_mark(known, hash_of(9));
    known_read_again(known);
    add_again(0, 9);
    known_add_again(known, NULL);
    ck_assert(!known_read_end(known));
}

END_TEST

START_TEST(a_second_reading_meets_a_hash_twice)
{
    add(0, 10);
    known_read_again(known);
    add_again(0, 10);
    add_again(4, 5);
    ck_assert(!known_read_end(known));
}

END_TEST

START_TEST(a_second_reading_may_be_too_much)
{
    add(0, ROWS);
    known_read_again(known);
    add_again(0, 2 * ROWS);
    ck_assert(!known_read_end(known));
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("known");
    TCase *rows = tcase_create("rows");

    tcase_add_checked_fixture(rows, setup, teardown);
    tcase_add_test(rows, rows_that_came_are_told_from_those_that_did_not);
    tcase_add_test(rows, a_row_that_comes_twice_is_seen);
    tcase_add_test(rows, a_mark_is_taken_back);
    tcase_add_test(rows, it_sums_up_what_it_read);
    tcase_add_test(rows, zero_is_no_hash);
    tcase_add_test(rows, two_rows_with_one_hash_make_it_useless);
    tcase_add_test(rows, it_says_when_it_is_full);
    tcase_add_test(rows, the_budget_is_shared);
    tcase_add_test(rows, rows_that_change_have_not_gone);
    tcase_add_test(rows, a_marked_row_does_not_change);
    tcase_add_test(rows, a_second_reading_finds_marked_rows_again);
    tcase_add_test(rows, a_second_reading_misses_a_marked_row);
    tcase_add_test(rows, a_second_reading_meets_a_hash_twice);
    tcase_add_test(rows, a_second_reading_may_be_too_much);
    suite_add_tcase(suite, rows);
    return suite_run(suite);
}
