/* diff: which rows have to be sent, by what the journal knows of their keys. */
#include <check.h>

#include "push/diff.h"
#include "support/suite.h"

static enum row_state
after(struct diff diff, enum row_state state, bool is_newer, const char *hash,
      enum line_before compared)
{
    struct diff_known known = {
        .hash = "same", .state = state, .is_newer = is_newer};

    return diff_row(&diff, &known, hash, compared);
}

START_TEST(a_new_key_is_sent)
{
    struct diff diff = {.counts = false};

    ck_assert_int_eq(diff_row(&diff, NULL, "x", LINE_BEFORE_UNKNOWN),
                     ROW_PLANNED);
    ck_assert_int_eq(diff_row(&diff, NULL, "x", LINE_BEFORE_DIFFERENT),
                     ROW_PLANNED);
    ck_assert_int_eq(diff_row(&diff, NULL, "x", LINE_BEFORE_EQUAL),
                     ROW_UNCHANGED);
    diff.sends_all = true;
    ck_assert_int_eq(diff_row(&diff, NULL, "x", LINE_BEFORE_EQUAL),
                     ROW_PLANNED);
}

END_TEST

START_TEST(an_applied_row_is_sent_if_it_changed)
{
    struct diff diff = {.counts = false};
    struct diff all = {.sends_all = true};

    ck_assert_int_eq(
        after(diff, ROW_APPLIED, true, "same", LINE_BEFORE_UNKNOWN),
        ROW_UNCHANGED);
    ck_assert_int_eq(
        after(diff, ROW_APPLIED, true, "other", LINE_BEFORE_UNKNOWN),
        ROW_PLANNED);
    ck_assert_int_eq(after(all, ROW_APPLIED, true, "same", LINE_BEFORE_EQUAL),
                     ROW_PLANNED);
}

END_TEST

START_TEST(values_before_decide_if_they_are_newer)
{
    struct diff diff = {.counts = false};

    /* The table was pulled after the row was settled. */
    ck_assert_int_eq(
        after(diff, ROW_APPLIED, false, "same", LINE_BEFORE_DIFFERENT),
        ROW_PLANNED);
    ck_assert_int_eq(
        after(diff, ROW_APPLIED, false, "other", LINE_BEFORE_EQUAL),
        ROW_UNCHANGED);
    /* It was pulled before. */
    ck_assert_int_eq(
        after(diff, ROW_APPLIED, true, "same", LINE_BEFORE_DIFFERENT),
        ROW_UNCHANGED);
    ck_assert_int_eq(after(diff, ROW_APPLIED, true, "other", LINE_BEFORE_EQUAL),
                     ROW_PLANNED);
}

END_TEST

START_TEST(rows_in_doubt_are_sent_only_if_that_is_safe)
{
    static const enum row_state in_doubt[] = {ROW_SENDING, ROW_UNKNOWN,
                                              ROW_HELD};
    struct diff never = {.sends_all = true};
    struct diff safe = {.may_repeat = true};
    struct diff counts = {.may_repeat = true, .counts = true};

    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(
            after(never, in_doubt[i], true, "same", LINE_BEFORE_EQUAL),
            ROW_HELD);
        ck_assert_int_eq(
            after(safe, in_doubt[i], true, "same", LINE_BEFORE_EQUAL),
            ROW_PLANNED);
        ck_assert_int_eq(
            after(counts, in_doubt[i], true, "same", LINE_BEFORE_UNKNOWN),
            ROW_HELD);
    }
}

END_TEST

START_TEST(an_event_is_sent_once_ever)
{
    struct diff counts = {.counts = true};

    ck_assert_int_eq(
        after(counts, ROW_APPLIED, false, "other", LINE_BEFORE_DIFFERENT),
        ROW_UNCHANGED);
    ck_assert_int_eq(
        after(counts, ROW_REFUSED, true, "other", LINE_BEFORE_UNKNOWN),
        ROW_PLANNED);
    ck_assert_int_eq(
        after(counts, ROW_PARTLY, true, "other", LINE_BEFORE_UNKNOWN),
        ROW_PARTLY);
}

END_TEST

START_TEST(a_refused_row_is_sent_if_it_changed)
{
    struct diff diff = {.counts = false};
    struct diff all = {.sends_all = true};
    struct diff retry = {.is_retry = true};

    ck_assert_int_eq(after(diff, ROW_REFUSED, true, "same", LINE_BEFORE_EQUAL),
                     ROW_REFUSED);
    ck_assert_int_eq(after(diff, ROW_PARTLY, true, "same", LINE_BEFORE_UNKNOWN),
                     ROW_PARTLY);
    ck_assert_int_eq(
        after(diff, ROW_REFUSED, true, "other", LINE_BEFORE_UNKNOWN),
        ROW_PLANNED);
    ck_assert_int_eq(after(all, ROW_REFUSED, true, "same", LINE_BEFORE_UNKNOWN),
                     ROW_PLANNED);
    ck_assert_int_eq(
        after(retry, ROW_REFUSED, true, "same", LINE_BEFORE_UNKNOWN),
        ROW_PLANNED);
    ck_assert_int_eq(
        after(retry, ROW_UNKNOWN, true, "same", LINE_BEFORE_UNKNOWN),
        ROW_PLANNED);
}

END_TEST

static Suite *
diff_suite(void)
{
    Suite *suite = suite_create("diff");
    TCase *tests = tcase_create("diff");

    tcase_add_test(tests, a_new_key_is_sent);
    tcase_add_test(tests, an_applied_row_is_sent_if_it_changed);
    tcase_add_test(tests, values_before_decide_if_they_are_newer);
    tcase_add_test(tests, rows_in_doubt_are_sent_only_if_that_is_safe);
    tcase_add_test(tests, an_event_is_sent_once_ever);
    tcase_add_test(tests, a_refused_row_is_sent_if_it_changed);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(diff_suite());
}
