/* operation: the order of requests and journal entries, from each start to each
 * end. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/task.h"
#include "bulk/operation.h"
#include "bulk/submit.h"
#include "scripted/bulk.h"
#include "support/suite.h"

static struct operation operation;
static struct err err;
static bool is_done, takes_partial, may_be_halved;

/* The journal's row of an operation that an earlier process began. */
static const struct journal_operation *earlier;

static const struct journal_operation earlier_running = {.run_id = 9,
                                                         .n = 1,
                                                         .attempt = 1,
                                                         .operation_id = "7",
                                                         .status = "RUNNING",
                                                         .age_ms = 5000};
static const struct journal_operation earlier_lost = {
    .run_id = 9, .n = 1, .attempt = 1, .is_lost = true, .age_ms = 60000};
static const struct journal_operation earlier_refused = {
    .run_id = 9, .n = 1, .attempt = 1};

static void
setup(void)
{
    scripted_bulk_setup();
    memset(&err, 0, sizeof(err));
    earlier = NULL;
    is_done = takes_partial = may_be_halved = false;
}

static void
complete(void *ctx)
{
    (void)ctx;
    operation.takes_partial = takes_partial;
    operation.may_be_halved = may_be_halved;
    is_done = operation_complete(&operation, &err);
}

static void
play(const struct scripted_answer *answers, size_t count)
{
    operation_init(&operation, &scripted_run_ref, 1, "{ q }", NULL);
    if (earlier != NULL)
        operation_resume(&operation, earlier);
    scripted_bulk_play(answers, count, complete, NULL);
    ck_assert_int_eq(scripted_store.slots_taken, 0);
}

#define PLAY(...)                                                \
    play((const struct scripted_answer[]){__VA_ARGS__},          \
         sizeof((const struct scripted_answer[]){__VA_ARGS__}) / \
             sizeof(struct scripted_answer))

#define DONE_AFTER(text)                                            \
    do {                                                            \
        ck_assert_msg(is_done, "%s: %s\n%s", err.code, err.message, \
                      scripted_transcript());                       \
        ck_assert_str_eq(scripted_transcript(), text);              \
    } while (0)

#define FAILED_AFTER(expected_kind, expected_code, text) \
    do {                                                 \
        ck_assert_str_eq(scripted_transcript(), text);   \
        ck_assert(!is_done);                             \
        ck_assert_str_eq(err.code, expected_code);       \
        ck_assert_int_eq(err.kind, expected_kind);       \
    } while (0)

#define TAKEN                                    \
    {                                            \
        .call = "submit", .status = BULK_CREATED \
    }
#define COMPLETED                                               \
    {                                                           \
        .call = "read", .status = BULK_COMPLETED, .objects = 5, \
        .url = "https://a/b"                                    \
    }
#define RUNNING                                              \
    {                                                        \
        .call = "read", .status = BULK_RUNNING, .objects = 3 \
    }
#define ENDS(end, code)                                                 \
    {                                                                   \
        .call = "read", .status = end, .objects = 3, .error_code = code \
    }

#define SUBMIT(attempt) \
    "journal: 1." attempt " sent\nstore: submit # bulkpg u/9/1." attempt "\n"
#define SUBMITTED(attempt) \
    SUBMIT(attempt)        \
    "journal: 1." attempt " is 7 CREATED\njournal: run polling\n"
#define READ(attempt, said) \
    "store: read 7\njournal: 1." attempt " is 7 " said "\n"

#define READ_ONLY "store: read 7\n"

/* ---- submit and poll --------------------------------------------------- */

START_TEST(an_operation_is_recorded_sent_and_polled)
{
    PLAY(TAKEN, RUNNING, COMPLETED);
    DONE_AFTER(SUBMITTED("1") READ_ONLY READ("1", "COMPLETED"));
    ck_assert_str_eq(operation.row.query, "# bulkpg u/9/1.1\n{ q }");
    ck_assert_str_eq(operation.bulk.url, "https://a/b");
    ck_assert_str_eq(scripted_run_ref.log->operation_id, "7");
}

END_TEST

/* Every ten seconds. */
START_TEST(a_long_operation_is_recorded_now_and_then)
{
    PLAY(TAKEN, RUNNING,
         {.call = "read", .status = BULK_RUNNING, .takes_ms = 10000}, RUNNING,
         COMPLETED);
    DONE_AFTER(SUBMITTED("1") READ_ONLY READ("1", "RUNNING")
                   READ_ONLY READ("1", "COMPLETED"));
}

END_TEST

START_TEST(a_result_without_objects_needs_no_url)
{
    PLAY(TAKEN, {.call = "read", .status = BULK_COMPLETED});
    DONE_AFTER(SUBMITTED("1") READ("1", "COMPLETED"));
}

END_TEST

START_TEST(a_missing_url_is_polled_for_five_times)
{
    PLAY(TAKEN, ENDS(BULK_COMPLETED, NULL), ENDS(BULK_COMPLETED, NULL),
         ENDS(BULK_COMPLETED, NULL), ENDS(BULK_COMPLETED, NULL),
         ENDS(BULK_COMPLETED, NULL));
    ck_assert(!is_done);
    ck_assert_str_eq(err.code, "NO_URL");
}

END_TEST

/* ---- refused submissions ----------------------------------------------- */

START_TEST(a_refused_query_fails_the_operation)
{
    PLAY({.call = "submit", .msg = MSG_INVALID});
    FAILED_AFTER(ERR_CONFIG, "INVALID", SUBMIT("1"));
}

END_TEST

START_TEST(a_store_that_was_given_up_took_nothing)
{
    PLAY({.call = "submit", .msg = MSG_THROTTLED, .kind = ERR_LATER});
    FAILED_AFTER(ERR_LATER, "THROTTLED", SUBMIT("1") "journal: 1.1 not sent\n");
}

END_TEST

START_TEST(a_request_that_was_not_sent_is_sent_in_the_same_attempt)
{
    PLAY({.call = "submit", .msg = MSG_NOT_SENT}, TAKEN, COMPLETED);
    DONE_AFTER(
        SUBMIT("1") "journal: 1.1 not sent\njournal: 1.1 sent\n"
                    "store: submit # bulkpg u/9/1.1\n"
                    "journal: 1.1 is 7 CREATED\njournal: run polling\n" READ(
                        "1", "COMPLETED"));
}

END_TEST

static const enum msg full[] = {MSG_OPERATION_IN_PROGRESS, MSG_LIMIT_REACHED};

START_TEST(without_a_slot_it_waits_as_long_as_the_store_says)
{
    int64_t begun_ms = clock_now_ms();

    PLAY({.call = "submit", .msg = full[_i], .wait_ms = 30000}, TAKEN,
         COMPLETED);
    DONE_AFTER(
        SUBMIT("1") "journal: 1.1 not sent\njournal: run waiting\n"
                    "journal: 1.1 sent\n"
                    "store: submit # bulkpg u/9/1.1\n"
                    "journal: 1.1 is 7 CREATED\njournal: run polling\n" READ(
                        "1", "COMPLETED"));
    ck_assert_int_ge(clock_now_ms() - begun_ms, 30000);
    ck_assert(operation.told_of_slot && !operation.waits_for_slot);
}

END_TEST

START_TEST(the_wait_for_a_slot_ends_with_the_budget)
{
    PLAY(
        {.call = "submit", .msg = MSG_OPERATION_IN_PROGRESS, .wait_ms = 5000},
        {.call = "submit", .msg = MSG_OPERATION_IN_PROGRESS, .wait_ms = 60000});
    FAILED_AFTER(ERR_LATER, "OPERATION_IN_PROGRESS",
                 SUBMIT("1") "journal: 1.1 not sent\njournal: run waiting\n"
                             "journal: 1.1 sent\n"
                             "store: submit # bulkpg u/9/1.1\n"
                             "journal: 1.1 not sent\njournal: run waiting\n"
                             "journal: 1.1 not sent\n");
}

END_TEST

/* ---- lost answers ------------------------------------------------------ */

#define LOST                                     \
    {                                            \
        .call = "submit", .msg = MSG_ANSWER_LOST \
    }
#define FOUND                                  \
    {                                          \
        .call = "find", .status = BULK_RUNNING \
    }
#define NOT_FOUND                                            \
    {                                                        \
        .call = "find", .is_absent = true, .takes_ms = 30000 \
    }
#define FIND "store: find # bulkpg u/9/1.1\n"

START_TEST(an_operation_whose_answer_was_lost_is_adopted)
{
    PLAY(LOST, {.call = "find", .is_absent = true}, FOUND, COMPLETED);
    DONE_AFTER(SUBMIT("1") FIND FIND
               "journal: 1.1 is 7 RUNNING\n"
               "journal: run polling\n" READ("1", "COMPLETED"));
}

END_TEST

START_TEST(an_operation_that_is_not_found_gets_a_new_attempt)
{
    PLAY(LOST, NOT_FOUND, TAKEN, COMPLETED);
    DONE_AFTER(SUBMIT("1") FIND "journal: 1.1 is NOT_THERE\n" SUBMITTED("2")
                   READ("2", "COMPLETED"));
}

END_TEST

START_TEST(a_lost_answer_counts_even_after_a_refusal)
{
    PLAY({.call = "submit", .msg = MSG_NOT_SENT}, LOST,
         {.call = "find", .msg = MSG_ANSWER_LOST, .kind = ERR_LATER});
    FAILED_AFTER(ERR_LATER, "ANSWER_LOST",
                 SUBMIT("1") "journal: 1.1 not sent\njournal: 1.1 sent\n"
                             "store: submit # bulkpg u/9/1.1\n" FIND);
}

END_TEST

START_TEST(a_failed_search_does_not_send_it_again)
{
    PLAY(LOST, {.call = "find", .msg = MSG_ANSWER_LOST, .kind = ERR_LATER});
    FAILED_AFTER(ERR_LATER, "ANSWER_LOST", SUBMIT("1") FIND);
}

END_TEST

/* ---- ends -------------------------------------------------------------- */

static const struct {
    enum bulk_status status;
    const char *code;
    const char *line;
} again[] = {
    {BULK_FAILED, "INTERNAL_SERVER_ERROR", "FAILED INTERNAL_SERVER_ERROR"},
    {BULK_FAILED, NULL, "FAILED"},
    {BULK_CANCELED, NULL, "CANCELED"},
    {BULK_EXPIRED, NULL, "EXPIRED"},
};

START_TEST(an_operation_that_the_store_ends_is_submitted_again)
{
    char first[256];

    PLAY(TAKEN, ENDS(again[_i].status, again[_i].code), TAKEN, COMPLETED);
    snprintf(first, sizeof(first), READ("1", "%s"), again[_i].line);
    ck_assert(is_done);
    ck_assert_ptr_nonnull(strstr(scripted_transcript(), first));
    ck_assert_str_eq(strstr(scripted_transcript(), first) + strlen(first),
                     SUBMITTED("2") READ("2", "COMPLETED"));
}

END_TEST

START_TEST(an_operation_is_submitted_at_most_four_times)
{
    PLAY(TAKEN, ENDS(BULK_FAILED, NULL), TAKEN, ENDS(BULK_EXPIRED, NULL), TAKEN,
         ENDS(BULK_FAILED, NULL), TAKEN, ENDS(BULK_FAILED, NULL));
    ck_assert(!is_done);
    ck_assert_str_eq(err.code, "FAILED");
    ck_assert_str_eq(err.hint,
                     "bulkpg submitted it 4 times and changed no table; run "
                     "the job again later");
}

END_TEST

START_TEST(after_timeout_it_is_not_submitted_again)
{
    PLAY(TAKEN, ENDS(BULK_FAILED, "TIMEOUT"));
    FAILED_AFTER(ERR_FAILED, "TIMEOUT",
                 SUBMITTED("1") READ("1", "FAILED TIMEOUT"));
}

END_TEST

#define PARTIAL_URL "https://a/part"
#define ENDS_PARTIAL                                                    \
    {                                                                   \
        .call = "read", .status = BULK_FAILED, .error_code = "TIMEOUT", \
        .partial = PARTIAL_URL                                          \
    }

START_TEST(a_partial_result_may_come_late)
{
    takes_partial = true;
    PLAY(TAKEN, ENDS(BULK_FAILED, "TIMEOUT"), ENDS_PARTIAL);
    ck_assert_msg(is_done, "%s", err.message);
    ck_assert(operation.is_partial);
    ck_assert_str_eq(operation.bulk.url, PARTIAL_URL);
}

END_TEST

static void
complete_unhalved(void *ctx)
{
    complete(ctx);
    ck_assert(!is_done);
    ck_assert_str_eq(err.code, "TIMEOUT");
    may_be_halved = false;
    complete(ctx);
}

START_TEST(a_window_is_halved_before_its_partial_result_is_read)
{
    static const struct scripted_answer answers[] = {TAKEN, ENDS_PARTIAL,
                                                     ENDS_PARTIAL};

    takes_partial = may_be_halved = true;
    operation_init(&operation, &scripted_run_ref, 1, "{ q }", NULL);
    scripted_bulk_play(answers, 3, complete_unhalved, NULL);
    ck_assert(is_done && operation.is_partial);
    ck_assert_int_eq(scripted_store.slots_taken, 0);
}

END_TEST

/* The error is that of the operation, not that of the poll. */
START_TEST(the_reason_stays_if_the_partial_result_cannot_be_asked_for)
{
    takes_partial = true;
    PLAY(TAKEN, ENDS(BULK_FAILED, "TIMEOUT"),
         {.call = "read", .msg = MSG_UNKNOWN_OPERATION});
    ck_assert(!is_done);
    ck_assert_str_eq(err.code, "TIMEOUT");
}

END_TEST

START_TEST(a_stop_ends_the_wait_for_a_partial_result)
{
    takes_partial = true;
    PLAY(TAKEN, {.call = "read",
                 .status = BULK_FAILED,
                 .error_code = "TIMEOUT",
                 .stops = true});
    ck_assert(!is_done);
    ck_assert_int_eq(err.kind, ERR_STOPPED);
}

END_TEST

static void
complete_twice(void *ctx)
{
    complete(ctx);
    ck_assert(is_done && operation.is_partial);
    operation.is_submitted = false;
    complete(ctx);
}

/* The URLs of the partial result have expired, so that the operation was
 * submitted again. */
START_TEST(a_whole_result_after_a_partial_one_is_whole)
{
    static const struct scripted_answer answers[] = {TAKEN, ENDS_PARTIAL, TAKEN,
                                                     COMPLETED};

    takes_partial = true;
    operation_init(&operation, &scripted_run_ref, 1, "{ q }", NULL);
    scripted_bulk_play(answers, 4, complete_twice, NULL);
    ck_assert(is_done && !operation.is_partial);
    ck_assert_str_eq(operation.bulk.url, "https://a/b");
}

END_TEST

START_TEST(a_missing_scope_is_err_denied)
{
    PLAY(TAKEN, ENDS(BULK_FAILED, "ACCESS_DENIED"));
    FAILED_AFTER(ERR_DENIED, "ACCESS_DENIED",
                 SUBMITTED("1") READ("1", "FAILED ACCESS_DENIED"));
    ck_assert_ptr_nonnull(strstr(err.message, "q.graphql"));
}

END_TEST

/* ---- deadline ---------------------------------------------------------- */

#define LATE                                                      \
    {                                                             \
        .call = "read", .status = BULK_RUNNING, .takes_ms = 90000 \
    }

START_TEST(at_the_deadline_it_is_canceled)
{
    scripted_tuning.deadline_ms = 60000;
    PLAY(TAKEN, LATE, {.call = "check"},
         {.call = "cancel", .status = BULK_CANCELING});
    FAILED_AFTER(ERR_FAILED, "DEADLINE",
                 SUBMITTED("1") READ("1", "RUNNING") "store: check 7\n"
                                                     "store: cancel 7\n"
                                                     "journal: 1.1 is 7 "
                                                     "CANCELING\n");
}

END_TEST

START_TEST(at_the_deadline_a_failed_cancel_is_err_later)
{
    scripted_tuning.deadline_ms = 60000;
    PLAY(TAKEN, LATE,
         {.call = "check", .msg = MSG_ANSWER_LOST, .kind = ERR_LATER});
    FAILED_AFTER(ERR_LATER, "DEADLINE",
                 SUBMITTED("1") READ("1", "RUNNING") "store: check 7\n");
}

END_TEST

START_TEST(a_poll_in_progress_ends_at_the_deadline)
{
    scripted_tuning.deadline_ms = 60000;
    PLAY(TAKEN,
         {.call = "read",
          .msg = MSG_ANSWER_LOST,
          .kind = ERR_LATER,
          .takes_ms = 60000},
         {.call = "check"}, {.call = "cancel", .status = BULK_CANCELING});
    FAILED_AFTER(ERR_FAILED, "DEADLINE",
                 SUBMITTED("1") "store: read 7\nstore: check 7\n"
                                "store: cancel 7\n"
                                "journal: 1.1 is 7 CANCELING\n");
}

END_TEST

/* ---- stop -------------------------------------------------------------- */

START_TEST(a_stop_leaves_the_operation_running)
{
    PLAY(TAKEN, {.call = "read", .status = BULK_RUNNING, .stops = true});
    FAILED_AFTER(ERR_STOPPED, "STOPPED", SUBMITTED("1") READ_ONLY);
}

END_TEST

START_TEST(an_operation_taken_while_stopping_is_recorded)
{
    PLAY({.call = "submit", .status = BULK_CREATED, .stops = true},
         {.call = "read", .status = BULK_RUNNING});
    FAILED_AFTER(ERR_STOPPED, "STOPPED", SUBMITTED("1") READ_ONLY);
}

END_TEST

START_TEST(a_stop_during_a_wait_for_a_slot_records_not_sent)
{
    PLAY({.call = "submit", .msg = MSG_OPERATION_IN_PROGRESS, .stops = true});
    FAILED_AFTER(ERR_STOPPED, "STOPPED",
                 SUBMIT("1") "journal: 1.1 not sent\njournal: run waiting\n"
                             "journal: 1.1 not sent\n");
}

END_TEST

START_TEST(after_a_stop_during_the_search_it_is_still_lost)
{
    PLAY(LOST, {.call = "find", .is_absent = true, .stops = true});
    FAILED_AFTER(ERR_STOPPED, "STOPPED", SUBMIT("1") FIND);
}

END_TEST

/* ---- resume ------------------------------------------------------------ */

START_TEST(a_resumed_operation_is_polled)
{
    earlier = &earlier_running;
    PLAY(RUNNING, COMPLETED);
    DONE_AFTER(READ("1", "RUNNING") READ("1", "COMPLETED"));
}

END_TEST

START_TEST(the_age_of_an_operation_counts_from_its_submission)
{
    earlier = &earlier_running;
    scripted_tuning.deadline_ms = 4000;
    PLAY(RUNNING, {.call = "check"},
         {.call = "cancel", .status = BULK_CANCELED});
    ck_assert_str_eq(err.code, "DEADLINE");
}

END_TEST

START_TEST(an_operation_unknown_to_the_store_is_submitted_again)
{
    earlier = &earlier_running;
    PLAY({.call = "read", .msg = MSG_UNKNOWN_OPERATION}, TAKEN, COMPLETED);
    DONE_AFTER("store: read 7\n" SUBMITTED("2") READ("2", "COMPLETED"));
}

END_TEST

START_TEST(a_lost_operation_is_looked_for_first)
{
    earlier = &earlier_lost;
    PLAY(FOUND, COMPLETED);
    DONE_AFTER(FIND "journal: 1.1 is 7 RUNNING\njournal: run polling\n" READ(
        "1", "COMPLETED"));
}

END_TEST

START_TEST(an_operation_lost_long_ago_is_looked_for_once)
{
    earlier = &earlier_lost;
    PLAY({.call = "find", .is_absent = true}, TAKEN, COMPLETED);
    DONE_AFTER(FIND "journal: 1.1 is NOT_THERE\n" SUBMITTED("2")
                   READ("2", "COMPLETED"));
}

END_TEST

START_TEST(a_refused_operation_gets_a_new_attempt)
{
    earlier = &earlier_refused;
    PLAY(TAKEN, COMPLETED);
    DONE_AFTER(SUBMITTED("2") READ("2", "COMPLETED"));
}

END_TEST

/* ---- taken over by another process ------------------------------------- */

static const struct {
    const char *line;
    int answers;
} refused[] = {
    {"journal: 1.1 sent", 0},           {"journal: 1.1 not sent", 1},
    {"journal: run waiting", 1},        {"journal: 1.1 is 7 CREATED", 2},
    {"journal: run polling", 2},        {"journal: 1.1 is 7 RUNNING", 3},
    {"journal: 1.1 is 7 COMPLETED", 4},
};

START_TEST(after_a_takeover_no_more_requests_are_sent)
{
    static const struct scripted_answer answers[] = {
        {.call = "submit", .msg = MSG_OPERATION_IN_PROGRESS},
        TAKEN,
        {.call = "read", .status = BULK_RUNNING, .takes_ms = 10000},
        COMPLETED};

    scripted_journal_refuses(refused[_i].line);
    play(answers, (size_t)refused[_i].answers);
    ck_assert(!is_done);
    ck_assert_str_eq(err.code, "TAKEN_OVER");
}

END_TEST

/* ---- slots, and other windows that failed ------------------------------ */

static bool gives_up;

static void
free_one(void *ctx)
{
    (void)ctx;
    task_yield();
    ck_assert(operation.waits_for_slot);
    ck_assert_ptr_nonnull(
        strstr(scripted_transcript(), "journal: run waiting\n"));
    if (gives_up)
        operation.given_up = &gives_up;
    scripted_store.slots_taken--;
    task_wake_all(&scripted_store.slot_freed);
}

static void
complete_with_others(void *ctx)
{
    scripted_store.slots_taken = BULK_SLOTS;
    task_spawn("free", free_one, NULL);
    complete(ctx);
    ck_assert_int_eq(scripted_store.slots_taken, BULK_SLOTS - 1);
}

/* The run's row was added with it. */
START_TEST(the_first_attempt_may_be_recorded_already)
{
    static const struct scripted_answer answers[] = {
        {.call = "submit", .msg = MSG_NOT_SENT}, TAKEN, COMPLETED};
    struct run_first first;

    operation_init(&operation, &scripted_run_ref, 1, "{ q }", NULL);
    submit_describe_first(&operation, &first);
    ck_assert_str_eq(first.before, "# bulkpg u/");
    ck_assert_str_eq(first.after, "/1.1\n{ q }");
    submit_has_first(&operation);
    ck_assert_str_eq(operation.row.query, "# bulkpg u/9/1.1\n{ q }");
    scripted_bulk_play(answers, 3, complete, NULL);
    ck_assert_msg(is_done, "%s\n%s", err.message, scripted_transcript());
    ck_assert_ptr_null(strstr(scripted_transcript(), "1.2"));
    ck_assert_ptr_eq(
        strstr(scripted_transcript(), "store: submit # bulkpg u/9/1.1\n"),
        scripted_transcript());
}

END_TEST

START_TEST(it_waits_for_a_slot_of_this_process)
{
    static const struct scripted_answer answers[] = {TAKEN, COMPLETED};

    gives_up = false;
    operation_init(&operation, &scripted_run_ref, 1, "{ q }", NULL);
    scripted_bulk_play(answers, 2, complete_with_others, NULL);
    DONE_AFTER("journal: run waiting\n" SUBMITTED("1") READ("1", "COMPLETED"));
}

END_TEST

/* Its row says that it was not sent, as long as it waits. */
START_TEST(it_waits_although_its_first_attempt_is_recorded)
{
    static const struct scripted_answer answers[] = {TAKEN, COMPLETED};

    gives_up = false;
    operation_init(&operation, &scripted_run_ref, 1, "{ q }", NULL);
    submit_has_first(&operation);
    scripted_bulk_play(answers, 2, complete_with_others, NULL);
    DONE_AFTER("journal: 1.1 not sent\njournal: run waiting\n" SUBMITTED("1")
                   READ("1", "COMPLETED"));
}

END_TEST

START_TEST(after_another_window_failed_it_is_not_submitted)
{
    gives_up = true;
    operation_init(&operation, &scripted_run_ref, 1, "{ q }", NULL);
    scripted_store.slots_taken = 1; /* free_one() frees one more */
    operation.given_up = &gives_up;
    scripted_bulk_play(NULL, 0, complete, NULL);
    FAILED_AFTER(ERR_LATER, "OTHER_WINDOW",
                 "journal: 1.1 sent\njournal: 1.1 not sent\n");
}

END_TEST

START_TEST(after_another_window_failed_it_is_not_canceled)
{
    gives_up = true;
    operation_init(&operation, &scripted_run_ref, 1, "{ q }", NULL);
    operation_resume(&operation, &earlier_running);
    operation.given_up = &gives_up;
    scripted_bulk_play((const struct scripted_answer[]){RUNNING}, 1, complete,
                       NULL);
    FAILED_AFTER(ERR_LATER, "OTHER_WINDOW", READ("1", "RUNNING"));
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("operation");
    TCase *tests = tcase_create("operation");

    tcase_add_checked_fixture(tests, setup, scripted_bulk_teardown);
    tcase_add_test(tests, an_operation_is_recorded_sent_and_polled);
    tcase_add_test(tests, a_long_operation_is_recorded_now_and_then);
    tcase_add_test(tests, a_result_without_objects_needs_no_url);
    tcase_add_test(tests, a_missing_url_is_polled_for_five_times);
    tcase_add_test(tests, a_refused_query_fails_the_operation);
    tcase_add_test(tests, a_store_that_was_given_up_took_nothing);
    tcase_add_test(tests,
                   a_request_that_was_not_sent_is_sent_in_the_same_attempt);
    tcase_add_loop_test(tests,
                        without_a_slot_it_waits_as_long_as_the_store_says, 0,
                        COUNT(full));
    tcase_add_test(tests, the_wait_for_a_slot_ends_with_the_budget);
    tcase_add_test(tests, an_operation_whose_answer_was_lost_is_adopted);
    tcase_add_test(tests, an_operation_that_is_not_found_gets_a_new_attempt);
    tcase_add_test(tests, a_lost_answer_counts_even_after_a_refusal);
    tcase_add_test(tests, a_failed_search_does_not_send_it_again);
    tcase_add_loop_test(tests,
                        an_operation_that_the_store_ends_is_submitted_again, 0,
                        COUNT(again));
    tcase_add_test(tests, an_operation_is_submitted_at_most_four_times);
    tcase_add_test(tests, after_timeout_it_is_not_submitted_again);
    tcase_add_test(tests, a_partial_result_may_come_late);
    tcase_add_test(tests, a_window_is_halved_before_its_partial_result_is_read);
    tcase_add_test(tests,
                   the_reason_stays_if_the_partial_result_cannot_be_asked_for);
    tcase_add_test(tests, a_stop_ends_the_wait_for_a_partial_result);
    tcase_add_test(tests, a_whole_result_after_a_partial_one_is_whole);
    tcase_add_test(tests, a_missing_scope_is_err_denied);
    tcase_add_test(tests, at_the_deadline_it_is_canceled);
    tcase_add_test(tests, at_the_deadline_a_failed_cancel_is_err_later);
    tcase_add_test(tests, a_poll_in_progress_ends_at_the_deadline);
    tcase_add_test(tests, a_stop_leaves_the_operation_running);
    tcase_add_test(tests, an_operation_taken_while_stopping_is_recorded);
    tcase_add_test(tests, a_stop_during_a_wait_for_a_slot_records_not_sent);
    tcase_add_test(tests, after_a_stop_during_the_search_it_is_still_lost);
    tcase_add_test(tests, a_resumed_operation_is_polled);
    tcase_add_test(tests, the_age_of_an_operation_counts_from_its_submission);
    tcase_add_test(tests, an_operation_unknown_to_the_store_is_submitted_again);
    tcase_add_test(tests, a_lost_operation_is_looked_for_first);
    tcase_add_test(tests, an_operation_lost_long_ago_is_looked_for_once);
    tcase_add_test(tests, a_refused_operation_gets_a_new_attempt);
    tcase_add_loop_test(tests, after_a_takeover_no_more_requests_are_sent, 0,
                        COUNT(refused));
    tcase_add_test(tests, the_first_attempt_may_be_recorded_already);
    tcase_add_test(tests, it_waits_for_a_slot_of_this_process);
    tcase_add_test(tests, it_waits_although_its_first_attempt_is_recorded);
    tcase_add_test(tests, after_another_window_failed_it_is_not_submitted);
    tcase_add_test(tests, after_another_window_failed_it_is_not_canceled);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
