/* patience: the budget of each class, and when the server is given up. */
#include <check.h>
#include <stdio.h>

#include "api/patience.h"
#include "base/clock.h"
#include "support/clock.h"
#include "support/suite.h"

static struct err err;
static const struct log_ctx ctx = {.store = "acme"};

static struct patience
patience_with_budget(int64_t budget_ms)
{
    return (struct patience){.config = {.retry_initial_ms = 1,
                                        .retry_max_ms = 1,
                                        .retry_budget_ms = budget_ms,
                                        .least_ms = 7}};
}

START_TEST(requests_of_a_class_share_one_budget)
{
    struct patience patience = patience_with_budget(1000);
    struct backoff poll = patience_backoff(&patience, "poll");
    struct backoff other_poll = patience_backoff(&patience, "poll");
    struct backoff submit = patience_backoff(&patience, "submit");

    ck_assert_ptr_eq(backoff_budget(&poll), backoff_budget(&other_poll));
    ck_assert_ptr_ne(backoff_budget(&poll), backoff_budget(&submit));
    ck_assert_int_eq(poll.least_ms, 7);
}

END_TEST

START_TEST(more_classes_than_entries_share_the_last_budget)
{
    static char names[PATIENCE_CLASSES_MAX + 1][16];
    struct patience patience = patience_with_budget(1000);
    struct backoff last = {0}, beyond = {0};

    for (int i = 0; i <= PATIENCE_CLASSES_MAX; i++) {
        snprintf(names[i], sizeof(names[i]), "c%d", i);
        last = beyond;
        beyond = patience_backoff(&patience, names[i]);
    }
    ck_assert_ptr_eq(backoff_budget(&last), backoff_budget(&beyond));
}

END_TEST

START_TEST(a_spent_budget_gives_up_the_server)
{
    struct patience patience = patience_with_budget(0);
    struct backoff backoff = patience_backoff(&patience, "poll");

    err_set(&err, MSG_NOT_JSON, "no answer");
    err_as(&err, ERR_TRANSIENT);
    ck_assert_ptr_null(patience_given_up(&patience));
    ck_assert(!patience_wait(&patience, &backoff, 0, &ctx, "again", &err));
    ck_assert_int_eq(err.kind, ERR_LATER);
    ck_assert_ptr_nonnull(patience_given_up(&patience));
    ck_assert_str_eq(patience_given_up(&patience)->code, "NOT_JSON");
}

END_TEST

/* The other requests to the server may still succeed. */
START_TEST(a_request_deadline_does_not_give_up_the_server)
{
    struct patience patience = patience_with_budget(1000000);
    struct backoff backoff = patience_backoff(&patience, "poll");

    clock_freeze();
    backoff.end_ms = clock_now_ms();
    err_set(&err, MSG_NOT_JSON, "no answer");
    ck_assert(!patience_wait(&patience, &backoff, 0, &ctx, "again", &err));
    ck_assert_int_eq(err.kind, ERR_LATER);
    ck_assert_ptr_null(patience_given_up(&patience));
}

END_TEST

START_TEST(only_the_first_reason_to_give_up_counts)
{
    struct patience patience = patience_with_budget(1000);

    err_set(&err, MSG_NOT_JSON, "first");
    patience_give_up(&patience, &err);
    err_set(&err, MSG_THROTTLED, "second");
    patience_give_up(&patience, &err);
    ck_assert_str_eq(patience_given_up(&patience)->message, "first");
    ck_assert_int_eq(patience_given_up(&patience)->kind, ERR_LATER);
}

END_TEST

START_TEST(a_silent_server_is_reported_once_until_it_answers)
{
    struct patience patience = patience_with_budget(1000);
    struct backoff backoff = patience_backoff(&patience, "poll");

    ck_assert_int_eq(patience_failure_level(&patience), LOG_WARN);
    ck_assert_int_eq(patience_failure_level(&patience), LOG_DEBUG);
    patience_answered(&patience, &backoff);
    ck_assert_int_eq(patience_failure_level(&patience), LOG_WARN);
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("patience");
    TCase *tcase = tcase_create("patience");

    tcase_add_test(tcase, requests_of_a_class_share_one_budget);
    tcase_add_test(tcase, more_classes_than_entries_share_the_last_budget);
    tcase_add_test(tcase, a_spent_budget_gives_up_the_server);
    tcase_add_test(tcase, a_request_deadline_does_not_give_up_the_server);
    tcase_add_test(tcase, only_the_first_reason_to_give_up_counts);
    tcase_add_test(tcase, a_silent_server_is_reported_once_until_it_answers);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
