/* settle: answers become states, once, and only if they belong to the lines. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/task.h"
#include "journal/chunk.h"
#include "mapping/outcome.h"
#include "push/settle.h"
#include "scripted/push.h"
#include "support/suite.h"

enum { PATIENT_MS = 600000 };

static struct scripted_push p;
static struct err err;
static struct settle *settle;

#define OK(call)       ck_assert_msg((call), "%s: %s", err.code, err.message)
#define STATES(text)   ck_assert_str_eq(scripted_push_states(&p), text)
#define ASK(sql, text) ck_assert_str_eq(scripted_push_ask(&p, sql), text)

/* Open a push with rows that are being sent. */
static void
open_rows(struct http *http, int rows)
{
    struct journal_chunks chunks;

    memset(&err, 0, sizeof(err));
    scripted_push_open(&p, http, rows, 0, 0, NULL);
    OK(journal_chunk_list(p.push.journal, p.push.ref.push_id, true, &p.arena,
                          &chunks, &err));
    OK(journal_chunk_submitting(p.push.journal, &p.push.ref, &p.arena,
                                &chunks.chunks[0], &err));
}

static void
begin(void)
{
    OK(settle_begin(&p.push, 1, &settle, &err));
}

static void
line(int number, const char *text)
{
    struct outcome outcome;

    OK(outcome_read(&p.mutation, span_str(text), &p.arena, &outcome, &err));
    OK(settle_line(settle, number, &outcome, &err));
}

static const char *
applied(int id)
{
    return arena_printf(&p.arena,
                        "{\"data\":{\"m\":{\"thing\":{\"id\":\"gid://shopify/"
                        "Thing/%d\"},\"userErrors\":[]}},\"__lineNumber\":0}",
                        id);
}

#define REFUSED                                                      \
    "{\"data\":{\"m\":{\"thing\":null,\"userErrors\":[{\"code\":"    \
    "\"INVALID\",\"field\":[\"id\"],\"message\":\"no\"}]}},\"__line" \
    "Number\":0}"

TASK_TEST(answers_become_states, PATIENT_MS)
{
    open_rows(http, 3);
    STATES("sending sending sending");
    begin();
    line(1, REFUSED);
    OK(settle_missing(settle, &err));
    OK(settle_end(settle, true, &err));
    STATES("unknown refused unknown");
    ASK("SELECT code || field || message FROM bulkpg.push_error",
        "INVALIDidno");
    ASK("SELECT string_agg(state, ' ' ORDER BY key) FROM bulkpg.push_state",
        "unknown refused unknown");
    ASK("SELECT state FROM bulkpg.push_chunk", "settled");
    ck_assert_int_eq(p.push.tallies.unknown, 2);
    ck_assert_int_eq(p.push.tallies.refused, 1);
    scripted_push_close(&p);
}

TASK_TEST(the_last_of_several_answers_counts, PATIENT_MS)
{
    open_rows(http, 1);
    begin();
    line(0, REFUSED);
    line(0, REFUSED);
    OK(settle_end(settle, false, &err));
    STATES("refused");
    ASK("SELECT count(*) FROM bulkpg.push_error", "1");
    /* The same again: a process was killed after its commit. */
    begin();
    line(0, REFUSED);
    OK(settle_end(settle, true, &err));
    ASK("SELECT count(*) FROM bulkpg.push_error", "1");
    ASK("SELECT state FROM bulkpg.push_chunk", "settled");
    scripted_push_close(&p);
}

TASK_TEST(lines_without_rows_are_ignored, PATIENT_MS)
{
    open_rows(http, 2);
    begin();
    line(7, REFUSED);
    line(1, REFUSED);
    OK(settle_end(settle, false, &err));
    STATES("sending refused");
    ck_assert_int_eq(p.push.tallies.refused, 1);
    scripted_push_close(&p);
}

TASK_TEST(answers_of_other_rows_are_not_trusted, PATIENT_MS)
{
    open_rows(http, 3);
    begin();
    line(0, REFUSED);
    line(1, applied(987654));
    OK(settle_missing(settle, &err));
    OK(settle_end(settle, true, &err));
    STATES("unknown unknown unknown");
    ck_assert_str_eq(p.push.distrust.code, "PUSH_UNPROVEN");
    ASK("SELECT error_code || state FROM bulkpg.push_chunk",
        "PUSH_UNPROVENsettled");
    ASK("SELECT count(*) FROM bulkpg.push_error", "0");
    ck_assert_int_eq(p.push.tallies.unknown, 3);
    ck_assert_int_eq(p.push.tallies.refused, 0);
    scripted_push_close(&p);
}

TASK_TEST(a_result_that_is_not_whole_is_not_trusted, PATIENT_MS)
{
    struct err why;

    open_rows(http, 2);
    begin();
    line(0, REFUSED);
    err_set(&why, MSG_PUSH_UNPROVEN, "the file is too short");
    settle_distrust(settle, &why);
    OK(settle_end(settle, true, &err));
    STATES("unknown unknown");
    scripted_push_close(&p);
}

TASK_TEST(a_push_that_was_taken_over_settles_nothing, PATIENT_MS)
{
    struct outcome outcome;
    struct push_ref ref;
    bool taken;

    open_rows(http, 2);
    ref = p.push.ref;
    OK(journal_push_take_over(p.push.journal, &ref, &taken, &err));
    begin();
    OK(outcome_read(&p.mutation, span_str(REFUSED), &p.arena, &outcome, &err));
    OK(settle_line(settle, 0, &outcome, &err));
    ck_assert(!settle_missing(settle, &err));
    ck_assert_str_eq(err.code, "TAKEN_OVER");
    settle_abandon(settle);
    STATES("sending sending");
    scripted_push_close(&p);
}

TASK_TEST(many_answers_are_settled_in_batches, PATIENT_MS)
{
    open_rows(http, 700);
    begin();
    for (int i = 0; i < 700; i += 2)
        line(i, REFUSED);
    OK(settle_missing(settle, &err));
    OK(settle_end(settle, true, &err));
    ck_assert_int_eq(scripted_push_count(&p, "refused"), 350);
    ck_assert_int_eq(scripted_push_count(&p, "unknown"), 350);
    scripted_push_close(&p);
}

TASK_TEST(an_abandoned_transaction_leaves_nothing, PATIENT_MS)
{
    open_rows(http, 2);
    begin();
    line(0, REFUSED);
    settle_abandon(settle);
    STATES("sending sending");
    begin();
    line(0, REFUSED);
    OK(settle_end(settle, false, &err));
    STATES("refused sending");
    scripted_push_close(&p);
}

int
main(void)
{
    Suite *suite = suite_create("settle");
    TCase *tests = tcase_create("settle");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, answers_become_states);
    tcase_add_test(tests, the_last_of_several_answers_counts);
    tcase_add_test(tests, lines_without_rows_are_ignored);
    tcase_add_test(tests, answers_of_other_rows_are_not_trusted);
    tcase_add_test(tests, a_result_that_is_not_whole_is_not_trusted);
    tcase_add_test(tests, a_push_that_was_taken_over_settles_nothing);
    tcase_add_test(tests, many_answers_are_settled_in_batches);
    tcase_add_test(tests, an_abandoned_transaction_leaves_nothing);
    suite_add_tcase(suite, tests);
    return suite_run_with_cluster(suite);
}
