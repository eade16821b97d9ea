/* ending: the error of a push follows from the states of its rows. */
#include <check.h>
#include <string.h>

#include "push/ending.h"
#include "support/suite.h"

static const struct judged {
    struct push_counts counts;
    int64_t denied;
    const char *code; /* "": it did not fail */
    enum err_kind kind;
} judged[] = {
    {{.applied = 5, .unchanged = 2}, 0, "", ERR_NONE},
    {{.applied = 5, .refused = 1}, 0, "PUSH_REFUSED", ERR_ROW},
    {{.applied = 5, .invalid = 1}, 0, "PUSH_INVALID", ERR_ROW},
    {{.applied = 5, .skipped = 1}, 0, "PUSH_SKIPPED", ERR_FAILED},
    {{.refused = 5, .unknown = 1}, 0, "PUSH_UNKNOWN", ERR_FAILED},
    {{.refused = 5, .unknown = 1}, 5, "ACCESS_DENIED", ERR_DENIED},
};

START_TEST(the_worst_decides)
{
    struct push push;

    memset(&push, 0, sizeof(push));
    push.job = "prices";
    push.counts = judged[_i].counts;
    push.tallies.denied = judged[_i].denied;
    push_judge(&push);
    ck_assert_int_eq(push.err.kind, judged[_i].kind);
    if (judged[_i].kind != ERR_NONE)
        ck_assert_str_eq(push.err.code, judged[_i].code);
}

END_TEST

/* Its rows are sent by the push that finishes it. */
START_TEST(a_resumed_push_may_leave_rows)
{
    struct push push;

    memset(&push, 0, sizeof(push));
    push.is_resumed = true;
    push.counts.skipped = 3;
    push_judge(&push);
    ck_assert_int_eq(push.err.kind, ERR_NONE);
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("ending");
    TCase *tests = tcase_create("ending");

    tcase_add_loop_test(tests, the_worst_decides, 0,
                        sizeof(judged) / sizeof(judged[0]));
    tcase_add_test(tests, a_resumed_push_may_leave_rows);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
