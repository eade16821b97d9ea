/* chunks: lost answers, refusals, results, and several chunks at once, with a
 * store that executes lines and a real journal. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/task.h"
#include "push/adopt.h"
#include "push/chunks.h"
#include "scripted/push.h"
#include "support/suite.h"

enum { PATIENT_MS = 600000 };

static struct scripted_push p;
static struct err err;

static void
setup(void)
{
    memset(&err, 0, sizeof(err));
}

static void
open_rows(struct http *http, const char *const *what, int rows)
{
    scripted_push_open(&p, http, rows, 0, 0, what);
}

#define RUN() ck_assert_msg(chunks_run(&p.push, &err), "%s", err.message)
#define FAILS_WITH(reason, text)               \
    do {                                       \
        ck_assert(!chunks_run(&p.push, &err)); \
        ck_assert_str_eq(err.code, text);      \
        ck_assert_int_eq(err.kind, reason);    \
    } while (0)
#define STATES(text)   ck_assert_str_eq(scripted_push_states(&p), text)
#define ASK(sql, text) ck_assert_str_eq(scripted_push_ask(&p, sql), text)

#define CHUNKS                                                           \
    "SELECT string_agg(concat_ws(':', n, state, attempt, targets), ' ' " \
    "ORDER BY n) FROM bulkpg.push_chunk"

static void
each_ran(int times, int rows)
{
    for (int i = 0; i < rows; i++)
        ck_assert_int_eq(scripted_push_ran(&p, i), times);
}

/* ---- one chunk ----------------------------------------------------------- */

TASK_TEST(each_row_runs_once_and_gets_its_outcome, PATIENT_MS)
{
    static const char *const what[] = {NULL,   "refuse", NULL,
                                       "deny", "fail",   NULL};

    open_rows(http, what, 6);
    p.mutation.is_safe = p.push.may_repeat = false;
    RUN();
    STATES("applied refused applied refused unknown applied");
    each_ran(1, 6);
    ASK(CHUNKS, "1:settled:1:1");
    ASK("SELECT code || field || message FROM bulkpg.push_error WHERE number "
        "= 1",
        "INVALIDidis not good");
    ASK("SELECT string_agg(state, ' ' ORDER BY key) FROM bulkpg.push_state",
        "applied refused applied refused unknown applied");
    ASK("SELECT count(*) FROM bulkpg.push_chunk WHERE target IS NOT NULL", "0");
    ck_assert_int_eq(p.push.tallies.applied, 3);
    ck_assert_int_eq(p.push.tallies.denied, 1);
    scripted_push_close(&p);
}

TASK_TEST(unknown_rows_that_may_repeat_run_again_three_times, PATIENT_MS)
{
    static const char *const what[] = {"flaky", NULL, "fail", "skip"};

    open_rows(http, what, 4);
    RUN();
    STATES("applied applied unknown unknown");
    ck_assert_int_eq(scripted_push_ran(&p, 0), 2);
    ck_assert_int_eq(scripted_push_ran(&p, 1), 1);
    ck_assert_int_eq(scripted_push_ran(&p, 2), 3);
    ck_assert_int_eq(scripted_push_ran(&p, 3), 3);
    ASK("SELECT string_agg(lines || ':' || repeats, ' ' ORDER BY n) FROM "
        "bulkpg.push_chunk",
        "4:0 3:1 2:2");
    scripted_push_close(&p);
}

/* ---- idempotency keys ---------------------------------------------------- */

static void
make_keys(bool is_safe)
{
    p.mutation.makes_keys = true;
    p.mutation.key_variable = MUTATION_KEY_VARIABLE;
    p.mutation.is_safe = p.push.may_repeat = is_safe;
}

TASK_TEST(a_row_whose_key_is_spent_is_sent_again_with_another, PATIENT_MS)
{
    static const char *const what[] = {NULL, "spent", "burnt"};

    open_rows(http, what, 3);
    make_keys(true);
    RUN();
    STATES("applied applied refused");
    ASK("SELECT string_agg(tries::text, ' ' ORDER BY number) FROM "
        "bulkpg.push_row",
        "1 2 3");
    ASK("SELECT count(*) FROM bulkpg.push_row WHERE variables::json ->> "
        "'bulkpg_key' = idempotency_key",
        "2");
    ASK("SELECT count(*) FROM bulkpg.push_error WHERE code = "
        "'IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED'",
        "1");
    scripted_push_close(&p);
}

/* In bulk, keys do not count. */
TASK_TEST(rows_that_must_not_repeat_keep_a_key_that_is_spent, PATIENT_MS)
{
    static const char *const what[] = {NULL, "spent"};

    open_rows(http, what, 2);
    make_keys(false);
    RUN();
    STATES("applied refused");
    scripted_push_close(&p);
}

/* ---- uploads ------------------------------------------------------------- */

TASK_TEST(a_refused_upload_gets_a_new_target, PATIENT_MS)
{
    open_rows(http, NULL, 2);
    p.bad_uploads = 2;
    RUN();
    STATES("applied applied");
    each_ran(1, 2);
    ASK(CHUNKS, "1:settled:1:3");
    scripted_push_close(&p);
}

TASK_TEST(three_refused_uploads_are_enough, PATIENT_MS)
{
    open_rows(http, NULL, 2);
    p.bad_uploads = 9;
    FAILS_WITH(ERR_LATER, "UPLOAD_REFUSED");
    STATES("skipped skipped");
    ck_assert_int_eq(p.bad_uploads, 6);
    ck_assert_int_eq(p.submissions, 0);
    ASK("SELECT count(*) FROM bulkpg.push_state", "0");
    scripted_push_close(&p);
}

/* ---- refusals ------------------------------------------------------------ */

TASK_TEST(a_full_store_is_waited_for, PATIENT_MS)
{
    open_rows(http, NULL, 3);
    p.refusals[0] = "OPERATION_IN_PROGRESS";
    p.refusals[1] = "LIMIT_REACHED";
    RUN();
    STATES("applied applied applied");
    each_ran(1, 3);
    ASK(CHUNKS, "1:settled:3:1");
    ASK("SELECT max(tries) FROM bulkpg.push_row", "1");
    scripted_push_close(&p);
}

TASK_TEST(a_file_that_the_store_lost_is_uploaded_again, PATIENT_MS)
{
    open_rows(http, NULL, 3);
    p.refusals[0] = "NO_SUCH_FILE";
    RUN();
    each_ran(1, 3);
    ASK(CHUNKS, "1:settled:2:2");
    scripted_push_close(&p);
}

TASK_TEST(a_refused_mutation_leaves_no_trace, PATIENT_MS)
{
    open_rows(http, NULL, 2);
    p.refusals[0] = "INVALID_MUTATION";
    p.mutation.is_safe = p.push.may_repeat = false;
    FAILS_WITH(ERR_CONFIG, "INVALID_MUTATION");
    STATES("skipped skipped");
    each_ran(0, 2);
    ck_assert_int_eq(p.lists, 1); /* nothing was searched for */
    ASK("SELECT count(*) FROM bulkpg.push_state", "0");
    scripted_push_close(&p);
}

/* ---- lost answers -------------------------------------------------------- */

TASK_TEST(a_lost_submission_that_ran_is_adopted, PATIENT_MS)
{
    open_rows(http, NULL, 3);
    p.losses[0] = LOSS_AFTER;
    p.push.may_repeat = false;
    RUN();
    STATES("applied applied applied");
    each_ran(1, 3);
    ck_assert_int_eq(p.submissions, 1);
    scripted_push_close(&p);
}

TASK_TEST(the_list_may_be_late, PATIENT_MS)
{
    open_rows(http, NULL, 3);
    p.losses[0] = LOSS_LATE;
    p.list_moves_clock_ms = 10000;
    p.push.may_repeat = false;
    RUN();
    STATES("applied applied applied");
    each_ran(1, 3);
    ck_assert_int_eq(p.submissions, 1);
    ck_assert_int_eq(p.lists, 3);
    scripted_push_close(&p);
}

TASK_TEST(a_lost_submission_that_did_not_run_is_fenced_and_repeated, PATIENT_MS)
{
    open_rows(http, NULL, 3);
    p.losses[0] = LOSS_BEFORE;
    p.list_moves_clock_ms = 61000;
    RUN();
    STATES("applied applied applied");
    each_ran(1, 3);
    ASK(CHUNKS, "1:settled:1:1 2:settled:1:1");
    ck_assert_int_eq(p.files[0].uploads, 2);
    ck_assert_str_eq(p.files[0].lines, "bulkpg does not send these lines\n");
    scripted_push_close(&p);
}

TASK_TEST(submissions_that_are_always_lost_are_repeated_twice, PATIENT_MS)
{
    open_rows(http, NULL, 3);
    for (int i = 0; i < 8; i++)
        p.losses[i] = LOSS_BEFORE;
    p.list_moves_clock_ms = 61000;
    RUN();
    STATES("unknown unknown unknown");
    ck_assert_int_eq(p.submissions, 3);
    ASK("SELECT string_agg(state, ' ') FROM bulkpg.push_state",
        "unknown unknown unknown");
    scripted_push_close(&p);
}

/* The store may list the lost operation later. */
TASK_TEST(rows_of_a_lost_submission_stay_unknown_if_they_are_not_sent_again,
          PATIENT_MS)
{
    open_rows(http, NULL, 3);
    p.losses[0] = LOSS_BEFORE;
    p.refusals[1] = "INVALID_MUTATION";
    p.list_moves_clock_ms = 61000;
    FAILS_WITH(ERR_CONFIG, "INVALID_MUTATION");
    STATES("unknown unknown unknown");
    ASK("SELECT max(tries) FROM bulkpg.push_row", "1");
    ASK("SELECT string_agg(state, ' ') FROM bulkpg.push_state",
        "unknown unknown unknown");
    scripted_push_close(&p);
}

/* It begins after the search, but not before the fence. */
TASK_TEST(a_late_start_after_the_fence_runs_nothing, PATIENT_MS)
{
    open_rows(http, NULL, 3);
    p.losses[0] = LOSS_LATE;
    p.list_moves_clock_ms = 61000;
    RUN();
    ck_assert_int_eq(p.lists, 3);
    for (int i = 0; i < 3; i++)
        ck_assert_int_le(scripted_push_ran(&p, i), 1);
    scripted_push_close(&p);
}

TASK_TEST(rows_that_must_not_repeat_are_held, PATIENT_MS)
{
    open_rows(http, NULL, 3);
    p.losses[0] = LOSS_BEFORE;
    p.list_moves_clock_ms = 61000;
    p.mutation.is_safe = p.push.may_repeat = false;
    FAILS_WITH(ERR_LATER, "PUSH_HELD");
    STATES("held held held");
    ck_assert_int_eq(p.submissions, 1);
    ck_assert_int_eq(p.push.tallies.held, 3);
    ASK(CHUNKS, "1:submitting:1:1");

    /* A later push looks once, and is not stopped by them. */
    scripted_push_again(&p);
    p.lists = 0;
    RUN();
    ck_assert_int_eq(p.lists, 1);
    STATES("held held held");
    ck_assert_int_eq(p.push.tallies.held, 3);
    scripted_push_close(&p);
}

TASK_TEST(held_rows_are_settled_when_their_operation_appears, PATIENT_MS)
{
    bool found;

    open_rows(http, NULL, 3);
    p.losses[0] = LOSS_LATE;
    p.list_moves_clock_ms = 61000;
    p.mutation.is_safe = p.push.may_repeat = false;
    FAILS_WITH(ERR_LATER, "PUSH_HELD");
    STATES("held held held");
    scripted_push_again(&p);
    ck_assert_msg(adopt_look(&p.push, 1, &found, &err), "%s", err.message);
    ck_assert(found);
    ASK(CHUNKS, "1:running:1:1");
    RUN();
    STATES("applied applied applied");
    each_ran(1, 3);
    scripted_push_close(&p);
}

TASK_TEST(the_fence_of_held_rows_replaces_their_lines, PATIENT_MS)
{
    bool found;

    open_rows(http, NULL, 1);
    p.losses[0] = LOSS_BEFORE;
    p.list_moves_clock_ms = 61000;
    p.mutation.is_safe = p.push.may_repeat = false;
    FAILS_WITH(ERR_LATER, "PUSH_HELD");
    ck_assert_msg(adopt_fence(&p.push, 1, &found, &err), "%s", err.message);
    ck_assert(!found);
    ck_assert_str_eq(p.files[0].lines, "bulkpg does not send these lines\n");
    p.bad_uploads = 1;
    ck_assert(!adopt_fence(&p.push, 1, &found, &err));
    ck_assert_int_eq(err.kind, ERR_LATER);
    scripted_push_close(&p);
}

/* The store lists it late, when a user has decided that it failed. */
TASK_TEST(there_is_no_fence_for_an_operation_that_appears, PATIENT_MS)
{
    bool found;

    open_rows(http, NULL, 2);
    p.losses[0] = LOSS_LATE;
    p.list_moves_clock_ms = 61000;
    p.mutation.is_safe = p.push.may_repeat = false;
    FAILS_WITH(ERR_LATER, "PUSH_HELD");
    scripted_push_again(&p);
    p.list_moves_clock_ms = 30000;
    ck_assert_msg(adopt_fence(&p.push, 1, &found, &err), "%s", err.message);
    ck_assert(found);
    ck_assert_int_eq(p.files[0].uploads, 1);
    ASK(CHUNKS, "1:running:1:1");
    RUN();
    STATES("applied applied");
    each_ran(1, 2);
    scripted_push_close(&p);
}

/* ---- an earlier process -------------------------------------------------- */

/* Be a process that was killed in this state. */
static void
die_in(const char *state)
{
    (void)scripted_push_ask(
        &p, arena_printf(&p.arena,
                         "UPDATE bulkpg.push_chunk SET state = '%s', marker = "
                         "'# x', sent_at = now() - interval '2 min', target = "
                         "'{}', attempt = 1 WHERE n = 1",
                         state));
    (void)scripted_push_ask(
        &p, "UPDATE bulkpg.push_row SET state = 'sending', tries = 1");
    (void)scripted_push_ask(
        &p, "INSERT INTO bulkpg.push_state SELECT 'acme', 'prices', key, hash, "
            "push_id, 'sending' FROM bulkpg.push_row");
}

TASK_TEST(a_push_that_was_killed_while_submitting_is_settled, PATIENT_MS)
{
    open_rows(http, NULL, 2);
    die_in("submitting");
    (void)scripted_push_ask(&p, "UPDATE bulkpg.push_chunk SET target = NULL");
    scripted_push_again(&p);
    RUN();
    STATES("unknown unknown"); /* its own SELECT decides */
    ck_assert_int_eq(p.submissions, 0);
    ASK("SELECT string_agg(state, ' ') FROM bulkpg.push_state",
        "unknown unknown");
    scripted_push_close(&p);
}

/* An operation that the store loses sight of while it runs. */
TASK_TEST(a_clock_that_was_set_back_does_not_lengthen_the_search, PATIENT_MS)
{
    open_rows(http, NULL, 2);
    die_in("submitting");
    (void)scripted_push_ask(&p, "UPDATE bulkpg.push_chunk SET sent_at = now() "
                                "+ interval '1 day'");
    scripted_push_again(&p);
    p.mutation.is_safe = p.push.may_repeat = false;
    p.list_moves_clock_ms = 61000;
    FAILS_WITH(ERR_LATER, "PUSH_HELD");
    ck_assert_int_eq(p.lists, 1);
    STATES("held held");
    scripted_push_close(&p);
}

TASK_TEST(an_operation_may_be_missing_for_a_while, PATIENT_MS)
{
    open_rows(http, NULL, 2);
    p.mutation.is_safe = p.push.may_repeat = false;
    p.missing_polls = 4;
    RUN();
    STATES("applied applied");
    each_ran(1, 2);
    scripted_push_close(&p);
}

TASK_TEST(an_operation_that_stays_missing_has_no_result, PATIENT_MS)
{
    open_rows(http, NULL, 2);
    p.mutation.is_safe = p.push.may_repeat = false;
    p.missing_polls = 9;
    RUN();
    STATES("unknown unknown");
    ck_assert_int_eq(p.missing_polls, 4);
    ASK("SELECT error_code FROM bulkpg.push_chunk", "EXPIRED");
    scripted_push_close(&p);
}

/* So does one that an earlier process has seen end. */
TASK_TEST(a_finished_operation_may_be_missing_for_a_while, PATIENT_MS)
{
    open_rows(http, NULL, 2);
    p.mutation.is_safe = p.push.may_repeat = false;
    RUN();
    (void)scripted_push_ask(&p, "UPDATE bulkpg.push_chunk SET state = "
                                "'finished'");
    (void)scripted_push_ask(&p, "UPDATE bulkpg.push_row SET state = 'sending'");
    scripted_push_again(&p);
    p.missing_polls = 4;
    RUN();
    STATES("applied applied");
    scripted_push_close(&p);
}

TASK_TEST(a_stop_leaves_the_operation_to_the_next_process, PATIENT_MS)
{
    scripted_push_open(&p, http, 12, 0, 2, NULL);
    p.stop_after_submissions = 2;
    ck_assert(!chunks_run(&p.push, &err));
    ck_assert_int_eq(err.kind, ERR_STOPPED);
    task_shield();
    ck_assert_int_lt(p.submissions, 6);
    ck_assert_int_eq(scripted_push_count(&p, "sending") +
                         scripted_push_count(&p, "applied"),
                     2 * p.submissions);
    ck_assert_int_eq(scripted_push_count(&p, "skipped"),
                     12 - 2 * p.submissions);
    ck_assert_int_eq(p.run_count, p.submissions);
    task_unshield();
    scripted_push_close(&p);
}

/* ---- results ------------------------------------------------------------- */

TASK_TEST(a_partial_result_is_believed_and_the_rest_is_unknown, PATIENT_MS)
{
    open_rows(http, NULL, 5);
    p.end_status = "FAILED";
    p.answered = 3;
    p.mutation.is_safe = p.push.may_repeat = false;
    RUN();
    STATES("unknown unknown applied applied applied");
    ASK("SELECT error_code FROM bulkpg.push_chunk", "FAILED");
    scripted_push_close(&p);
}

static const struct {
    const char *name;
    int64_t extra_bytes;
    bool counts_from_one;
    const char *what;
} doubts[] = {
    {"fewer bytes than announced", 7, false, NULL},
    {"more bytes than announced", -7, false, NULL},
    {"numbers out of range", 0, true, NULL},
    {"an id of another row", 0, false, "other"},
};

TASK_LOOP_TEST(a_result_that_is_not_proven_settles_nothing, PATIENT_MS)
{
    const char *what[] = {NULL, doubts[row].what, NULL};

    open_rows(http, what, 3);
    p.extra_bytes = doubts[row].extra_bytes;
    p.counts_from_one = doubts[row].counts_from_one;
    RUN();
    STATES("unknown unknown unknown");
    each_ran(1, 3); /* never again by itself */
    ck_assert_str_eq(p.push.distrust.code, "PUSH_UNPROVEN");
    ASK("SELECT state FROM bulkpg.push_chunk", "settled");
    scripted_push_close(&p);
}

/* ---- several chunks ------------------------------------------------------ */

TASK_TEST(five_chunks_run_side_by_side, PATIENT_MS)
{
    scripted_push_open(&p, http, 44, 4, 4, NULL);
    RUN();
    ck_assert_int_eq(scripted_push_count(&p, "applied"), 44);
    each_ran(1, 44);
    ck_assert_int_gt(p.most_running, 1);
    ck_assert_int_le(p.most_running, 5);
    ck_assert_int_eq(p.store.mutation_slots_taken, 0);
    scripted_push_close(&p);
}

enum { MANY = 501 }; /* so many rows have a canary */

TASK_TEST(a_refused_canary_ends_the_push, PATIENT_MS)
{
    static const char *const what[MANY] = {"refuse", NULL, "refuse", NULL};

    scripted_push_open(&p, http, MANY, 5, 200, what);
    FAILS_WITH(ERR_FAILED, "CANARY");
    ck_assert_int_eq(scripted_push_count(&p, "applied"), 3);
    ck_assert_int_eq(scripted_push_count(&p, "refused"), 2);
    ck_assert_int_eq(scripted_push_count(&p, "skipped"), MANY - 5);
    ck_assert_int_eq(p.submissions, 1);
    scripted_push_close(&p);
}

TASK_TEST(a_denied_row_in_the_canary_ends_the_push, PATIENT_MS)
{
    static const char *const what[MANY] = {"deny", NULL};

    scripted_push_open(&p, http, MANY, 10, 200, what);
    FAILS_WITH(ERR_DENIED, "ACCESS_DENIED");
    ck_assert_int_eq(scripted_push_count(&p, "skipped"), MANY - 10);
    scripted_push_close(&p);
}

TASK_TEST(a_fifth_of_the_canary_may_be_refused, PATIENT_MS)
{
    static const char *const what[MANY] = {"refuse", NULL, "flaky", NULL};

    scripted_push_open(&p, http, MANY, 5, 200, what);
    RUN();
    ck_assert_int_eq(scripted_push_count(&p, "applied"), MANY - 1);
    scripted_push_close(&p);
}

/* Its chunks have few lines because of @push(rows:). */
TASK_TEST(few_rows_have_no_canary, PATIENT_MS)
{
    static const char *const what[MANY - 1] = {"refuse", "deny", "refuse"};

    scripted_push_open(&p, http, MANY - 1, 5, 200, what);
    RUN();
    ck_assert_int_eq(scripted_push_count(&p, "applied"), MANY - 4);
    ck_assert_int_eq(scripted_push_count(&p, "refused"), 3);
    scripted_push_close(&p);
}

/* An undo is continued, and chunks that were sent are settled by now. */
TASK_TEST(a_push_that_is_resumed_has_the_same_canary, PATIENT_MS)
{
    static const char *const what[MANY] = {"refuse", NULL, "refuse", NULL};

    scripted_push_open(&p, http, MANY, 5, 200, what);
    scripted_push_again(&p);
    p.push.undo_of = 1;
    FAILS_WITH(ERR_FAILED, "CANARY");
    ck_assert_int_eq(p.submissions, 1);
    scripted_push_close(&p);
}

/* ---- the journal's age --------------------------------------------------- */

TASK_TEST(a_restored_journal_sends_nothing, PATIENT_MS)
{
    open_rows(http, NULL, 2);
    p.foreign = scripted_push_ask(
        &p, "SELECT format('# bulkpg %s/push/7/1.1/0815\\nmutation', "
            "journal_uuid) FROM bulkpg.meta");
    FAILS_WITH(ERR_FAILED, "JOURNAL_RESTORED");
    ck_assert_ptr_nonnull(strstr(err.message, "/push/7/1.1/0815"));
    STATES("skipped skipped");
    ck_assert_int_eq(p.file_count, 0);
    scripted_push_close(&p);
}

int
main(void)
{
    Suite *suite = suite_create("chunks");
    TCase *tests = tcase_create("chunks");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, each_row_runs_once_and_gets_its_outcome);
    tcase_add_test(tests, unknown_rows_that_may_repeat_run_again_three_times);
    tcase_add_test(tests, a_row_whose_key_is_spent_is_sent_again_with_another);
    tcase_add_test(tests, rows_that_must_not_repeat_keep_a_key_that_is_spent);
    tcase_add_test(tests, a_refused_upload_gets_a_new_target);
    tcase_add_test(tests, three_refused_uploads_are_enough);
    tcase_add_test(tests, a_full_store_is_waited_for);
    tcase_add_test(tests, a_file_that_the_store_lost_is_uploaded_again);
    tcase_add_test(tests, a_refused_mutation_leaves_no_trace);
    tcase_add_test(tests, a_lost_submission_that_ran_is_adopted);
    tcase_add_test(tests, the_list_may_be_late);
    tcase_add_test(tests,
                   a_lost_submission_that_did_not_run_is_fenced_and_repeated);
    tcase_add_test(tests, submissions_that_are_always_lost_are_repeated_twice);
    tcase_add_test(
        tests,
        rows_of_a_lost_submission_stay_unknown_if_they_are_not_sent_again);
    tcase_add_test(tests, a_late_start_after_the_fence_runs_nothing);
    tcase_add_test(tests, rows_that_must_not_repeat_are_held);
    tcase_add_test(tests, held_rows_are_settled_when_their_operation_appears);
    tcase_add_test(tests, the_fence_of_held_rows_replaces_their_lines);
    tcase_add_test(tests, there_is_no_fence_for_an_operation_that_appears);
    tcase_add_test(tests, a_push_that_was_killed_while_submitting_is_settled);
    tcase_add_test(tests,
                   a_clock_that_was_set_back_does_not_lengthen_the_search);
    tcase_add_test(tests, an_operation_may_be_missing_for_a_while);
    tcase_add_test(tests, an_operation_that_stays_missing_has_no_result);
    tcase_add_test(tests, a_finished_operation_may_be_missing_for_a_while);
    tcase_add_test(tests, a_stop_leaves_the_operation_to_the_next_process);
    tcase_add_test(tests, a_partial_result_is_believed_and_the_rest_is_unknown);
    tcase_add_loop_test(tests, a_result_that_is_not_proven_settles_nothing, 0,
                        COUNT(doubts));
    tcase_add_test(tests, five_chunks_run_side_by_side);
    tcase_add_test(tests, a_refused_canary_ends_the_push);
    tcase_add_test(tests, a_denied_row_in_the_canary_ends_the_push);
    tcase_add_test(tests, a_fifth_of_the_canary_may_be_refused);
    tcase_add_test(tests, few_rows_have_no_canary);
    tcase_add_test(tests, a_push_that_is_resumed_has_the_same_canary);
    tcase_add_test(tests, a_restored_journal_sends_nothing);
    suite_add_tcase(suite, tests);
    return suite_run_with_cluster(suite);
}
