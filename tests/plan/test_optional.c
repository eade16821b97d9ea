/* plan: fields with @optional that a store lacks or denies. */
#include <check.h>
#include <string.h>

#include "dialect/shopify.h"
#include "plan/plan.h"
#include "support/pages.h"
#include "support/suite.h"
#include "support/types.h"

static const char types_path[] = "tests/data/plan/types.json";

static struct types types;
static struct gql_document *document;
static struct plan *plan;
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
build(const char *text, const char *const *denied)
{
    document = types_parse(&types, text);
    return gql_leave_out(document, types.schema, denied, &types.arena, &err) &&
           dialect_shopify.check_query(document, types.schema, &err) &&
           plan_build(&types.arena, "job", document, types.schema,
                      &dialect_shopify, &plan, &err);
}

static void
build_or_abort(const char *text, const char *const *denied)
{
    if (!build(text, denied))
        ck_abort_msg("%s", err.message);
}

/* "products: id title; products_variants: id" */
static const char *
columns(void)
{
    const char *text = "";

    for (int i = 0; i < plan->table_count; i++) {
        const struct plan_table *table = &plan->tables[i];

        text = arena_printf(&types.arena, "%s%s%s:", text, i > 0 ? "; " : "",
                            table->name);
        for (int c = 0; c < table->column_count; c++)
            text = arena_printf(
                &types.arena, "%s %s %s", text, table->columns[c].name,
                plan_type_name(plan_column_type(&table->columns[c])));
    }
    return text;
}

static const char *
left_out(void)
{
    return plan_left_out_text(plan, &types.arena);
}

static bool
asks(const char *field)
{
    return strstr(plan->document, field) != NULL;
}

START_TEST(fields_that_the_store_has)
{
    build_or_abort("{ products { edges { node { id title @optional seo "
                   "@optional { title } variants @optional { edges { node { "
                   "id sku @optional } } } } } } }",
                   NULL);
    ck_assert_str_eq("products: id bigint title text seo_title text; "
                     "products_variants: id bigint sku text",
                     columns());
    ck_assert_str_eq("", left_out());
    ck_assert(plan_is_optional(plan, "products.variants"));
    ck_assert(plan_is_optional(plan, "products.seo.title"));
    ck_assert(!plan_is_optional(plan, "products.seoTitle"));
    ck_assert(!asks("optional"));
    ck_assert(plan->tables[0].columns[1].is_optional);
    ck_assert(plan->tables[0].columns[2].is_optional);
    /* @optional on a connection says nothing about the values of its rows. */
    ck_assert(plan->tables[1].columns[1].is_optional);
    ck_assert(!plan->tables[1].columns[0].is_optional);
}

END_TEST

START_TEST(fields_that_the_store_lacks)
{
    build_or_abort(
        "{ products { edges { node { id title later @optional size: newSize "
        "@optional @column(type: \"integer\") part @optional { a b "
        "@column(name: \"b\", type: \"date\") more { edges { node { id } } } } "
        "rows @optional { edges { node { id x @column(type: \"text\") } } } "
        "} } } }",
        NULL);
    ck_assert_str_eq("products: id bigint title text size integer b date",
                     columns());
    ck_assert_str_eq("products.later (the API does not have it), products.size "
                     "(the API does not have it), products.part (the API does "
                     "not have it), products.rows (the API does not have it)",
                     left_out());
    ck_assert_ptr_null(plan->asked_optional);
    ck_assert(!asks("later") && !asks("newSize") && !asks("part"));
    ck_assert(plan_leaves_out(plan, "products.rows"));
    ck_assert(plan_leaves_out(plan, "products.rows.x"));
    ck_assert(!plan_leaves_out(plan, "products.rowsets"));
}

END_TEST

START_TEST(fields_that_the_store_denies)
{
    static const char *const denied[] = {
        "products.edges.node.seo.title", "products.edges.node.variants",
        "products.edges.node.category.id", NULL};

    build_or_abort("{ products { edges { node { id title seo { title "
                   "@optional } category @optional { id } tags @optional "
                   "variants @optional { edges { node { id } } } } } } }",
                   denied);
    ck_assert_str_eq("products: id bigint title text tags jsonb seo_title text "
                     "category_id text",
                     columns());
    ck_assert_str_eq("products.seo.title (denied), products.category "
                     "(denied), products.variants (denied)",
                     left_out());
    ck_assert_str_eq("products.tags", plan->asked_optional->path);
    ck_assert(!asks("variants") && !asks("category"));
    /* The selection of seo is not empty. */
    ck_assert_ptr_nonnull(strstr(plan->document, "seo {\n          "
                                                 "__typename\n"));
}

END_TEST

START_TEST(the_innermost_field_is_left_out)
{
    static const char *const denied[] = {"products.seo.title", NULL};
    static const char *const outer[] = {"products.seo", NULL};
    static const char *const named[] = {"?description", NULL};
    const char *query = "{ products { edges { node { id seo @optional { title "
                        "@optional description } } } } }";

    build_or_abort(query, denied);
    ck_assert_str_eq("products.seo.title (denied)", left_out());
    build_or_abort(query, outer);
    ck_assert_str_eq("products.seo (denied)", left_out());
    ck_assert_str_eq("products: id bigint seo_title text seo_description text",
                     columns());
    build_or_abort(query, named);
    ck_assert_str_eq("products.seo (denied)", left_out());
}

END_TEST

START_TEST(denied_fields_without_the_directive)
{
    static const char *const denied[] = {"products.title", "products", NULL};

    build_or_abort("{ products { edges { node { id title vendor @optional } } "
                   "} }",
                   denied);
    ck_assert_str_eq("", left_out());
    ck_assert(asks("title") && asks("vendor"));
}

END_TEST

START_TEST(the_only_field_of_its_parent)
{
    build_or_abort("{ products { edges { node { later @optional seo { later "
                   "@optional } variants { edges { node { later @optional } } "
                   "} } } } }",
                   NULL);
    ck_assert_str_eq("products: id bigint; products_variants: id bigint",
                     columns());
    ck_assert(!build("{ products @optional { edges { node { later @optional } "
                     "} } later @optional { id } }",
                     (const char *const[]){"products", NULL}));
    ck_assert_ptr_nonnull(strstr(err.message, "none of the query's fields"));
}

END_TEST

START_TEST(fragments_and_aliases)
{
    build_or_abort(
        "{ products { edges { node { id ...Parts ... on Product { a: later "
        "@optional @column(type: \"text\") } variants { edges { node { id "
        "...More } } } } } } }"
        "fragment Parts on Product { later @optional @column(type: \"text\") "
        "vendor } fragment More on ProductVariant { later @optional }",
        NULL);
    ck_assert_str_eq("products: id bigint vendor text later text a text; "
                     "products_variants: id bigint",
                     columns());
    ck_assert_str_eq("products.later (the API does not have it), products.a "
                     "(the API does not have it), products.variants.later (the "
                     "API does not have it)",
                     left_out());
}

END_TEST

START_TEST(values_that_are_kept_whole)
{
    static const char *const denied[] = {"products.seo", NULL};

    build_or_abort("{ products { edges { node { id options { name later "
                   "@optional } seo @optional @json { title } priceRangeV2 "
                   "@json { later @optional @column(type: \"text\") } } } } }",
                   denied);
    ck_assert_str_eq("products: id bigint options jsonb price_range_v2 jsonb "
                     "seo jsonb",
                     columns());
}

END_TEST

static const struct {
    const char *query;
    const char *message;
} faults[] = {
    {"{ products { edges { node { id @optional title } } } }",
     "cannot be @optional"},
    {"{ products { edges { node { title metafields @table(key: [\"key\"]) { "
     "edges { node { key @optional } } } } } } }",
     "is @optional and cannot be a key"},
    {"{ products { edges { node { id later } } } }", "unknown field \"later\""},
    {"{ products { edges { node { id later @optional oops } } } }",
     "unknown field \"oops\""},
    {"query @optional { products { edges { node { id } } } }",
     "@optional is not allowed here"},
    {"{ products { edges { node { id ...A } } } } fragment A on Product { "
     "later @optional ...A }",
     "contains itself"},
};

START_TEST(faults_of_queries)
{
    ck_assert(!build(faults[_i].query, NULL));
    ck_assert_msg(strstr(err.message, faults[_i].message) != NULL, "%s",
                  err.message);
}

END_TEST

START_TEST(roots)
{
    static const char *const denied[] = {"collections", NULL};

    build_or_abort("query @paged { later @optional { id } collections "
                   "@optional { nodes { id } } products { nodes { later "
                   "@optional } } shop { later @optional } }",
                   denied);
    ck_assert_str_eq("products: id bigint", columns());
    ck_assert_str_eq("later (the API does not have it), collections (denied), "
                     "products.later (the API does not have it), shop.later "
                     "(the API does not have it)",
                     left_out());
    ck_assert(plan_leaves_out(plan, "collections"));
}

END_TEST

START_TEST(masked_fields)
{
    static const char *const denied[] = {"products.vendor", NULL};

    document = types_parse(
        &types, "{ products { edges { node { id vendor @optional @mask(how: "
                "HASH) email @optional @mask(how: DOMAIN) born @optional "
                "@mask(how: YEAR) gone @optional @mask(how: NULL) kept "
                "@optional @mask(how: NULL) @column(type: \"date\") } } } }");
    ck_assert(
        gql_leave_out(document, types.schema, denied, &types.arena, &err));
    /* The type of a masked column that another table has. */
    document->optional->leaves->next->next->pg_type = "integer";
    if (!plan_build(&types.arena, "job", document, types.schema,
                    &dialect_shopify, &plan, &err))
        ck_abort_msg("%s", err.message);
    ck_assert_str_eq("products: id bigint vendor text email text born integer "
                     "kept date",
                     columns());
}

END_TEST

/* The hash follows what is asked for: when the store has the field, a full run
 * fetches its values. */
START_TEST(the_hash)
{
    static const char *const denied[] = {"products.title", NULL};
    const char *query = "{ products { edges { node { id title @optional } } } "
                        "}";
    const char *all;

    build_or_abort(query, NULL);
    all = plan->hash;
    build_or_abort(query, denied);
    ck_assert_str_ne(all, plan->hash);
    all = plan->hash;
    build_or_abort(query, denied);
    ck_assert_str_eq(all, plan->hash);
}

END_TEST

START_TEST(types_of_other_tables)
{
    document = types_parse(&types, "{ products { edges { node { id a @optional "
                                   "b @optional c @optional } } } }");
    ck_assert(gql_leave_out(document, types.schema, NULL, &types.arena, &err));
    document->optional->leaves->pg_type = "numeric";
    document->optional->leaves->next->pg_type = "bigint";
    document->optional->leaves->next->gid_type = "Product";
    ck_assert(plan_build(&types.arena, "job", document, types.schema,
                         &dialect_shopify, &plan, &err));
    ck_assert_str_eq("products: id bigint a numeric b bigint", columns());
    ck_assert_ptr_nonnull(plan->tables[0].columns[2].gid);
}

END_TEST

/* With @unwrap, the names lack `value` and `node`, whether or not the field is
 * there, or known. */
START_TEST(wrapped_values_keep_their_names)
{
    static const char query[] =
        "{ Device { edges { node { id name @optional { value } site @optional "
        "{ node { id name { value } } } later @optional { value "
        "@column(type: \"text\") } place @optional { node { "
        "id @column(type: \"text\") name { value @column(type: \"text\") "
        "} } } } } } }";
    static const char *const denied[] = {"Device.edges.node.name",
                                         "Device.edges.node.site", NULL};
    static const char *const *const lists[] = {NULL, denied};
    struct pages_api api;
    struct gql_document *asked;

    pages_open(&api, "tests/data/pages/graph.graphql", "infrahub");
    asked = types_parse(&api.types, query);
    if (!gql_leave_out(asked, api.types.schema, lists[_i], &api.types.arena,
                       &err) ||
        !api.dialect.check_query(asked, api.types.schema, &err) ||
        !plan_build(&api.types.arena, "job", asked, api.types.schema,
                    &api.dialect, &plan, &err))
        ck_abort_msg("%s", err.message);
    for (int i = 0; i < plan->tables[0].column_count; i++) {
        static const char *const names[] = {"id",        "name",  "site_id",
                                            "site_name", "later", "place_id",
                                            "place_name"};
        bool found = false;

        for (size_t n = 0; n < COUNT(names); n++)
            found |= strcmp(plan->tables[0].columns[i].name, names[n]) == 0;
        ck_assert_msg(found, "%s", plan->tables[0].columns[i].name);
    }
    ck_assert_int_eq(7, plan->tables[0].column_count);
    pages_close(&api);
}

END_TEST

static Suite *
optional_suite(void)
{
    Suite *suite = suite_create("optional");
    TCase *tests = tcase_create("optional");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, fields_that_the_store_has);
    tcase_add_test(tests, fields_that_the_store_lacks);
    tcase_add_test(tests, fields_that_the_store_denies);
    tcase_add_test(tests, the_innermost_field_is_left_out);
    tcase_add_test(tests, denied_fields_without_the_directive);
    tcase_add_test(tests, the_only_field_of_its_parent);
    tcase_add_test(tests, fragments_and_aliases);
    tcase_add_test(tests, values_that_are_kept_whole);
    tcase_add_loop_test(tests, faults_of_queries, 0, COUNT(faults));
    tcase_add_test(tests, roots);
    tcase_add_test(tests, masked_fields);
    tcase_add_test(tests, the_hash);
    tcase_add_test(tests, types_of_other_tables);
    tcase_add_loop_test(tests, wrapped_values_keep_their_names, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(optional_suite());
}
