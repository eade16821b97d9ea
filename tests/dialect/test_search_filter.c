/* search_filter: refuse filters that the store would ignore or misread. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialect/bulk_notes.h"
#include "dialect/search_filter.h"
#include "support/suite.h"
#include "support/types.h"

static const char types_path[] = "tests/data/plan/types.json";

/* The filters in the descriptions of those types, extracted by another program.
 * Each line has a root connection and "+" with its filters, "?" if the
 * description lists none, or "-" if it has no argument. */
static const char filters_path[] = "tests/data/plan/filters.txt";

enum { ROOTS = 106, ROOTS_WITH_FILTERS = 59 };

static struct types types;
static struct gql_document *document;
static struct err err;

static void
setup(void)
{
    memset(&err, 0, sizeof(err));
    types_open(&types, types_path);
}

static void
teardown(void)
{
    types_close(&types);
}

/* Check `search` as the filter of a root field. */
static bool
check(const char *root, const char *search)
{
    document = types_check(
        &types,
        arena_printf(&types.arena,
                     "{\n  %s(query: \"\"\"%s\"\"\") { edges { node { id } } "
                     "}\n}",
                     root, search));
    return search_filter_check(document, types.schema, &err);
}

/* ---- searches that pass ------------------------------------------------- */

static const struct {
    const char *root;
    const char *search;
} valid[] = {
    /* words */
    {"products", ""},
    {"products", "   "},
    {"products", "snowboard"},
    {"products", "green hoodie"},
    {"products", "-green NOT red"},
    {"products", "'a: b'"},
    {"products", "\"updated:>1\" shoe"},
    {"products", "O'Neill"},
    {"products", "shoe*"},
    {"products", "a-b c_d.e"},
    {"products", "a\\:b"},
    {"products", "\\(x"},
    {"products", "-"},
    {"products", ":"},
    {"products", "é"},
    /* terms */
    {"products", "status:active"},
    {"products", "status: active"},
    {"products", "status:active,draft"},
    {"products", "tag:'a b','c:d e'"},
    {"products", "title:O'Neill*"},
    {"products", "title:a\\:b\\(c\\)"},
    {"products", "title:'it\\'s' vendor:x"},
    {"products", "title:\"say 'hi'\" x"},
    {"products", "title:*"},
    {"products", "-tag:old"},
    {"products", "NOT tag:old"},
    {"products", "-(tag:old OR tag:older) AND status:active"},
    {"products", "((status:active))"},
    {"products", "()"},
    {"products", "tag:(a OR b)"},
    {"products", "(status:active)(tag:x)"},
    {"products", "status:AND"},
    {"products", "\tstatus:active\n  OR\n  status:draft "},
    {"products", "id:>=1234 id:<=5678"},
    {"products", "id:> 1234"},
    {"products", "updated_at:>'2020-10-21T23:39:20Z'"},
    {"products", "updated_at:>='2020-10-21T23:39:20+02:00'"},
    {"products", "updated_at:>=2020-10-21"},
    {"products", "updated_at:>=2020-10-21 T-shirt 5"},
    {"products", "updated_at:>'2020-10-21' created_at:<=2024"},
    {"products", "title:2020-10-21T23:39:20Z"},
    {"products", "tag:(2020-10-21T23 OR b)"},
    {"products", "sku:2020-10-21T-1"},
    {"products", "2020-10-21T23"},
    {"products", "updated_at:('2020-10-21T23:39:20Z' OR 2020-10-21)"},
    {"products", "updated_at:<now"},
    {"products", "default:x"},
    {"orders", "tag_not:x test:true"},
    {"customers", "orders_count:>3 orders_count:<=4"},
    {"inventoryItems", "sku:'A 1' updated_at:>'2026-01-01T00:00:00Z'"},
    {"discountNodes",
     "combines_with.product_discounts_with_tags_on_same_cart_line:a,b "
     "method:code"},
    /* names that fit a pattern */
    {"products", "metafields.custom.material:'wool'"},
    {"products", "metafields.$app\\:mine.key:1"},
    {"products", "-metafields.custom.material:*"},
    {"orders", "metafields.custom.x:1"},
    {"customers", "metafields.custom.x:1"}, /* allowed, not documented */
};

START_TEST(valid_searches_pass)
{
    if (!check(valid[_i].root, valid[_i].search))
        ck_abort_msg("%s: %s", valid[_i].search, err.message);
}

END_TEST

static const char *const unfiltered[] = {
    "{ products { edges { node { id } } } }",
    "{ products(query: null) { edges { node { id } } } }",
    "{ products(query: \"\") { edges { node { id } } } }",
    /* skipped parts are not checked */
    "{ products(query: \"zzz:1\") @skip(if: true) { edges { node { id } } } "
    "orders { edges { node { id } } } }",
    /* the description lists no filters */
    "{ customerSegmentMembers(first: 1, query: \"a = 'b' AND c(id: (1, 2))\") "
    "{ edges { node { id } } } }",
    "{ metaobjects(type: \"x\", query: \"fields.color:blue AND "
    "display_name:x*\") { edges { node { id } } } }",
    "{ products { edges { node { metafields(first: 3) { edges { node { id } } "
    "} } } } }",
    /* names are not checked below the root */
    "{ products { edges { node { media(query: \"stauts:active\") { edges { node "
    "{ id } } } } } } }",
    "{ customerSegmentMembers(query: \"last_order_date > "
    "2024-01-01T00:00:00\") { edges { node { id } } } }",
    /* filters that @filter allows */
    "query @filter(allow: [\"x\", \"stauts\"]) { products(query: "
    "\"stauts:active\") { edges { node { id } } } }",
    "query @filter(allow: \"stauts\") { products(query: \"stauts:active\") { "
    "edges { node { id } } } }",
    /* fragments that are skipped or not used */
    "{ ...F @skip(if: true) ...G } fragment F on QueryRoot { p: products(query: "
    "\"stauts:active\") { edges { node { id } } } } fragment G on QueryRoot { "
    "products { edges { node { id } } } }",
};

START_TEST(other_documents_pass)
{
    document = types_check(&types, unfiltered[_i]);
    if (!search_filter_check(document, types.schema, &err))
        ck_abort_msg("%s", err.message);
}

END_TEST

/* ---- searches with faults ----------------------------------------------- */

static const struct {
    const char *root;
    const char *search;
    const char *message;
} faults[] = {
    /* names */
    {"products", "stauts:active",
     "unknown filter \"stauts\" of \"products\"; did you mean \"status\"?"},
    {"products", "(status:active) AND -update_at:>'2026'",
     "unknown filter \"update_at\" of \"products\"; did you mean "
     "\"updated_at\"?"},
    {"products", "Status:active",
     "unknown filter \"Status\" of \"products\"; did you mean \"status\"?"},
    {"products", "zzzzzzzz:1", "unknown filter \"zzzzzzzz\" of \"products\""},
    {"products", "zzzzzzzz:", "unknown filter \"zzzzzzzz\" of \"products\""},
    {"products", "name:*", "unknown filter \"name\" of \"products\""},
    {"products", "metafields:x",
     "unknown filter \"metafields\" of "
     "\"products\""},
    {"products", "metafields.:x",
     "unknown filter \"metafields.\" of "
     "\"products\""},
    {"products", "https://example.com/x",
     "unknown filter \"https\" of \"products\""},
    {"products", "tag:(a OR stauts:b)",
     "unknown filter \"stauts\" of \"products\"; did you mean \"status\"?"},
    {"orders", "tag:'a',\"b\" stauts:b",
     "unknown filter \"stauts\" of \"orders\"; did you mean \"status\"?"},
    {"orders", "fulfilment_status:shipped",
     "unknown filter \"fulfilment_status\" of \"orders\"; did you mean "
     "\"fulfillment_status\"?"},
    {"customers", "created_at:>'2026-01-01'",
     "unknown filter \"created_at\" of \"customers\"; did you mean "
     "\"updated_at\"?"},
    {"inventoryItems", "metafields.custom.x:1",
     "unknown filter \"metafields.custom.x\" of \"inventoryItems\""},
    {"locations", "updated_at:>1",
     "unknown filter \"updated_at\" of \"locations\"; did you mean "
     "\"created_at\"?"},
    {"manualHoldsFulfillmentOrders", "order_risk_levle:high",
     "unknown filter \"order_risk_levle\" of "
     "\"manualHoldsFulfillmentOrders\"; did you mean \"order_risk_level\"?"},
    /* no value */
    {"products", "updated_at:>",
     "the filter \"updated_at\" of \"products\" has no value"},
    {"products",
     "updated_at:", "the filter \"updated_at\" of \"products\" has no value"},
    {"products", "(updated_at:>=)",
     "the filter \"updated_at\" of \"products\" has no value"},
    {"products", "updated_at:<=  AND status:active",
     "the filter \"updated_at\" of \"products\" has no value"},
    {"products", "(updated_at:< \t) status:active",
     "the filter \"updated_at\" of \"products\" has no value"},
    {"products", "tag: OR status:active",
     "the filter \"tag\" of \"products\" has no value"},
    /* unbalanced quotation marks and parentheses */
    {"products", "title:'abc",
     "a quotation mark in the filter of \"products\" is never closed"},
    {"products", "'abc",
     "a quotation mark in the filter of \"products\" is never closed"},
    {"products", "title:\"abc'",
     "a quotation mark in the filter of \"products\" is never closed"},
    {"products", "title:'abc\\'",
     "a quotation mark in the filter of \"products\" is never closed"},
    {"products", "tag:'a','b",
     "a quotation mark in the filter of \"products\" is never closed"},
    {"products", "(status:active",
     "a parenthesis in the filter of \"products\" is never closed"},
    {"products", "((status:active)",
     "a parenthesis in the filter of \"products\" is never closed"},
    {"products", "status:active)",
     "the filter of \"products\" closes a parenthesis that was never opened"},
    {"products", "(a))(",
     "the filter of \"products\" closes a parenthesis that was never opened"},
    {"customerSegmentMembers", "a = 'b",
     "a quotation mark in the filter of \"customerSegmentMembers\" is never "
     "closed"},
};

START_TEST(each_fault_has_a_message_with_its_place)
{
    const char *root = faults[_i].root;

    ck_assert(!check(root, faults[_i].search));
    ck_assert_int_eq(err.kind, ERR_CONFIG);
    ck_assert_str_eq(err.message,
                     arena_printf(&types.arena, "q:2:%zu: %s",
                                  strlen(root) + 11, faults[_i].message));
}

END_TEST

START_TEST(the_hint_for_an_unknown_name_says_what_the_store_does)
{
    ck_assert(!check("products", "stauts:active"));
    ck_assert_ptr_nonnull(strstr(err_remedy(&err), "sends everything"));
    ck_assert_ptr_nonnull(
        strstr(err_remedy(&err), "@filter(allow: [\"stauts\"])"));
}

END_TEST

static const struct {
    const char *text;
    const char *message;
} directives[] = {
    {"query @filter { products { edges { node { id } } } }",
     "q:1:7: @filter needs the names of filters: @filter(allow: [\"name\"])"},
    {"query @filter(allow: []) { products { edges { node { id } } } }",
     "q:1:7: @filter needs the names of filters: @filter(allow: [\"name\"])"},
    {"query @filter(allow: [1]) { products { edges { node { id } } } }",
     "q:1:23: allow of @filter must be the names of filters, such as "
     "[\"name\"]"},
    {"query @filter(allow: \"a:b\") { products { edges { node { id } } } }",
     "q:1:22: allow of @filter must be the names of filters, such as "
     "[\"name\"]"},
    {"query @filter(deny: \"a\") { products { edges { node { id } } } }",
     "q:1:15: @filter has no argument \"deny\""},
    {"query @filter(allow: \"stauts\") { products(query: \"status:a "
     "stat:1\") { edges { node { id } } } }",
     "q:1:50: unknown filter \"stat\" of \"products\"; did you mean "
     "\"status\"?"},
};

START_TEST(the_arguments_of_the_directive_are_checked)
{
    document = types_check(&types, directives[_i].text);
    ck_assert(!search_filter_check(document, types.schema, &err));
    ck_assert_int_eq(err.kind, ERR_CONFIG);
    ck_assert_str_eq(err.message, directives[_i].message);
}

END_TEST

/* ---- times -------------------------------------------------------------- */

static const struct {
    const char *root;
    const char *search;
    const char *write; /* what to write instead */
} times[] = {
    {"products", "updated_at:>=2020-10-21T23:39:20Z",
     "updated_at:>='2020-10-21T23:39:20Z'"},
    {"products", "status:active AND -updated_at:2020-10-21T23:39",
     "updated_at:'2020-10-21T23:39'"},
    {"products", "updated_at:>2020-10-21t05", "updated_at:>'2020-10-21T05'"},
    {"products", "updated_at:<= 2020-10-21T23:39:20.5Z",
     "updated_at:<='2020-10-21T23:39:20.5Z'"},
    {"products", "(updated_at:<2020-10-21 23:39)",
     "updated_at:<'2020-10-21T23:39'"},
    {"products", "updated_at:<2020-10-21T23\\\\:39\\\\:20Z",
     "updated_at:<'2020-10-21T23:39:20Z'"},
    {"products", "updated_at:>20201021T233920Z",
     "updated_at:>'20201021T233920Z'"},
    {"products", "updated_at:>2020-10-21T01:00:00+02:00",
     "updated_at:>'2020-10-20T23:00:00Z'"},
    {"products", "updated_at:>2020-10-21T23:30:00-0100",
     "updated_at:>'2020-10-22T00:30:00Z'"},
    {"products", "updated_at:'2020-01-01T00:00:00Z',2020-10-21T23:39:20Z",
     "updated_at:'2020-10-21T23:39:20Z'"},
    {"products", "updated_at:(status:a OR >2020-10-21T23:39:20Z)",
     "updated_at:>'2020-10-21T23:39:20Z'"},
    {"products", "metafields.custom.at:2020-10-21T23:39:20Z",
     "metafields.custom.at:'2020-10-21T23:39:20Z'"},
    {"orders", "processed_at:>2020-10-21T23:39:20Z",
     "processed_at:>'2020-10-21T23:39:20Z'"},
    {"customerSegmentMembers", "any:2020-10-21T23:39:20Z",
     "any:'2020-10-21T23:39:20Z'"},
};

START_TEST(a_time_without_quotation_marks_is_refused)
{
    ck_assert(!check(times[_i].root, times[_i].search));
    ck_assert_int_eq(err.kind, ERR_CONFIG);
    ck_assert_str_eq(err.code, "FILTER_TIME");
    ck_assert_ptr_nonnull(strstr(
        err.message, arena_printf(&types.arena, "write %s", times[_i].write)));
}

END_TEST

static const char *const times_below[] = {
    "{ orders { edges { node {\nfulfillments(query: "
    "\"created_at:>=2024-05-07T08:37:00Z\") { id } } } } }",
    "{ productVariants(query: \"sku:a\") { edges { node { id product { ...F } } "
    "} } } fragment F on Product {\n collections(query: "
    "\"updated_at:(>=2024-05-07T08:37:00Z)\") { edges { node { id } } } }",
    "{ products { edges { node { ...F } } } } fragment F on Product {\n"
    "collections(query: \"updated_at:>=2024-05-07T08:37:00Z\") { edges { node "
    "{ id } } } }",
};

START_TEST(times_are_found_in_every_filter)
{
    document = types_check(&types, times_below[_i]);
    ck_assert(!search_filter_check(document, types.schema, &err));
    ck_assert_str_eq(err.code, "FILTER_TIME");
    ck_assert_ptr_nonnull(strstr(err.message, "q:2:2"));
}

END_TEST

static void
keep_offset(void *ctx, struct gql_pos pos, const char *message,
            const char *hint)
{
    const char **kept = ctx;

    *kept = arena_printf(&types.arena, "%s%u: %s, %s\n", *kept, pos.line,
                         message, hint);
}

START_TEST(an_offset_in_quotation_marks_is_reported)
{
    const char *kept = "";

    ck_assert(check("products",
                    "updated_at:>='2020-10-21T01:00:00+02:00' AND "
                    "created_at:<\"2020-10-21T23:00:00-07:00\" "
                    "title:'2020-10-21T23:00:00-07:00' "
                    "updated_at:<'2020-10-21 09:00:00 +05:30' "
                    "updated_at:'2020-10-21T01:00:00Z','2020-10-21' "
                    "updated_at:<= '2020-10-21T01:00:00+00:00'"));
    search_filter_offsets(document, types.schema, keep_offset, &kept);
    ck_assert_str_eq(
        kept,
        "2: Shopify ignores the UTC offset +02:00 of the time "
        "'2020-10-21T01:00:00+02:00' in the filter of \"products\", write "
        "updated_at:>='2020-10-20T23:00:00Z'\n"
        "2: Shopify ignores the UTC offset -07:00 of the time "
        "'2020-10-21T23:00:00-07:00' in the filter of \"products\", write "
        "created_at:<'2020-10-22T06:00:00Z'\n"
        "2: Shopify ignores the UTC offset +05:30 of the time "
        "'2020-10-21T09:00:00 +05:30' in the filter of \"products\", write "
        "updated_at:<'2020-10-21T03:30:00Z'\n");
}

END_TEST

/* ---- notes -------------------------------------------------------------- */

START_TEST(arguments_without_effect_have_a_warning)
{
    const struct gql_note *note;
    const char *all = "";

    document = types_check(
        &types,
        "{ orders(first: 10, query: \"created_at:>'2020-10-21T00:00:00-01:00'"
        "\") { edges { node { id fulfillments(first: 5) { id } lineItems(first: "
        "null, reverse: false) { edges { node { id } } } metafields(reverse: "
        "true) { edges { node { id } } } ... @skip(if: true) { l: lineItems("
        "first: 3) { edges { node { id } } } } } } } }");
    ck_assert(search_filter_check(document, types.schema, &err));
    for (note = bulk_notes(document, types.schema, &types.arena); note != NULL;
         note = note->next)
        all = arena_printf(&types.arena, "%s%s %s\n", all,
                           message_at(note->msg)->code, note->message);
    ck_assert_str_eq(
        all,
        "QUERY_PAGING q:1:10: \"first\" of the connection \"orders\" has no "
        "effect in a bulk query, which fetches all rows\n"
        "QUERY_PAGING q:1:197: \"reverse\" of the connection \"metafields\" "
        "does not order the rows of a table, and sorted bulk queries can lose "
        "rows\n"
        "FILTER_OFFSET q:1:28: Shopify ignores the UTC offset -01:00 of the "
        "time '2020-10-21T00:00:00-01:00' in the filter of \"orders\"\n");
}

END_TEST

START_TEST(the_root_can_be_in_a_fragment_with_an_alias)
{
    document = types_check(
        &types, "{ ...F }\nfragment F on QueryRoot {\n  p: products(query: \n"
                "\"stauts:active\") { edges { node { id } } } }");
    ck_assert(!search_filter_check(document, types.schema, &err));
    ck_assert_str_eq(err.message,
                     "q:4:1: unknown filter \"stauts\" of \"products\"; did "
                     "you mean \"status\"?");
}

END_TEST

START_TEST(without_descriptions_only_the_syntax_is_checked)
{
    static const char root[] =
        "{\"kind\":\"OBJECT\",\"name\":\"QueryRoot\",\"fields\":[{\"name\":"
        "\"products\",\"args\":[{\"name\":\"query\",\"type\":{\"kind\":"
        "\"SCALAR\",\"name\":\"String\"}}],\"type\":{\"kind\":\"OBJECT\","
        "\"name\":\"ProductConnection\"}}]}";

    ck_assert(gql_schema_add(types.schema, span_str(root), &err));
    ck_assert(check("products", "anything:1"));
    ck_assert(!check("products", "anything:1)"));
    ck_assert(!check("products", "updated_at:>"));
    ck_assert(search_filter_has(types.schema, "products", "anything"));
}

END_TEST

/* ---- all roots ---------------------------------------------------------- */

/* Replace a part in braces by an example. */
static const char *
filled_in(const char *name)
{
    const char *brace = strchr(name, '{');

    if (brace == NULL)
        return name;
    return arena_printf(&types.arena, "%.*scustom.some-key",
                        (int)(brace - name), name);
}

static void
assert_filters(const char *root, char **save)
{
    const char *kind = strtok_r(NULL, " \n", save);
    const char *name;

    ck_assert_msg(search_filter_has(types.schema, root, "no_such_filter") ==
                      false,
                  "%s", root);
    while ((name = strtok_r(NULL, " \n", save)) != NULL) {
        ck_assert_str_eq(kind, "+");
        ck_assert_msg(search_filter_has(types.schema, root, filled_in(name)),
                      "%s %s", root, name);
    }
}

START_TEST(every_documented_filter_of_every_root_is_known)
{
    FILE *lines = fopen(filters_path, "r");
    char line[4096];
    int roots = 0, with_filters = 0;

    ck_assert_ptr_nonnull(lines);
    types_add(&types, "QueryRoot");
    while (fgets(line, sizeof(line), lines) != NULL) {
        char *save = NULL;
        const char *root;

        with_filters += strstr(line, " + ") != NULL;
        root = strtok_r(line, " \n", &save);
        assert_filters(root, &save);
        roots++;
    }
    fclose(lines);
    ck_assert_int_eq(roots, ROOTS);
    ck_assert_int_eq(with_filters, ROOTS_WITH_FILTERS);
}

END_TEST

static const struct {
    const char *root;
    const char *name;
    bool has;
} windows[] = {
    {"products", "updated_at", true},
    {"products", "created_at", true},
    {"orders", "updated_at", true},
    {"customers", "updated_at", true},
    {"customers", "created_at", false},
    {"inventoryItems", "updated_at", true},
    {"locations", "updated_at", false},
    {"bulkOperations", "created_at", true},
    {"bulkOperations", "updated_at", false},
    {"productTags", "updated_at", false},
    {"shop", "updated_at", false},
    {"noSuchRoot", "updated_at", false},
    {"metaobjects", "fields.", false},
    {"metaobjects", "fields.x", true},
    {"products", "|", false},
    {"products", "", false},
    {"products", "name", false}, /* heads the table */
    {"products", "no_role", false},
};

START_TEST(a_root_has_a_filter_or_not)
{
    types_add(&types, "QueryRoot");
    ck_assert(search_filter_has(types.schema, windows[_i].root,
                                windows[_i].name) == windows[_i].has);
}

END_TEST

static Suite *
filter_suite(void)
{
    Suite *suite = suite_create("filter");
    TCase *tests = tcase_create("filter");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, valid_searches_pass, 0, COUNT(valid));
    tcase_add_loop_test(tests, other_documents_pass, 0, COUNT(unfiltered));
    tcase_add_loop_test(tests, each_fault_has_a_message_with_its_place, 0,
                        COUNT(faults));
    tcase_add_test(tests,
                   the_hint_for_an_unknown_name_says_what_the_store_does);
    tcase_add_loop_test(tests, the_arguments_of_the_directive_are_checked, 0,
                        COUNT(directives));
    tcase_add_loop_test(tests, a_time_without_quotation_marks_is_refused, 0,
                        COUNT(times));
    tcase_add_loop_test(tests, times_are_found_in_every_filter, 0,
                        COUNT(times_below));
    tcase_add_test(tests, an_offset_in_quotation_marks_is_reported);
    tcase_add_test(tests, arguments_without_effect_have_a_warning);
    tcase_add_test(tests, the_root_can_be_in_a_fragment_with_an_alias);
    tcase_add_test(tests, without_descriptions_only_the_syntax_is_checked);
    tcase_add_test(tests, every_documented_filter_of_every_root_is_known);
    tcase_add_loop_test(tests, a_root_has_a_filter_or_not, 0, COUNT(windows));
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(filter_suite());
}
