/* cancel: only operations of bulkpg are canceled, and each is recorded. */
#include <check.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "bulk/cancel.h"
#include "scripted/bulk.h"
#include "support/suite.h"

static struct journal_operation row;
static struct arena arena;
static struct err err;
static bool is_done;

static void
setup(void)
{
    scripted_bulk_setup();
    memset(&err, 0, sizeof(err));
    row = (struct journal_operation){.run_id = 9,
                                     .n = 1,
                                     .attempt = 2,
                                     .operation_id = "7",
                                     .status = "RUNNING",
                                     .query = "# bulkpg u/9/1.2\n{ q }"};
    is_done = false;
}

static void
teardown(void)
{
    arena_free(&arena);
    scripted_bulk_teardown();
}

static void
ask(void *ctx)
{
    (void)ctx;
    is_done = cancel_ask(&scripted_run_ref.place, &row, 0, NULL, &err);
}

static void
ask_left(void *ctx)
{
    (void)ctx;
    is_done =
        cancel_ask_left(&scripted_run_ref.place, &row, 0, &arena, NULL, &err);
}

static void
await_end(void *ctx)
{
    (void)ctx;
    is_done = cancel_await_end(&scripted_run_ref.place, &row, NULL, &err);
}

#define PLAY(body, ...)                                                        \
    scripted_bulk_play((const struct scripted_answer[]){__VA_ARGS__},          \
                       sizeof((const struct scripted_answer[]){__VA_ARGS__}) / \
                           sizeof(struct scripted_answer),                     \
                       body, NULL)

#define CHECKED         \
    {                   \
        .call = "check" \
    }
#define CANCELING                                  \
    {                                              \
        .call = "cancel", .status = BULK_CANCELING \
    }
#define CANCEL_LINES "store: check 7\nstore: cancel 7\n"

/* ---- ask --------------------------------------------------------------- */

START_TEST(a_cancel_is_recorded_in_the_journal)
{
    PLAY(ask, CHECKED, CANCELING);
    ck_assert(is_done);
    ck_assert_str_eq(scripted_transcript(),
                     CANCEL_LINES "journal: 1.2 is 7 CANCELING\n");
    ck_assert_str_eq(row.status, "CANCELING");
}

END_TEST

START_TEST(an_operation_without_our_marker_is_left_alone)
{
    PLAY(ask, {.call = "check", .msg = MSG_NOT_OURS});
    ck_assert(!is_done);
    ck_assert_str_eq(err.code, "NOT_OURS");
    ck_assert_str_eq(scripted_transcript(), "store: check 7\n");
}

END_TEST

START_TEST(a_store_without_credentials_gets_no_request)
{
    scripted_fault.kind = ERR_CONFIG;
    scripted_bulk_play(NULL, 0, ask, NULL);
    ck_assert(!is_done);
    ck_assert_int_eq(err.kind, ERR_CONFIG);
    ck_assert_str_eq(scripted_transcript(), "");
}

END_TEST

START_TEST(an_operation_that_has_ended_keeps_its_status)
{
    PLAY(ask, CHECKED, {.call = "cancel", .status = BULK_COMPLETED});
    ck_assert(is_done);
    ck_assert_str_eq(row.status, "COMPLETED");
}

END_TEST

/* ---- operations that other runs left ----------------------------------- */

START_TEST(a_running_operation_is_canceled)
{
    PLAY(ask_left, CHECKED, CANCELING);
    ck_assert(is_done);
    ck_assert_str_eq(scripted_transcript(),
                     CANCEL_LINES "journal: 1.2 is 7 CANCELING\n");
}

END_TEST

START_TEST(an_unanswered_operation_is_found_and_canceled)
{
    row.operation_id = row.status = NULL;
    PLAY(ask_left, {.call = "find", .status = BULK_RUNNING}, CHECKED,
         CANCELING);
    ck_assert(is_done);
    ck_assert_str_eq(scripted_transcript(),
                     "store: find # bulkpg u/9/1.2\n"
                     "journal: 1.2 is 7 RUNNING\n" CANCEL_LINES
                     "journal: 1.2 is 7 CANCELING\n");
    ck_assert_str_eq(row.operation_id, "7");
}

END_TEST

START_TEST(an_operation_that_was_never_taken_is_looked_for_once)
{
    row.operation_id = row.status = NULL;
    PLAY(ask_left, {.call = "find", .is_absent = true});
    ck_assert(is_done);
    ck_assert_str_eq(scripted_transcript(), "store: find # bulkpg u/9/1.2\n"
                                            "journal: 1.2 is NOT_THERE\n");
}

END_TEST

START_TEST(an_operation_found_completed_is_not_canceled)
{
    row.operation_id = row.status = NULL;
    PLAY(ask_left, {.call = "find", .status = BULK_COMPLETED});
    ck_assert(is_done);
    ck_assert_str_eq(scripted_transcript(), "store: find # bulkpg u/9/1.2\n"
                                            "journal: 1.2 is 7 COMPLETED\n");
}

END_TEST

START_TEST(an_operation_unknown_to_the_store_is_recorded)
{
    PLAY(ask_left, {.call = "check", .msg = MSG_UNKNOWN_OPERATION});
    ck_assert(is_done);
    ck_assert_str_eq(scripted_transcript(), "store: check 7\n"
                                            "journal: 1.2 is NOT_THERE\n");
}

END_TEST

START_TEST(a_failed_cancel_leaves_the_row_unchanged)
{
    PLAY(ask_left, CHECKED,
         {.call = "cancel", .msg = MSG_ANSWER_LOST, .kind = ERR_LATER});
    ck_assert(!is_done);
    ck_assert_int_eq(err.kind, ERR_LATER);
    ck_assert_str_eq(scripted_transcript(), CANCEL_LINES);
}

END_TEST

/* ---- until it has ended ------------------------------------------------ */

#define READ(end)                     \
    {                                 \
        .call = "read", .status = end \
    }

START_TEST(a_canceled_operation_is_polled_until_it_has_ended)
{
    PLAY(await_end, READ(BULK_CANCELING), READ(BULK_CANCELED));
    ck_assert(is_done);
    ck_assert_str_eq(row.status, "CANCELED");
    ck_assert_str_eq(scripted_transcript(), "store: read 7\n"
                                            "journal: 1.2 is 7 CANCELING\n"
                                            "store: read 7\n"
                                            "journal: 1.2 is 7 CANCELED\n");
}

END_TEST

START_TEST(an_operation_that_has_ended_is_not_polled)
{
    row.status = "CANCELED";
    scripted_bulk_play(NULL, 0, await_end, NULL);
    ck_assert(is_done);
}

END_TEST

START_TEST(the_wait_ends_when_the_budget_is_spent)
{
    PLAY(await_end,
         {.call = "read", .status = BULK_CANCELING, .takes_ms = 60000});
    ck_assert(!is_done);
    ck_assert_int_eq(err.kind, ERR_LATER);
    ck_assert_str_eq(err.code, "STILL_RUNNING");
}

END_TEST

START_TEST(a_stop_ends_the_wait)
{
    PLAY(await_end, {.call = "read", .status = BULK_CANCELING, .stops = true});
    ck_assert(!is_done);
    ck_assert_int_eq(err.kind, ERR_STOPPED);
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("cancel");
    TCase *tests = tcase_create("cancel");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_cancel_is_recorded_in_the_journal);
    tcase_add_test(tests, an_operation_without_our_marker_is_left_alone);
    tcase_add_test(tests, a_store_without_credentials_gets_no_request);
    tcase_add_test(tests, an_operation_that_has_ended_keeps_its_status);
    tcase_add_test(tests, a_running_operation_is_canceled);
    tcase_add_test(tests, an_unanswered_operation_is_found_and_canceled);
    tcase_add_test(tests, an_operation_that_was_never_taken_is_looked_for_once);
    tcase_add_test(tests, an_operation_found_completed_is_not_canceled);
    tcase_add_test(tests, an_operation_unknown_to_the_store_is_recorded);
    tcase_add_test(tests, a_failed_cancel_leaves_the_row_unchanged);
    tcase_add_test(tests, a_canceled_operation_is_polled_until_it_has_ended);
    tcase_add_test(tests, an_operation_that_has_ended_is_not_polled);
    tcase_add_test(tests, the_wait_ends_when_the_budget_is_spent);
    tcase_add_test(tests, a_stop_ends_the_wait);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
