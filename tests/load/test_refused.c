/* refused: which lines the server refuses, and what of its words is shown. */
#include <check.h>
#include <string.h>

#include "load/refused.h"
#include "support/suite.h"

static struct err err;

static void
set_error(const char *code, const char *message)
{
    err_set(&err, MSG_SQLSTATE, "%s", message);
    err_hint(&err, "a hint with Secret");
    err_given(&err, code);
}

START_TEST(a_reason_has_the_words_of_the_server)
{
    struct refused refused = {0};

    set_error("22001", "too long: Secret");
    refused_add(&refused, 7, &err);
    ck_assert_str_eq(refused_reason(&refused, 7),
                     "the server refused it: too long: Secret");
    ck_assert_ptr_null(refused_reason(&refused, 8));
    refused_free(&refused);
}

END_TEST

START_TEST(of_a_masked_query_it_has_only_the_code)
{
    struct refused refused = {.hides_words = true};

    set_error("22001", "too long: Secret");
    refused_add(&refused, 7, &err);
    ck_assert_ptr_nonnull(strstr(refused_reason(&refused, 7), "22001"));
    ck_assert_ptr_null(strstr(refused_reason(&refused, 7), "Secret"));
    refused_free(&refused);
}

END_TEST

static const struct {
    const char *code;
    const char *message;
    const char *shown;
} words[] = {
    {"23514", "row violates check constraint \"c\" (Failing row: Secret)",
     "row violates check constraint \"c\""},
    {"23505", "duplicate key", "duplicate key"},
    {"22P02", "invalid input: \"Secret\"",
     "the server refuses a row (SQLSTATE "
     "22P02); its words are not shown, because the query has @mask"},
    {"P0001", "Secret",
     "the server refuses a row (SQLSTATE P0001); its words "
     "are not shown, because the query has @mask"},
    {"42P01", "relation \"x\" does not exist (y)",
     "relation \"x\" does not exist (y)"},
    {"WIDEN", "as it was (x)", "as it was (x)"},
};

START_TEST(words_that_may_quote_a_value_are_hidden)
{
    set_error(words[_i].code, words[_i].message);
    refused_hide_words(&err);
    ck_assert_str_eq(err.message, words[_i].shown);
    ck_assert_str_eq(err.code, words[_i].code);
}

END_TEST

static Suite *
refused_suite(void)
{
    Suite *suite = suite_create("refused");
    TCase *tests = tcase_create("refused");

    tcase_add_test(tests, a_reason_has_the_words_of_the_server);
    tcase_add_test(tests, of_a_masked_query_it_has_only_the_code);
    tcase_add_loop_test(tests, words_that_may_quote_a_value_are_hidden, 0,
                        COUNT(words));
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(refused_suite());
}
