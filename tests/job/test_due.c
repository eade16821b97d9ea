/* due: the age of a job, and the rule that decides when it must run again. */
#include <check.h>
#include <string.h>

#include "job/due.h"
#include "support/suite.h"

enum { MINUTE_MS = 60 * 1000, AGE_MS = 15 * MINUTE_MS };

static const struct {
    const char *what;
    struct journal_due seen;
    int64_t age_ms;
    bool due;
} cases[] = {
    {"a job that never ran", {-1, -1, -1, false, false}, AGE_MS, true},
    {"a good run", {5, 5, 0, false, false}, AGE_MS, false},
    {"a good run just as old",
     {AGE_MS, AGE_MS, 0, false, false},
     AGE_MS,
     false},
    {"a good run that is older",
     {AGE_MS + 1, AGE_MS + 1, 0, false, false},
     AGE_MS,
     true},
    {"a run that began a minute before the age was over",
     {AGE_MS + 1, MINUTE_MS, -1, false, false},
     AGE_MS,
     true},
    {"a first run that has just failed",
     {-1, 10, 5, true, false},
     AGE_MS,
     false},
    {"a first run that failed some time ago",
     {-1, 2 * MINUTE_MS, MINUTE_MS, true, false},
     AGE_MS,
     true},
    {"a long run that has just failed",
     {3 * AGE_MS, 2 * AGE_MS, 5, true, false},
     AGE_MS,
     false},
    {"a failed run of a job with a short age",
     {2000, 1500, 1000, true, false},
     1000,
     true},
    {"a failed run after a young good one",
     {MINUTE_MS, 2 * MINUTE_MS, 2 * MINUTE_MS, true, false},
     AGE_MS,
     false},
    {"a run with rejects that is young",
     {2 * AGE_MS, AGE_MS, 5, false, true},
     AGE_MS,
     false},
    {"a run with rejects that is old",
     {2 * AGE_MS, AGE_MS + 1, 5, false, true},
     AGE_MS,
     true},
    {"a failed run, before the clock was set back",
     {-1, -5000, -5000, true, false},
     AGE_MS,
     true},
    {"a run with rejects, before the clock was set back",
     {-5000, -5000, -5000, false, true},
     AGE_MS,
     true},
    {"a run that is not known to be complete",
     {2 * AGE_MS, MINUTE_MS, MINUTE_MS, true, true},
     AGE_MS,
     true},
};

START_TEST(the_rule)
{
    bool due = due_is(&cases[_i].seen, cases[_i].age_ms, MINUTE_MS);

    ck_assert_msg(due == cases[_i].due, "%s", cases[_i].what);
}

END_TEST

static const struct {
    const char *query;
    int64_t age_ms;
} ages[] = {
    {"query @every(age: \"15m\") { products { edges { node { id } } } }",
     AGE_MS},
    {"query A @incremental @every(age: \"2s\") { a }", 2000},
    {"{ products { edges { node { id } } } }", 1234},
    {"query @every { a }", 1234},
    {"query @every(age: 15) { a }", 1234},
    {"query @every(age: \"0\") { a }", 1234},
    {"query @every(age: \"often\") { a }", 1234},
    {"this is not a query", 1234},
    {"", 1234},
};

START_TEST(the_age)
{
    const struct store_config store = {.name = "acme", .every_ms = 1234};
    const struct query_file file = {.job = "products",
                                    .path = "products.graphql",
                                    .text = span_str(ages[_i].query)};

    ck_assert_int_eq(due_age_ms(&store, &file), ages[_i].age_ms);
}

END_TEST

START_TEST(the_age_without_a_file)
{
    const struct store_config store = {.name = "acme", .every_ms = 1234};
    struct query_file file = {.job = "products", .text = span_str("")};

    err_set(&file.fault, MSG_QUERY_FILE, "cannot read it");
    ck_assert_int_eq(due_age_ms(&store, &file), 1234);
    ck_assert_int_eq(due_age_ms(&store, NULL), 1234);
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("due");
    TCase *all = tcase_create("all");

    tcase_add_loop_test(all, the_rule, 0, COUNT(cases));
    tcase_add_loop_test(all, the_age, 0, COUNT(ages));
    tcase_add_test(all, the_age_without_a_file);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
