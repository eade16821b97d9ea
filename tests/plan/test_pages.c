/* pages: the requests that read a query page by page. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "dialect/shopify.h"
#include "plan/pages.h"
#include "support/suite.h"
#include "support/types.h"

static const char types_path[] = "tests/fakeshop/admin-2026-10.reduced.json";

static struct types types;
static struct plan *plan;
static struct err err;
static struct buf text;

static void
setup(void)
{
    memset(&err, 0, sizeof(err));
    types_open(&types, types_path);
    text = buf_with_ceiling(1024 * 1024);
}

static void
teardown(void)
{
    buf_free(&text);
    types_close(&types);
}

static bool
build(const char *query)
{
    return plan_build(&types.arena, "job", types_check(&types, query),
                      types.schema, &dialect_shopify, &plan, &err);
}

static const struct pages_connection *
connection(const char *query, const char *path)
{
    if (!build(query))
        ck_abort_msg("%s", err.message);
    ck_assert_ptr_nonnull(plan->pages);
    for (int i = 0; i < plan->pages->count; i++)
        if (strcmp(plan->pages->connections[i].path, path) == 0)
            return &plan->pages->connections[i];
    ck_abort_msg("no connection %s", path);
    return NULL;
}

/* The document on one line. */
static const char *
document_of(const struct pages_request *request)
{
    bool blank = false;

    buf_clear(&text);
    if (request == NULL)
        return "none";
    for (const char *c = request->document; *c != '\0'; c++) {
        if (*c == ' ' || *c == '\n') {
            blank = true;
            continue;
        }
        if (blank && text.length > 0)
            buf_append_char(&text, ' ');
        blank = false;
        buf_append_char(&text, *c);
    }
    return buf_str(&text);
}

static void
append_places(const struct pages_place *place)
{
    static const char *const marks[] = {[PAGES_OBJECT] = "",
                                        [PAGES_ROW] = "=",
                                        [PAGES_ROWS] = "*",
                                        [PAGES_ELEMENTS] = "#",
                                        [PAGES_PARENTS] = "^"};

    for (; place != NULL; place = place->next) {
        buf_printf(&text, "%s%s%s", place->key, marks[place->kind],
                   place->is_optional ? "?" : "");
        if (place->rows_key != NULL)
            buf_printf(&text, ".%s", place->rows_key);
        if (place->node_key != NULL)
            buf_printf(&text, ".%s", place->node_key);
        if (place->total_key != NULL)
            buf_printf(&text, "+%s", place->total_key);
        for (int i = 0; i < place->apart_count; i++)
            buf_printf(&text, ">%s",
                       plan->pages->connections[place->apart[i]].table->name);
        if (place->first != NULL) {
            buf_append_char(&text, '{');
            append_places(place->first);
            buf_append_char(&text, '}');
        }
        if (place->next != NULL)
            buf_append_char(&text, ' ');
    }
}

static const char *
places_of(const struct pages_request *request)
{
    buf_clear(&text);
    append_places(request->places);
    return buf_str(&text);
}

/* ---- Shopify ------------------------------------------------------------ */

static const char tree[] =
    "query Q @paged {"
    "  products(query: \"status:active\") { nodes { title"
    "    variants { edges { node { sku } } } } }"
    "  orders { edges { node { name"
    "    refunds @table { id refundLineItems { edges { node { quantity } } } }"
    "    customer { orders(first: 3) { nodes { name } } } } } } }";

static const struct {
    const char *path;
    const char *read;
    const char *places;
} requests[] = {
    {"products",
     "query Q($first: Int!, $after: String) { products(first: $first, after: "
     "$after, query: \"status:active\", sortKey: ID) { nodes { id title } "
     "pageInfo { hasNextPage endCursor } } }",
     "products*.nodes>products_variants"},
    {"products.variants",
     "query Q($first: Int!, $after: String, $ids: [ID!]!) { nodes(ids: $ids) { "
     "id ... on Product { variants(first: $first, after: $after, sortKey: ID) "
     "{ edges { node { id sku } } pageInfo { hasNextPage endCursor } } } } }",
     "nodes^{variants*.edges.node}"},
    {"orders",
     "query Q($first: Int!, $after: String) { orders(first: $first, after: "
     "$after, sortKey: ID) { edges { node { id name refunds { id } } } "
     "pageInfo { hasNextPage endCursor } } }",
     "orders*.edges.node>orders_customer_orders{refunds#>"
     "orders_refunds_refund_line_items}"},
    {"orders.refunds.refundLineItems",
     "query Q($first: Int!, $after: String, $ids: [ID!]!) { nodes(ids: $ids) { "
     "id ... on Refund { refundLineItems(first: $first, after: $after) { edges "
     "{ node { quantity } } pageInfo { hasNextPage endCursor } } } } }",
     "nodes^{refundLineItems*.edges.node}"},
    {"orders.customer.orders",
     "query Q($ids: [ID!]!) { nodes(ids: $ids) { id ... on Order { customer { "
     "orders(first: 3) { nodes { id name } pageInfo { hasNextPage endCursor } "
     "} } } } }",
     "nodes^{customer{orders*.nodes}}"},
};

START_TEST(children_are_asked_for_by_the_ids_of_their_parents)
{
    const struct pages_connection *c = connection(tree, requests[_i].path);

    ck_assert_str_eq(document_of(c->read), requests[_i].read);
    ck_assert_str_eq(places_of(c->read), requests[_i].places);
    ck_assert(!c->is_nested);
    ck_assert_int_eq(c->is_only, c->only == 3);
}

END_TEST

START_TEST(rows_are_found_by_their_own_ids)
{
    const struct pages_connection *c = connection(tree, "products");

    ck_assert_str_eq(document_of(c->by_ids),
                     "query Q($ids: [ID!]!) { nodes(ids: $ids) { id ... on "
                     "Product { title } } }");
    ck_assert_str_eq(places_of(c->by_ids), "nodes*>products_variants");
    ck_assert_str_eq(document_of(c->bare),
                     "query Q($first: Int!, $after: String) { products(first: "
                     "$first, after: $after, query: \"status:active\", "
                     "sortKey: ID) { nodes { id } pageInfo { hasNextPage "
                     "endCursor } } }");
    ck_assert_str_eq(places_of(c->bare), "products*.nodes");
}

END_TEST

START_TEST(a_single_object_is_a_row)
{
    static const char query[] =
        "query @paged { s: shop { name metafields { nodes { key } } } "
        "order(id: \"x\") { lineItems { nodes { quantity } } } }";
    const struct pages_connection *c = connection(query, "s");

    ck_assert_int_eq(c->kind, PAGES_ONE);
    ck_assert(c->table->is_single);
    ck_assert_str_eq(document_of(c->read), "{ s: shop { id name } }");
    ck_assert_str_eq(places_of(c->read), "s=");
    c = connection(query, "s.metafields");
    ck_assert_ptr_null(c->table->parent);
    ck_assert_str_eq(c->table->name, "s_metafields");
    ck_assert_str_eq(document_of(c->read),
                     "query ($first: Int!, $after: String) { s: shop { "
                     "metafields(first: $first, after: $after) { nodes { id "
                     "key } pageInfo { hasNextPage endCursor } } } }");
    ck_assert_str_eq(places_of(c->read), "s{metafields*.nodes}");
    ck_assert_int_eq(plan->table_count, 3);
    ck_assert_str_eq(plan->tables[2].name, "order_line_items");
}

END_TEST

/* ---- variables ---------------------------------------------------------- */

static const char *
variables_of(const struct pages_request *request, struct pages_values values)
{
    buf_clear(&text);
    pages_variables(plan, request, &values, &text);
    return buf_str(&text);
}

START_TEST(a_window_is_in_the_variables)
{
    const struct pages_connection *c =
        connection("query @paged @incremental { products(query: \"tag:a\") { "
                   "nodes { title } } }",
                   "products");
    struct plan_window window = {.field = "updated_at",
                                 .from = "2026-01-02T03:04:05Z"};

    ck_assert_str_eq(
        document_of(c->read),
        "query ($first: Int!, $after: String, $query: String, $sort: "
        "ProductSortKeys!) { products(first: $first, after: $after, query: "
        "$query, sortKey: $sort) { nodes { id title } pageInfo { hasNextPage "
        "endCursor } } }");
    ck_assert_str_eq(variables_of(c->read, (struct pages_values){.rows = 50}),
                     "{\"first\":50,\"query\":\"tag:a\",\"sort\":\"ID\"}");
    ck_assert_str_eq(
        variables_of(c->read, (struct pages_values){.rows = 50,
                                                    .after = "c\"1",
                                                    .window = &window}),
        "{\"first\":50,\"after\":\"c\\\"1\",\"query\":\"(tag:a) AND "
        "updated_at:>='2026-01-02T03:04:05Z'\",\"sort\":\"UPDATED_AT\"}");
}

END_TEST

START_TEST(ids_are_in_the_variables)
{
    const struct pages_connection *c = connection(tree, "products.variants");
    const char *const ids[] = {"gid://shopify/Product/1", "b"};

    ck_assert_str_eq(
        variables_of(
            c->read,
            (struct pages_values){.rows = 9, .ids = ids, .id_count = 2}),
        "{\"ids\":[\"gid://shopify/Product/1\",\"b\"],\"first\":9}");
}

END_TEST

/* ---- estimates ---------------------------------------------------------- */

START_TEST(points_follow_from_the_formula)
{
    const struct pages_connection *c = connection(tree, "products");

    ck_assert_double_eq(
        pages_points(plan->pages, c->read, &(struct pages_values){.rows = 250}),
        13);
    ck_assert_int_eq(pages_rows(c->read, &(struct pages_values){.rows = 250}),
                     250);
    c = connection(tree, "products.variants");
    ck_assert_double_eq(
        pages_points(plan->pages, c->read,
                     &(struct pages_values){.rows = 250, .id_count = 250}),
        14);
    ck_assert_int_eq(
        pages_rows(c->read,
                   &(struct pages_values){.rows = 250, .id_count = 250}),
        62500);
}

END_TEST

START_TEST(the_requests_are_printed_by_level)
{
    (void)connection(tree, "products");
    buf_clear(&text);
    pages_print(plan, &text);
    ck_assert_ptr_nonnull(
        strstr(buf_str(&text),
               "--   0  products, pages by cursor: at most 250 rows, 13 points "
               "a request\n"));
    ck_assert_ptr_nonnull(
        strstr(buf_str(&text),
               "--   1  products.variants, pages by cursor below 250 rows of "
               "products: at most 62500 rows, 14 points a request\n"));
}

END_TEST

/* ---- the same tables ---------------------------------------------------- */

START_TEST(the_way_changes_neither_tables_nor_hash)
{
    static const char rest[] =
        "{ products { edges { node { title variants { edges { node { sku "
        "metafields { edges { node { key } } } } } } options @table { id name "
        "} } } } }";
    char query[512];
    struct plan *bulk;

    if (!build(rest))
        ck_abort_msg("%s", err.message);
    bulk = plan;
    ck_assert_int_eq(bulk->paged.way, PLAN_BY_BULK);
    ck_assert_ptr_nonnull(bulk->pages);
    snprintf(query, sizeof(query), "query @paged %s", rest);
    if (!build(query))
        ck_abort_msg("%s", err.message);
    ck_assert_int_eq(plan->paged.way, PLAN_BY_PAGES);
    ck_assert_str_eq(plan->document, bulk->document);
    ck_assert_str_eq(plan->hash, bulk->hash);
    ck_assert_int_eq(plan->table_count, bulk->table_count);
    ck_assert_int_eq(plan->line_shape->slot_count,
                     bulk->line_shape->slot_count);
}

END_TEST

/* ---- @paged ------------------------------------------------------------- */

START_TEST(paged_has_arguments)
{
    (void)connection("query @paged(first: 20, concurrency: 3, below: 1000) { "
                     "products { edges { node { title } } } }",
                     "products");
    ck_assert_int_eq(plan->paged.way, PLAN_BY_COUNT);
    ck_assert_int_eq(plan->paged.rows, 20);
    ck_assert_int_eq(plan->paged.concurrency, 3);
    ck_assert_int_eq(plan->paged.below, 1000);
}

END_TEST

static const struct {
    const char *query;
    const char *message;
} faults[] = {
    {"query @paged(first: 0) { products { nodes { id } } }",
     "q:1:21: first of @paged must be a number above 0"},
    {"query @paged(first: 251) { products { nodes { id } } }",
     "q:1:7: first of @paged can be at most 250: Shopify has no larger pages"},
    {"query @paged(last: 1) { products { nodes { id } } }",
     "q:1:14: @paged has no argument \"last\""},
    {"query @paged { products(after: \"x\") { nodes { id } } }",
     "q:1:25: \"after\" of the connection \"products\" cannot be used: bulkpg "
     "sets where its pages begin"},
    {"query @paged { products { pageInfo { hasNextPage } } }",
     "q:1:16: the connection \"products\" must select the fields of its rows: "
     "\"edges { node { ... } }\""},
    {"query @paged { orders { nodes { refunds { refundLineItems { nodes { "
     "quantity } } } } } }",
     "q:1:43: the connection \"refundLineItems\" cannot be inside the list "
     "\"refunds\", which is stored as one JSON value"},
    {"query @paged { products { nodes { id } } __typename }",
     "q:1:42: \"__typename\" cannot be a root: a root is a connection, an "
     "object, or a list of objects"},
    {"query @paged { shop @table(name: \"s\") { metafields { nodes { id } } } "
     "}",
     "q:1:21: @table does not belong on the object \"shop\", which is not a "
     "table, because only connections are selected on it"},
    {"query @paged { shop { name } shop_x: shop @table(name: \"shop\") { name "
     "} }",
     "q:1:30: \"shop\" and \"shop_x\" both give table \"shop\""},
    {"query @paged @incremental { shop { name } products { nodes { id } } }",
     "q:1:14: @incremental and @slice need a query with one root field, a "
     "connection with a filter"},
};

START_TEST(each_fault_has_a_message_with_its_place)
{
    ck_assert(!build(faults[_i].query));
    ck_assert_str_eq(err.message, faults[_i].message);
    ck_assert_int_eq(err.kind, ERR_CONFIG);
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("pages");
    TCase *tcase = tcase_create("requests");

    tcase_add_checked_fixture(tcase, setup, teardown);
    suite_add_tcase(suite, tcase);
    tcase_add_loop_test(tcase,
                        children_are_asked_for_by_the_ids_of_their_parents, 0,
                        COUNT(requests));
    tcase_add_test(tcase, rows_are_found_by_their_own_ids);
    tcase_add_test(tcase, a_single_object_is_a_row);
    tcase_add_test(tcase, a_window_is_in_the_variables);
    tcase_add_test(tcase, ids_are_in_the_variables);
    tcase_add_test(tcase, points_follow_from_the_formula);
    tcase_add_test(tcase, the_requests_are_printed_by_level);
    tcase_add_test(tcase, the_way_changes_neither_tables_nor_hash);
    tcase_add_test(tcase, paged_has_arguments);
    tcase_add_loop_test(tcase, each_fault_has_a_message_with_its_place, 0,
                        COUNT(faults));
    return suite_run(suite);
}
