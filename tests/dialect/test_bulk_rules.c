/* bulk_rules: refuse queries that Shopify would not run as a bulk query. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "dialect/bulk_rules.h"
#include "support/suite.h"
#include "support/types.h"

static const char types_path[] = "tests/data/graphql/types.json";

static struct types types;
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

static bool
check(const char *text)
{
    return bulk_rules_check(types_parse(&types, text), types.schema, &err);
}

static void
assert_message(const char *message)
{
    ck_assert_int_eq(err.kind, ERR_CONFIG);
    ck_assert_str_eq(err.message, arena_printf(&types.arena, "q:%s", message));
}

static const char *const valid[] = {
    "{ products { edges { node { id } } } }",
    "{ products { edges { node { __typename id } cursor __typename } pageInfo "
    "{ hasNextPage } __typename } }",
    "{ p: products { edges { node { v: variants { edges { node { metafields { "
    "edges { node { id } } } } } } } } } }",
    "{ products { edges { node { media { edges { node { id } } } variants { "
    "edges { node { id } } } metafields { edges { node { id } } } collections "
    "{ edges { node { id } } } } } } }",
    /* a connection that is selected twice in the same place */
    "{ products { ...F edges { node { ...G media { edges { node { id } } } } } "
    "} } "
    "fragment F on ProductConnection { edges { node { media { edges { node { "
    "alt } } } a: media { edges { node { id } } } b: media { edges { node { id "
    "} } } c: media { edges { node { id } } } } } } "
    "fragment G on Product { media { edges { cursor } } ... { media { edges { "
    "cursor } } } }",
    /* connections below objects, and in nodes of an abstract type */
    "{ products { edges { node { variants { edges { node { inventoryItem { "
    "inventoryLevels { edges { node { id } } } } } } } } } } }",
    "{ files { edges { node { ... on MediaImage { metafields { edges { node { "
    "id } } } } } } } }",
    /* a list without connections, and a connection beside a list */
    "{ orders { edges { node { fulfillments { id } lineItems { edges { node { "
    "id } } } } } } }",
    /* skipped parts do not count */
    "{ shop @skip(if: true) { id } products { nodes @include(if: false) { id } "
    "edges { node { id ... @skip(if: true) { media { nodes { id } } } } } } }",
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
    /* the root */
    {"{ products { edges { node { id } } }\n orders { edges { node { id } } } "
     "}",
     "2:2: \"orders\" is a second root field: a bulk query has exactly one"},
    {"{ ...F ...G } fragment F on QueryRoot { a: products { edges { node { id "
     "} } } }\nfragment G on QueryRoot { b: products { edges { node { id } } } "
     "}",
     "2:30: \"b\" is a second root field: a bulk query has exactly one"},
    {"{ products { edges { node { id } } } __typename }",
     "1:38: \"__typename\" is a second root field: a bulk query has exactly "
     "one"},
    {"{ __typename }", "1:3: \"__typename\" is not a connection: the root "
                       "field of a bulk query must be one, such as "
                       "\"products\""},
    {"{ node(id: 1) { id } }",
     "1:3: \"node\" cannot be the root field of a bulk query: select a "
     "connection, such as \"products\""},
    {"{ x: nodes(ids: 1) { id } }",
     "1:6: \"nodes\" cannot be the root field of a bulk query: select a "
     "connection, such as \"products\""},
    {"{ shop { metafields { edges { node { id } } } } }",
     "1:3: \"shop\" is a single object: Shopify runs a bulk query with a "
     "single object as root, but bulkpg cannot load its result"},
    {"{ s: product(id: 1) { featuredMedia { preview { status } } "
     "... { variants { edges { node { id } } } } } }",
     "1:6: \"product\" is a single object: Shopify runs a bulk query with a "
     "single object as root, but bulkpg cannot load its result"},
    {"{ products(last: 5) { edges { node { id } } } }",
     "1:12: \"last\" of the connection \"products\" cannot be used: a bulk "
     "query has no pages and fetches all rows"},
    {"{ products(after: null, before: \"x\") { edges { node { id } } } }",
     "1:25: \"before\" of the connection \"products\" cannot be used: a bulk "
     "query has no pages and fetches all rows"},
    {"{ products { edges { node { media(first: 3, after: \"x\") { edges { node "
     "{ id } } } } } } }",
     "1:45: \"after\" of the connection \"media\" cannot be used: a bulk query "
     "has no pages and fetches all rows"},
    {"{ product(id: 1) { id } }",
     "1:3: \"product\" is not a connection: the root field of a bulk query "
     "must be one, such as \"products\""},
    {" { products @skip(if: true) { edges { node { id } } } }",
     "1:2: everything in this query is skipped"},
    /* edges and node */
    {"{ products { nodes { id } } }",
     "1:14: \"nodes\" of ProductConnection cannot be used in a bulk query: "
     "select \"edges { node { ... } }\""},
    {"{ products { edges { node { media { edges { node { id } } n: nodes { id "
     "} } } } } }",
     "1:62: \"nodes\" of MediaConnection cannot be used in a bulk query: "
     "select \"edges { node { ... } }\""},
    {"{ products { pageInfo { hasNextPage } } }",
     "1:3: the connection \"products\" must select \"edges { node { ... } }\""},
    {"{ products { edges { cursor } } }",
     "1:3: the connection \"products\" must select \"edges { node { ... } }\""},
    {"{ products { edges @skip(if: true) { node { id } } __typename } }",
     "1:3: the connection \"products\" must select \"edges { node { ... } }\""},
    {"{ products { e: edges { node { id } } } }",
     "1:17: \"edges\" cannot have an alias in a bulk query"},
    {"{ products { edges { node { id } n: node { id } } } }",
     "1:37: \"node\" cannot have an alias in a bulk query"},
    /* connections */
    {"{ productTags(first: 1) { edges { node } } }",
     "1:3: \"productTags\" is a connection of String: a bulk query reads "
     "connections of objects only"},
    {"{ products { edges { node {\n"
     "a: media { edges { node { id } } } b: media { edges { node { id } } }\n"
     "c: media { edges { node { id } } } d: media { edges { node { id } } }\n"
     "e: media { edges { node { id } } } } } } }",
     "4:4: \"media\" is one connection too many: a bulk query has at most 5"},
    {"{ files { edges { node { ... on MediaImage { metafields { edges { node { "
     "id } } } } ... on MediaImage { a: metafields { edges { node { id } } } "
     "b: metafields { edges { node { id } } }\nc: metafields { edges { node { "
     "id } } }\nd: metafields { edges { node { id } } } } } } } }",
     "3:4: \"metafields\" is one connection too many: a bulk query has at most "
     "5"},
    {"{ orders { edges { node { metafields { edges { node { reference { ... on "
     "Product { x: variants { edges { node { id } } } y: media { edges { node "
     "{ id } } } } ... on Order { x: lineItems { edges { node { id } } }\n"
     "y: metafields { edges { node { id } } } } } } } } } } } }",
     "2:4: \"metafields\" is one connection too many: a bulk query has at most "
     "5"},
    {"{ products { edges { node { variants { edges { node { metafields { edges "
     "{ node {\nreferences { edges { node { ... on Node { id } } } } } } } } } "
     "} } } } }",
     "2:1: the connection \"references\" is nested too deep: a bulk query "
     "nests at most 2 below the root one"},
    {"{ orders { edges { node { fulfillments {\nfulfillmentLineItems { edges { "
     "node { id } } } } } } } }",
     "2:1: the connection \"fulfillmentLineItems\" is inside the list "
     "\"fulfillments\", where a bulk query cannot read it"},
    {"{ products { edges { node { variants { edges { node { inventoryItem { "
     "inventoryLevels { edges { node { quantities(names: [\"available\"]) { id "
     "} location { metafields { edges { node { id } } } } } } } } } } } } } "
     "} }",
     "1:155: the connection \"metafields\" is nested too deep: a bulk query "
     "nests at most 2 below the root one"},
};

START_TEST(each_fault_has_a_message_with_its_place)
{
    ck_assert(!check(faults[_i].text));
    assert_message(faults[_i].message);
}

END_TEST

static const char *const paged[] = {
    "products { edges { node { id } } } orders { edges { node { id } } }",
    "shop { name }",
    "shop { metafields { edges { node { id } } } }",
    "orders { edges { node { fulfillments { fulfillmentLineItems { edges { node "
    "{ id } } } } } } }",
    "products { edges { node { a: media { edges { node { id } } } b: media { "
    "edges { node { id } } } c: media { edges { node { id } } } d: media { "
    "edges { node { id } } } e: media { edges { node { id } } } } } }",
};

/* These limits are those of bulk queries. */
START_TEST(pages_have_no_such_limits)
{
    char text[1024];

    snprintf(text, sizeof(text), "{ %s }", paged[_i]);
    ck_assert(!check(text));
    ck_assert_ptr_nonnull(strstr(err.hint, "add @paged to the query"));
    snprintf(text, sizeof(text), "query @paged(below: 9) { %s }", paged[_i]);
    ck_assert(!check(text));
    snprintf(text, sizeof(text), "query @paged { %s }", paged[_i]);
    ck_assert(check(text));
}

END_TEST

START_TEST(a_pasted_mutation_has_its_own_message)
{
    ck_assert(
        !check("mutation {\n bulkOperationRunQuery(query: \"\"\"{ products "
               "{ edges { node { id } } } }\"\"\") { bulkOperation { id } "
               "userErrors { message } } }"));
    assert_message(
        "1:1: this is the mutation bulkOperationRunQuery, which bulkpg "
        "sends itself");
    ck_assert_ptr_nonnull(strstr(err_remedy(&err), "inside the quotation"));
    ck_assert(!check("mutation { a }"));
    assert_message("1:1: only a query can run as a bulk operation");
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("bulk_rules");
    TCase *tests = tcase_create("rules");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, valid_queries_pass, 0, COUNT(valid));
    tcase_add_loop_test(tests, each_fault_has_a_message_with_its_place, 0,
                        COUNT(faults));
    tcase_add_loop_test(tests, pages_have_no_such_limits, 0, COUNT(paged));
    tcase_add_test(tests, a_pasted_mutation_has_its_own_message);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
