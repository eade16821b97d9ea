/* pages: the requests that read a query page by page. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "plan/expense.h"
#include "plan/unseen.h"
#include "support/pages.h"
#include "support/suite.h"

static struct pages_api api;
static struct buf text;

static void
setup_shop(void)
{
    text = buf_with_ceiling(1024 * 1024);
    pages_open(&api, "tests/fakeshop/admin-2026-10.reduced.json", "shopify");
}

static void
setup_forge(void)
{
    text = buf_with_ceiling(1024 * 1024);
    pages_open(&api, "tests/data/pages/forge.graphql", "github");
}

static void
setup_graph(void)
{
    text = buf_with_ceiling(1024 * 1024);
    pages_open(&api, "tests/data/pages/graph.graphql", "infrahub");
}

static void
teardown(void)
{
    buf_free(&text);
    pages_close(&api);
}

static const struct pages_connection *
connection(const char *query, const char *path)
{
    return pages_connection(&api, query, path);
}

static const char *
document_of(const struct pages_request *request)
{
    buf_clear(&text);
    pages_append_document(&text, request);
    return buf_str(&text);
}

static const char *
places_of(const struct pages_request *request)
{
    buf_clear(&text);
    pages_append_places(&text, request);
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
     "query Q($first: Int!, $after: String, $reverse: Boolean) { "
     "products(first: $first, after: $after, query: \"status:active\", "
     "sortKey: ID, reverse: $reverse) { nodes { id title } pageInfo { "
     "hasNextPage endCursor } } }",
     "products*.nodes>products_variants"},
    {"products.variants",
     "query Q($first: Int!, $after: String, $ids: [ID!]!) { nodes(ids: $ids) { "
     "id ... on Product { variants(first: $first, after: $after, sortKey: ID) "
     "{ edges { node { id sku } } pageInfo { hasNextPage endCursor } } } } }",
     "nodes^{variants*.edges.node}"},
    {"orders",
     "query Q($first: Int!, $after: String, $reverse: Boolean) { orders(first: "
     "$first, after: $after, sortKey: ID, reverse: $reverse) { edges { node { id name refunds { id } } } "
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
                     "query Q($first: Int!, $after: String, $reverse: Boolean) "
                     "{ products(first: $first, after: $after, query: "
                     "\"status:active\", sortKey: ID, reverse: $reverse) { "
                     "nodes { id } pageInfo { hasNextPage "
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
    ck_assert_int_eq(api.plan->table_count, 3);
    ck_assert_str_eq(api.plan->tables[2].name, "order_line_items");
}

END_TEST

/* ---- variables ---------------------------------------------------------- */

static const char *
variables_of(const struct pages_request *request, struct pages_values values)
{
    buf_clear(&text);
    pages_variables(api.plan, request, &values, &text);
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
        "ProductSortKeys!, $reverse: Boolean) { products(first: $first, "
        "after: $after, query: $query, sortKey: $sort, reverse: $reverse) { "
        "nodes { id title } pageInfo { hasNextPage endCursor } } }");
    ck_assert_str_eq(
        variables_of(c->read,
                     (struct pages_values){.rows = 50, .reverse = true}),
        "{\"first\":50,\"query\":\"tag:a\",\"sort\":\"ID\","
        "\"reverse\":true}");
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

    ck_assert_double_eq(pages_points(api.plan->pages, c->read,
                                     &(struct pages_values){.rows = 250}),
                        13);
    ck_assert_int_eq(pages_rows(c->read, &(struct pages_values){.rows = 250}),
                     250);
    c = connection(tree, "products.variants");
    ck_assert_double_eq(
        pages_points(api.plan->pages, c->read,
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
    static const struct expense_terms terms = {
        .rows = 250, .concurrency = 4, .per_second = 80};

    (void)connection(tree, "products");
    buf_clear(&text);
    expense_print(api.plan, &terms, &text);
    ck_assert_ptr_nonnull(
        strstr(buf_str(&text),
               "--   0  products, pages by cursor: at most 250 rows, 13 points "
               "a request\n"
               "--      10,000 rows: 40 requests, 520 points, 7 s\n"));
    ck_assert_ptr_nonnull(
        strstr(buf_str(&text),
               "--   1  products.variants, pages by cursor below 250 rows of "
               "products: at most 62500 rows, 14 points a request\n"
               "--      below 10,000 rows of products: at least 40 requests, "
               "560 points, 7 s\n"));
    ck_assert_ptr_nonnull(
        strstr(buf_str(&text),
               "-- At most 4 requests at once. bulkpg uses 80 points a second, "
               "its share of the lowest rate limit of Shopify.\n"));
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

    (void)connection(rest, "products");
    bulk = api.plan;
    ck_assert_int_eq(bulk->paged.way, PLAN_BY_BULK);
    ck_assert_ptr_nonnull(bulk->pages);
    snprintf(query, sizeof(query), "query @paged %s", rest);
    (void)connection(query, "products");
    ck_assert_int_eq(api.plan->paged.way, PLAN_BY_PAGES);
    ck_assert_str_eq(api.plan->document, bulk->document);
    ck_assert_str_eq(api.plan->hash, bulk->hash);
    ck_assert_int_eq(api.plan->table_count, bulk->table_count);
    ck_assert_int_eq(api.plan->line_shape->slot_count,
                     bulk->line_shape->slot_count);
}

END_TEST

/* ---- @paged ------------------------------------------------------------- */

START_TEST(paged_has_arguments)
{
    (void)connection("query @paged(first: 20, concurrency: 3, below: 1000) { "
                     "products { edges { node { title } } } }",
                     "products");
    ck_assert_int_eq(api.plan->paged.way, PLAN_BY_COUNT);
    ck_assert_int_eq(api.plan->paged.rows, 20);
    ck_assert_int_eq(api.plan->paged.concurrency, 3);
    ck_assert_int_eq(api.plan->paged.below, 1000);
}

END_TEST

static const struct {
    const char *query;
    const char *message;
} faults[] = {
    {"query @paged(first: 0) { products { nodes { id } } }",
     "q:1:21: first of @paged must be a number above 0"},
    {"query @paged(first: 251) { products { nodes { id } } }",
     "q:1:7: @paged(first:) can be at most 250: Shopify has no larger pages"},
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
    ck_assert(!pages_plan(&api, faults[_i].query));
    ck_assert_str_eq(api.err.message, faults[_i].message);
    ck_assert_int_eq(api.err.kind, ERR_CONFIG);
}

END_TEST

/* ---- other APIs --------------------------------------------------------- */

/* The tables: kind, name, columns; * is the key. */
static const char *
tables_of(void)
{
    static const char *const kinds[] = {"root", "connection", "list"};

    buf_clear(&text);
    for (int i = 0; i < api.plan->table_count; i++) {
        const struct plan_table *table = &api.plan->tables[i];

        buf_printf(&text, "%s%s %s%s%s:", i > 0 ? "; " : "", kinds[table->kind],
                   table->name, table->parent != NULL ? " _parent_id" : "",
                   table->has_ordinal ? " _ordinal" : "");
        for (int c = 0; c < table->column_count; c++)
            buf_printf(&text, " %s %s%s", table->columns[c].name,
                       plan_type_name(plan_column_type(&table->columns[c])),
                       c == table->id_column ? "*" : "");
    }
    return buf_str(&text);
}

START_TEST(connections_are_known_by_their_shape)
{
    static const char query[] =
        "query Q { repository(owner: \"o\", name: \"n\") { issues { totalCount "
        "nodes { title labels { pageInfo { hasNextPage } nodes { name } } } } "
        "stargazers { edges { cursor starredAt role { name } node { login } } "
        "} } licenses { key } }";
    const struct pages_connection *c = connection(query, "repository.issues");

    ck_assert_str_eq(
        tables_of(),
        "root repository_issues: id text* title text; connection "
        "repository_issues_labels _parent_id: id text* name text; root "
        "repository_stargazers: id text* login text starred_at timestamptz "
        "role_name text; root licenses _ordinal: key text");
    ck_assert_str_eq(
        document_of(c->read),
        "query Q($first: Int!, $after: String, $first2: Int!) { "
        "repository(owner: \"o\", name: \"n\") { issues(first: $first, after: "
        "$after) { nodes { id title labels(first: $first2) { nodes { id name } "
        "pageInfo { hasNextPage endCursor } } } pageInfo { hasNextPage "
        "endCursor } totalCount } } }");
    ck_assert_str_eq(places_of(c->read),
                     "repository{issues*.nodes+totalCount{labels*.nodes}}");
    ck_assert(c->has_total);
    c = connection(query, "repository.issues.labels");
    ck_assert(c->is_nested);
    ck_assert_str_eq(
        document_of(c->read),
        "query Q($first: Int!, $after: String, $ids: [ID!]!) { nodes(ids: $ids) "
        "{ id ... on Issue { labels(first: $first, after: $after) { nodes { id "
        "name } pageInfo { hasNextPage endCursor } } } } }");
    c = connection(query, "repository.stargazers");
    ck_assert_ptr_null(c->by_ids); /* it would lose starredAt */
    c = connection(query, "licenses");
    ck_assert_int_eq(c->kind, PAGES_LIST);
    ck_assert_str_eq(document_of(c->read), "query Q { licenses { key } }");
}

END_TEST

START_TEST(a_list_in_an_object_without_id_is_a_root)
{
    const struct pages_connection *c =
        connection("{ site { title plan { seats prices @table { amount } } "
                   "mirrors { host } } }",
                   "site.plan.prices");

    ck_assert_str_eq(
        tables_of(),
        "root site _ordinal: title text plan_seats integer mirrors jsonb; root "
        "site_plan_prices: id text* amount double precision");
    ck_assert_int_eq(c->kind, PAGES_LIST);
    ck_assert_str_eq(document_of(c->read),
                     "{ site { plan { prices { id amount } } } }");
    ck_assert_str_eq(places_of(c->read), "site{plan{prices*}}");
    (void)connection("{ site { mirrors @table { host users(first: 2) { nodes { "
                     "login } } } } }",
                     "site.mirrors.users");
}

END_TEST

START_TEST(a_window_is_bound_to_variables)
{
    static const char query[] =
        "query Q($since: DateTime) @incremental { repository(owner: \"o\", "
        "name: \"n\") { name issues(filterBy: {since: $since}) { nodes { title "
        "} } } }";
    const struct pages_connection *c = connection(query, "repository.issues");
    struct plan_window window = {.from = "2026-01-02T03:04:05Z"};
    struct pages_values values = {.rows = 5};

    ck_assert_str_eq(
        document_of(c->read),
        "query Q($first: Int!, $after: String, $since: DateTime) { "
        "repository(owner: \"o\", name: \"n\") { issues(first: "
        "$first, after: $after, filterBy: {since: $since}) { nodes "
        "{ id title } pageInfo { hasNextPage endCursor } totalCount "
        "} } }");
    buf_clear(&text);
    pages_variables(api.plan, c->read, &values, &text);
    ck_assert_str_eq(buf_str(&text), "{\"first\":5}");
    values.window = &window;
    buf_clear(&text);
    pages_variables(api.plan, c->read, &values, &text);
    ck_assert_str_eq(buf_str(&text),
                     "{\"first\":5,\"since\":\"2026-01-02T03:04:05Z\"}");
    c = connection(query, "repository");
    ck_assert(!c->read->takes_since);
    ck_assert_str_eq(unseen_list(api.plan)[0],
                     "rows of repository, repository.issues that were deleted "
                     "at the store");
    ck_assert_ptr_null(unseen_list(api.plan)[1]);
}

END_TEST

START_TEST(nested_pages_become_smaller)
{
    const struct pages_connection *c = connection(
        "{ repository(owner: \"o\", name: \"n\") { issues { nodes { comments { "
        "nodes { reactions { edges { node { content } } } } } } } } }",
        "repository.issues");
    struct pages_values values = {.rows = 100, .nested_rows = 50};

    ck_assert_int_eq(pages_rows(c->read, &values), 100 + 5000 + 250000);
    ck_assert_double_eq(pages_points(api.plan->pages, c->read, &values), 51);
    values.nested_rows = pages_nested_rows(c->read, 100, 10000);
    ck_assert_int_eq(values.nested_rows, 9);
    ck_assert_int_le(pages_rows(c->read, &values), 10000);
}

END_TEST

static const char devices[] =
    "{ Device(name__value: \"x\") { edges { node_metadata { updated_at } node "
    "{ hfid name { value is_default } height { value } facts { value } site { "
    "properties { updated_at } node { id name { value } racks { edges { node { "
    "name { value } } } } } } ports { edges { node { display_label } } } } } } "
    "Branch { name } Thing { edges { node { display_label } } } }";

START_TEST(wrappers_leave_no_trace_in_names)
{
    const struct pages_connection *c = connection(devices, "Device");

    ck_assert_str_eq(
        tables_of(),
        "root device: id text* hfid jsonb name text name_is_default boolean "
        "height bigint facts jsonb site_properties_updated_at timestamptz "
        "site_id text site_name text node_metadata_updated_at timestamptz; "
        "connection device_site_racks _parent_id: id text* name text; "
        "connection device_ports _parent_id: id text* display_label text; root "
        "branch: id text* name text; root thing: id text* display_label text");
    ck_assert_int_eq(c->kind, PAGES_OFFSET);
    ck_assert_str_eq(
        places_of(c->read),
        "Device*.edges.node+count{site{node{racks*.edges.node+count}} "
        "ports*.edges.node+count}");
    c = connection(devices, "Device.ports");
    ck_assert_str_eq(
        document_of(c->read),
        "query ($first: Int!, $offset: Int, $ids: [ID]!, $count: Int!) { "
        "Device(ids: $ids, name__value: \"x\", limit: $count) { edges { node { id ports(limit: "
        "$first, offset: $offset) { edges { node { id display_label } } count } "
        "} } } }");
    ck_assert_str_eq(places_of(c->read),
                     "Device^.edges.node{ports*.edges.node+count}");
}

END_TEST

START_TEST(offsets_are_in_the_variables)
{
    const struct pages_connection *c = connection(devices, "Device.ports");
    const char *const ids[] = {"a", "b"};

    buf_clear(&text);
    pages_variables(api.plan, c->read,
                    &(struct pages_values){
                        .rows = 3, .offset = 6, .ids = ids, .id_count = 2},
                    &text);
    ck_assert_str_eq(
        buf_str(&text),
        "{\"ids\":[\"a\",\"b\"],\"count\":2,\"first\":3,\"offset\":6}");
}

END_TEST

static const struct {
    const char *query;
    const char *message;
    const char *hint;
} forge_faults[] = {
    {"{ repository(owner: \"o\", name: \"n\") { issues { filters nodes { id } "
     "} } }",
     "q:1:48: \"filters\" of the connection \"issues\" is not a field of its "
     "rows, so no table has a place for it",
     NULL},
    {"{ shelves { nodes { id books { nodes { id } } } } }",
     "q:1:24: the connection \"shelves.books\" cannot be read to its end: "
     "GitHub finds no Shelf by its id, so the pages after the first cannot be "
     "asked for",
     NULL},
    {"{ repository(owner: \"o\", name: \"n\") { a: issues { nodes { title } } "
     "} repository_a: search(query: \"x\") { nodes { ... on User { login } } } "
     "}",
     "q:1:71: \"repository.a\" and \"repository_a\" both give table "
     "\"repository_a\"",
     "write: @table(name: \"repository_a_2\")"},
    {"{ repository(owner: \"o\", name: \"n\") { releases { nodes { tag parts { "
     "assets { nodes { name } } } } } } }",
     "q:1:70: the connection \"assets\" cannot be inside the list \"parts\", "
     "which is stored as one JSON value",
     "give the list a table of its own: parts @table"},
    {"{ version }",
     "q:1:3: \"version\" cannot be a root: a root is a connection, an object, "
     "or a list of objects",
     NULL},
    {"query @paged(below: 5) { viewer { login } }",
     "q:1:7: @paged(below:) has no effect: GitHub is always read page by "
     "page",
     NULL},
    {"query($since: DateTime) @incremental(field: \"x\") { repository(owner: "
     "\"o\", name: \"n\") { issues(filterBy: {since: $since}) { nodes { id } } "
     "} }",
     "q:1:25: @incremental(field:) has no effect: the query itself compares "
     "a time with $since",
     NULL},
    {"query @slice { viewer { login } }",
     "q:1:7: @slice needs a filter that bulkpg knows, and GitHub has none",
     NULL},
    {"{ repository(owner: \"o\", name: \"n\") { stargazers { edges { node { "
     "login } login: starredAt } } } }",
     "q:1:75: \"login\" and \"bulkpg_e.login\" both give column \"login\" of "
     "table \"repository_stargazers\"",
     "write: login @column(name: \"login_2\")"},
};

START_TEST(what_cannot_be_read_is_refused)
{
    ck_assert(!pages_plan(&api, forge_faults[_i].query));
    ck_assert_str_eq(api.err.message, forge_faults[_i].message);
    ck_assert_int_eq(api.err.kind, ERR_CONFIG);
    if (forge_faults[_i].hint != NULL)
        ck_assert_str_eq(api.err.hint, forge_faults[_i].hint);
}

END_TEST

START_TEST(a_literal_number_of_rows_is_not_walked_on)
{
    const struct pages_connection *c = connection(
        "{ repository(owner: \"o\", name: \"n\") { topics(first: 3) { nodes { "
        "name } } } shelves { nodes { books(first: 2) { nodes { id } } } } }",
        "repository.topics");

    ck_assert(c->is_only);
    ck_assert_int_eq(c->only, 3);
    ck_assert_str_eq(document_of(c->read),
                     "{ repository(owner: \"o\", name: \"n\") { topics(first: "
                     "3) { nodes { name } pageInfo { hasNextPage endCursor } } "
                     "} }");
    c = &api.plan->pages->connections[2];
    ck_assert(c->is_only && c->is_nested);
    ck_assert_ptr_null(c->read);
}

END_TEST

static const struct {
    const char *query;
    const char *path;
    const char *filter; /* NULL: none */
} filters[] = {
    {"query @paged { products { nodes { title } } }", "products", NULL},
    {"query @paged { products(sortKey: TITLE, reverse: true) { nodes { title } "
     "} }",
     "products", NULL},
    {"query @paged { products(query: \"\") { nodes { title } } }", "products",
     NULL},
    {"query @paged { products(query: \"status:active\") { nodes { title } } }",
     "products", "query"},
    {"query @paged { a: products(savedSearchId: \"gid://shopify/S/1\") { nodes "
     "{ title } } }",
     "a", "savedSearchId"},
    {"query @paged { collection(id: \"gid://shopify/Collection/1\") { products "
     "{ nodes { title } } } }",
     "collection.products", "id"},
};

START_TEST(a_query_may_select_its_roots_itself)
{
    const struct pages_connection *c =
        connection(filters[_i].query, filters[_i].path);
    const char *filter = pages_own_filter(api.plan, c);

    ck_assert_str_eq(filter != NULL ? filter : "none",
                     filters[_i].filter != NULL ? filters[_i].filter : "none");
}

END_TEST

START_TEST(a_window_is_not_a_filter)
{
    const struct pages_connection *c = connection(
        "query Q($since: DateTime) @incremental { repository(owner: \"o\", "
        "name: \"n\") { issues(filterBy: {since: $since}) { nodes { title } } "
        "} }",
        "repository.issues");

    ck_assert_ptr_null(pages_own_filter(api.plan, c));
    c = connection("{ repository(owner: \"o\", name: \"n\") { ... on "
                   "Repository { issues(filterBy: {since: \"2026-01-01T00:00:00"
                   "Z\"}) { nodes { title } } } } }",
                   "repository.issues");
    ck_assert_str_eq(pages_own_filter(api.plan, c), "filterBy");
}

END_TEST

static void
add_generic(Suite *suite)
{
    TCase *forge = tcase_create("cursors");
    TCase *graph = tcase_create("offsets");

    tcase_add_checked_fixture(forge, setup_forge, teardown);
    tcase_add_test(forge, connections_are_known_by_their_shape);
    tcase_add_test(forge, a_list_in_an_object_without_id_is_a_root);
    tcase_add_test(forge, a_window_is_bound_to_variables);
    tcase_add_test(forge, nested_pages_become_smaller);
    tcase_add_test(forge, a_literal_number_of_rows_is_not_walked_on);
    tcase_add_test(forge, a_window_is_not_a_filter);
    tcase_add_loop_test(forge, what_cannot_be_read_is_refused, 0,
                        COUNT(forge_faults));
    suite_add_tcase(suite, forge);
    tcase_add_checked_fixture(graph, setup_graph, teardown);
    tcase_add_test(graph, wrappers_leave_no_trace_in_names);
    tcase_add_test(graph, offsets_are_in_the_variables);
    suite_add_tcase(suite, graph);
}

int
main(void)
{
    Suite *suite = suite_create("pages");
    TCase *tcase = tcase_create("requests");

    tcase_add_checked_fixture(tcase, setup_shop, teardown);
    tcase_add_loop_test(tcase, a_query_may_select_its_roots_itself, 0,
                        COUNT(filters));
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
    add_generic(suite);
    return suite_run(suite);
}
