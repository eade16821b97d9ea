/* dialect: any GraphQL API. Its variables are windows, its ids text. */
#include <check.h>
#include <string.h>

#include "dialect/generic.h"
#include "support/suite.h"
#include "support/types.h"

static struct types types;
static struct err err;

static void
setup(void)
{
    memset(&err, 0, sizeof(err));
    types_open(&types, "tests/data/sdl/github.graphql");
}

static void
teardown(void)
{
    types_close(&types);
}

#define ISSUES(arguments)                                          \
    " { repository(owner: \"o\", name: \"n\") { issues(" arguments \
    ") { edges { node { id } } } } }"

static bool
check(const char *text)
{
    struct dialect dialect = generic_dialect(preset_find("github"));
    const struct gql_document *document = types_parse(&types, text);

    return dialect.check_query(document, types.schema, &err) &&
           dialect.check_filter(document, types.schema, &err);
}

static const char *const valid[] = {
    "query" ISSUES("first: 5"),
    "query ($since: DateTime) @incremental" ISSUES("filterBy: {since: $since}"),
    "{ a: rateLimit { cost } b: rateLimit { limit } }",
    "query($since: DateTime, $until: String) @incremental { repository(owner: "
    "\"o\", name: \"n\") { issues(filterBy: {since: $since}, after: $until) { "
    "nodes { ...I } } } } fragment I on Issue { labels(after: $until) { "
    "totalCount } }",
    /* a list of the type may be asked for */
    "query Q($since: DateTime) @incremental @deletes(mode: KEEP)" ISSUES(
        "filterBy: {states: [OPEN], since: $since}"),
};

START_TEST(valid_queries_pass)
{
    if (!check(valid[_i]))
        ck_abort_msg("%s", err.message);
}

END_TEST

static const struct {
    const char *text;
    const char *message;
} faults[] = {
    {"query ($since: DateTime) @incremental" ISSUES("first: 5"),
     "q:1:8: the variable $since is declared but not used"},
    {"query ($since: DateTime!) @incremental" ISSUES(
         "filterBy: {since: $since}"),
     "q:1:8: the variable $since is DateTime!: its type must be one time that "
     "may be null, such as DateTime"},
    {"query ($since: DateTime = \"2026\") @incremental" ISSUES(
         "filterBy: {since: $since}"),
     "q:1:8: the variable $since cannot have a default value: its argument "
     "must be absent when bulkpg fetches everything"},
    {"query @incremental" ISSUES("first: 5"),
     "q:1:7: @incremental needs the variable $since in an argument that "
     "selects the rows changed since a time"},
    {"query ($until: DateTime) @incremental" ISSUES(
         "filterBy: {since: $until}"),
     "q:1:26: @incremental needs the variable $since in an argument that "
     "selects the rows changed since a time"},
    {"query ($n: Int) @incremental" ISSUES("first: $n"),
     "q:1:8: bulkpg has no value for the variable $n"},
    {"query ($since: DateTime)" ISSUES("filterBy: {since: $since}"),
     "q:1:8: the variable $since has a value only in a query with "
     "@incremental"},
    {"query ($since: DateTime, $since: DateTime) @incremental" ISSUES(
         "filterBy: {since: $since}"),
     "q:1:26: the variable $since is declared twice"},
    {"query ($since: String) @incremental" ISSUES("filterBy: {since: $since}"),
     "q:1:100: field \"since\" must be DateTime, but $since is String"},
    {"query @incremental" ISSUES("filterBy: {since: $since}"),
     "q:1:83: the variable $since is not declared"},
    {"query ($since: String) @incremental { repository(owner: $since, name: "
     "\"n\") { id } }",
     "q:1:57: argument \"owner\" must be String!, but $since is String"},
    {"query ($since: [IssueState!]) @incremental" ISSUES(
         "filterBy: {states: $since}"),
     "q:1:8: the variable $since is [IssueState!]: its type must be one time "
     "that may be null, such as DateTime"},
    {"query ($since: DateTime) @incremental(field: $since)" ISSUES("first: 5"),
     "q:1:46: an argument of a directive cannot be a variable; write the "
     "value in place of $since"},
    {"query ($since: Boolean) @incremental { repository(owner: \"o\", name: "
     "\"n\") @skip(if: $since) { id } }",
     "q:1:84: an argument of a directive cannot be a variable; write the "
     "value in place of $since"},
    {"mutation { a }", "q:1:1: only a query can run"},
};

START_TEST(faults_have_their_place)
{
    ck_assert_msg(!check(faults[_i].text), "%s", faults[_i].text);
    ck_assert_int_eq(err.kind, ERR_CONFIG);
    ck_assert_str_eq(err.message, faults[_i].message);
}

END_TEST

static const struct {
    const char *name;
    enum dialect_scalar type;
} scalars[] = {
    {"PositiveDecimal", DIALECT_DECIMAL},
    {"Decimal", DIALECT_DECIMAL},
    {"JSONObject", DIALECT_JSON},
    {"GenericScalar", DIALECT_JSON},
    {"JSONString", DIALECT_JSON},
    {"Metadata", DIALECT_JSON},
    {"PreciseDateTime", DIALECT_TIME},
    {"GitTimestamp", DIALECT_TIME},
    {"ISO8601DateTime", DIALECT_TIME},
    {"DateTime", DIALECT_TIME},
    {"TimelessDate", DIALECT_DATE},
    {"UUID", DIALECT_STRING},
    {"ID", DIALECT_STRING},
    {"BigInt", DIALECT_INT64},
    {"WeightScalar", DIALECT_ANY},
    {"Int", DIALECT_INT32},
};

START_TEST(scalars_have_types)
{
    struct dialect dialect = generic_dialect(preset_none());

    ck_assert_int_eq(dialect.scalar_type(scalars[_i].name), scalars[_i].type);
}

END_TEST

START_TEST(ids_are_text)
{
    struct dialect dialect = generic_dialect(preset_find("infrahub"));

    ck_assert(!dialect.ids_are_gids);
    ck_assert(!dialect.hides_orders);
    ck_assert(dialect.keeps_whole_gid("Product"));
    ck_assert_ptr_null(dialect.counter_of("products", &types.arena));
    ck_assert(dialect.pages->unwraps && dialect.pages->string_ids);
    ck_assert_str_eq(dialect.name, "Infrahub");
}

END_TEST

/* ---- presets ------------------------------------------------------------ */

START_TEST(presets_are_found_by_name)
{
    ck_assert_ptr_null(preset_find("nope"));
    ck_assert_ptr_null(preset_find(""));
    ck_assert_ptr_eq(preset_at(0), preset_none());
    for (size_t i = 1; preset_at(i) != NULL; i++)
        ck_assert_ptr_eq(preset_find(preset_at(i)->name), preset_at(i));
}

END_TEST

START_TEST(presets_have_usable_values)
{
    for (size_t i = 0; preset_at(i) != NULL; i++) {
        const struct preset *preset = preset_at(i);

        ck_assert(preset->pages.always && preset->pages.takes_since);
        ck_assert_int_gt(preset->pages.page, 0);
        ck_assert_int_gt(preset->pages.ids_max, 0);
        ck_assert_int_gt(preset->concurrency, 0);
        ck_assert(preset->share > 0 && preset->share <= 1);
        ck_assert(preset->page_max == 0 ||
                  preset->pages.page <= preset->page_max);
    }
}

END_TEST

static Suite *
generic_suite(void)
{
    Suite *suite = suite_create("dialect_generic");
    TCase *tests = tcase_create("generic");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, valid_queries_pass, 0, COUNT(valid));
    tcase_add_loop_test(tests, faults_have_their_place, 0, COUNT(faults));
    tcase_add_loop_test(tests, scalars_have_types, 0, COUNT(scalars));
    tcase_add_test(tests, ids_are_text);
    tcase_add_test(tests, presets_are_found_by_name);
    tcase_add_test(tests, presets_have_usable_values);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(generic_suite());
}
