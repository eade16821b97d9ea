/* direct: single requests for rows, and what their answers mean. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/task.h"
#include "push/direct.h"
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
    p.push.is_direct = true;
}

/* May rows be sent again because of their type, or because of a key? */
static void
repeat(bool is_safe, bool is_idempotent)
{
    p.mutation.is_safe = p.push.may_repeat = is_safe;
    p.mutation.is_idempotent = is_idempotent;
}

#define RUN()          ck_assert_msg(direct_run(&p.push, &err), "%s", err.message)
#define STATES(text)   ck_assert_str_eq(scripted_push_states(&p), text)
#define ASK(sql, text) ck_assert_str_eq(scripted_push_ask(&p, sql), text)

/* ---- answers ------------------------------------------------------------- */

TASK_TEST(each_row_is_one_request, PATIENT_MS)
{
    open_rows(http, NULL, 100);
    RUN();
    ck_assert_int_eq(scripted_push_count(&p, "applied"), 100);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(scripted_push_ran(&p, i), 1);
    ck_assert_int_eq(p.requests, 100);
    ck_assert_int_eq(p.push.tallies.applied, 100);
    ASK("SELECT state FROM bulkpg.push_chunk", "settled");
    scripted_push_close(&p);
}

TASK_TEST(each_row_gets_its_outcome, PATIENT_MS)
{
    static const char *const what[] = {NULL, "refuse", "fail", "flaky"};

    open_rows(http, what, 4);
    repeat(false, false);
    RUN();
    STATES("applied refused held held");
    ck_assert_int_eq(p.requests, 4);
    ck_assert_int_eq(p.push.tallies.held, 2);
    ASK("SELECT string_agg(state, ' ' ORDER BY key) FROM bulkpg.push_state",
        "applied refused held held");
    scripted_push_close(&p);
}

TASK_TEST(unknown_rows_that_may_repeat_are_sent_three_times, PATIENT_MS)
{
    static const char *const what[] = {NULL, "refuse", "fail", "flaky"};

    open_rows(http, what, 4);
    repeat(true, false);
    RUN();
    STATES("applied refused unknown applied");
    ck_assert_int_eq(scripted_push_ran(&p, 2), 3);
    ck_assert_int_eq(scripted_push_ran(&p, 3), 2);
    scripted_push_close(&p);
}

TASK_TEST(a_denied_row_ends_the_push, PATIENT_MS)
{
    const char *what[DIRECT_ROUND * 2] = {NULL, "deny"};

    open_rows(http, what, DIRECT_ROUND * 2);
    ck_assert(!direct_run(&p.push, &err));
    ck_assert_int_eq(err.kind, ERR_DENIED);
    ck_assert_int_eq(scripted_push_count(&p, "applied"), DIRECT_ROUND - 1);
    ck_assert_int_eq(scripted_push_count(&p, "refused"), 1);
    ck_assert_int_eq(scripted_push_count(&p, "skipped"), DIRECT_ROUND);
    scripted_push_close(&p);
}

/* ---- lost answers -------------------------------------------------------- */

static const struct {
    enum scripted_loss loss;
    bool is_safe, is_idempotent;
    const char *states;
    int ran;
} losses[] = {
    {LOSS_BEFORE, true, false, "applied applied", 1},
    {LOSS_AFTER, true, false, "applied applied", 2},
    {LOSS_AFTER, false, true, "applied applied", 2}, /* the key stops it */
    {LOSS_BEFORE, false, false, "applied held", 0},
    {LOSS_AFTER, false, false, "applied held", 1},
};

TASK_LOOP_TEST(a_lost_answer_is_repeated_or_held, PATIENT_MS)
{
    static const char *const what[] = {NULL, "lose"};

    open_rows(http, what, 2);
    repeat(losses[row].is_safe, losses[row].is_idempotent);
    p.row_loss = losses[row].loss;
    RUN();
    STATES(losses[row].states);
    ck_assert_int_eq(scripted_push_ran(&p, 1), losses[row].ran);
    ck_assert_int_eq(scripted_push_ran(&p, 0), 1);
    scripted_push_close(&p);
}

TASK_TEST(a_store_that_cannot_be_reached_leaves_rows_planned, PATIENT_MS)
{
    open_rows(http, NULL, 3);
    p.config.base_url = "http://127.0.0.1:1";
    p.context.config.tuning.retry_budget_ms = 0;
    ck_assert(!direct_run(&p.push, &err));
    ck_assert_int_eq(err.kind, ERR_LATER);
    STATES("planned planned planned");
    ASK("SELECT count(*) FROM bulkpg.push_state", "0");
    ASK("SELECT sum(tries) FROM bulkpg.push_row", "0");
    scripted_push_close(&p);
}

/* ---- idempotency keys ---------------------------------------------------- */

TASK_TEST(a_row_whose_key_is_spent_is_sent_again_with_another, PATIENT_MS)
{
    static const char *const what[] = {NULL, "spent", "burnt"};

    open_rows(http, what, 3);
    repeat(false, true);
    p.mutation.makes_keys = true;
    p.mutation.key_variable = MUTATION_KEY_VARIABLE;
    RUN();
    STATES("applied applied refused");
    ASK("SELECT string_agg(tries::text, ' ' ORDER BY number) FROM "
        "bulkpg.push_row",
        "1 2 3");
    ASK("SELECT count(*) FROM bulkpg.push_row WHERE variables::json ->> "
        "'bulkpg_key' = idempotency_key",
        "2");
    scripted_push_close(&p);
}

/* A key of the file's own cannot be drawn again. */
TASK_TEST(a_key_of_the_file_that_is_spent_refuses_the_row, PATIENT_MS)
{
    static const char *const what[] = {"spent"};

    open_rows(http, what, 1);
    repeat(false, true);
    RUN();
    STATES("refused");
    ck_assert_int_eq(p.requests, 1);
    scripted_push_close(&p);
}

/* ---- an earlier process -------------------------------------------------- */

static const struct {
    bool is_safe, is_idempotent;
    const char *states;
    int requests;
} resumed[] = {
    /* row 0 was applied, 1 was being sent, 2 was not sent */
    {false, true, "applied applied skipped", 1},
    {true, false, "applied unknown skipped", 0},
    {false, false, "applied held skipped", 0},
};

TASK_LOOP_TEST(what_an_earlier_process_sent_is_resolved, PATIENT_MS)
{
    open_rows(http, NULL, 3);
    repeat(resumed[row].is_safe, resumed[row].is_idempotent);
    (void)scripted_push_ask(
        &p, "UPDATE bulkpg.push_row SET state = (ARRAY['applied', 'sending', "
            "'planned'])[number + 1], tries = (number < 2)::integer, "
            "first_sent_at = now()");
    (void)scripted_push_ask(&p, "INSERT INTO bulkpg.push_state SELECT 'acme', "
                                "'prices', key, hash, push_id, state FROM "
                                "bulkpg.push_row WHERE number < 2");
    scripted_push_again(&p);
    RUN();
    STATES(resumed[row].states);
    ck_assert_int_eq(p.requests, resumed[row].requests);
    ck_assert_int_eq(scripted_push_ran(&p, 2), 0);
    scripted_push_close(&p);
}

TASK_TEST(an_undo_sends_what_an_earlier_process_did_not, PATIENT_MS)
{
    open_rows(http, NULL, 3);
    scripted_push_again(&p);
    p.push.undo_of = 1;
    RUN();
    STATES("applied applied applied");
    scripted_push_close(&p);
}

/* The earlier process may have sent it, even if this one cannot. */
TASK_TEST(a_key_in_doubt_stays_so_if_its_row_cannot_be_sent, PATIENT_MS)
{
    open_rows(http, NULL, 1);
    repeat(false, true);
    (void)scripted_push_ask(&p, "UPDATE bulkpg.push_row SET state = 'sending', "
                                "tries = 1, first_sent_at = now()");
    (void)scripted_push_ask(&p, "INSERT INTO bulkpg.push_state SELECT 'acme', "
                                "'prices', key, hash, push_id, state FROM "
                                "bulkpg.push_row");
    scripted_push_again(&p);
    p.config.base_url = "http://127.0.0.1:1";
    p.context.config.tuning.retry_budget_ms = 0;
    ck_assert(!direct_run(&p.push, &err));
    ck_assert_int_eq(err.kind, ERR_LATER);
    STATES("unknown");
    ASK("SELECT state FROM bulkpg.push_state", "unknown");
    scripted_push_close(&p);
}

/* Nor does one that seems to be sent tomorrow: the clock was set back. */
static const char *const ages[] = {"- interval '13 hours'",
                                   "+ interval '1 day'"};

TASK_LOOP_TEST(after_12_hours_a_key_does_not_count, PATIENT_MS)
{
    open_rows(http, NULL, 1);
    repeat(false, true);
    (void)scripted_push_ask(
        &p, arena_printf(&p.arena,
                         "UPDATE bulkpg.push_row SET state = 'sending', tries "
                         "= 1, first_sent_at = now() %s",
                         ages[row]));
    scripted_push_again(&p);
    RUN();
    STATES("held");
    ck_assert_int_eq(p.requests, 0);
    scripted_push_close(&p);
}

int
main(void)
{
    Suite *suite = suite_create("direct");
    TCase *tests = tcase_create("direct");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, each_row_is_one_request);
    tcase_add_test(tests, each_row_gets_its_outcome);
    tcase_add_test(tests, unknown_rows_that_may_repeat_are_sent_three_times);
    tcase_add_test(tests, a_denied_row_ends_the_push);
    tcase_add_loop_test(tests, a_lost_answer_is_repeated_or_held, 0,
                        COUNT(losses));
    tcase_add_test(tests, a_row_whose_key_is_spent_is_sent_again_with_another);
    tcase_add_test(tests, a_key_of_the_file_that_is_spent_refuses_the_row);
    tcase_add_test(tests, a_store_that_cannot_be_reached_leaves_rows_planned);
    tcase_add_loop_test(tests, what_an_earlier_process_sent_is_resolved, 0,
                        COUNT(resumed));
    tcase_add_test(tests, an_undo_sends_what_an_earlier_process_did_not);
    tcase_add_test(tests, a_key_in_doubt_stays_so_if_its_row_cannot_be_sent);
    tcase_add_loop_test(tests, after_12_hours_a_key_does_not_count, 0,
                        COUNT(ages));
    suite_add_tcase(suite, tests);
    return suite_run_with_cluster(suite);
}
