/* init --metafields: the text of a query with a store's metafields. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "command/init.h"
#include "command/metafields.h"
#include "plan/plan.h"
#include "support/suite.h"
#include "support/types.h"

static const char types_path[] = "tests/fakeshop/admin-2026-10.reduced.json";

/* What the store defines for any object. */
static struct metafield *defined;
static struct types types;
static struct err err;
static char owners[256];

static void
setup(void)
{
    memset(&err, 0, sizeof(err));
    owners[0] = '\0';
    defined = NULL;
    types_open(&types, types_path);
}

static void
teardown(void)
{
    types_close(&types);
}

static void
define(const char *name_space, const char *key, const char *type)
{
    struct metafield *made = arena_alloc(&types.arena, sizeof(*made));
    struct metafield **end = &defined;

    *made =
        (struct metafield){.namespace_ = name_space, .key = key, .type = type};
    while (*end != NULL)
        end = &(*end)->next;
    *end = made;
}

static bool
list(void *ctx, const char *owner, struct arena *arena,
     struct metafield **first, struct err *list_err)
{
    (void)arena;
    strcat(owners, owner);
    strcat(owners, " ");
    *first = defined;
    return ctx == NULL || err_set(list_err, MSG_ACCESS_DENIED, "denied");
}

static const struct metafields_source source = {.list = list};

static const char *
added(const char *text)
{
    size_t count;

    if (!metafields_add(&source, &types.arena, &text, &count, &err))
        ck_abort_msg("%s", err.message);
    return text;
}

static bool
has(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

START_TEST(lines_at_the_end_of_an_object)
{
    define("custom", "color", "single_line_text_field");
    define("specs", "size", "number_integer");
    ck_assert_str_eq(
        added("# A query { with } braces\n"
              "{\n"
              "  products(query: \"}\") {\n"
              "    edges {\n"
              "      node {\n"
              "        id # }\n"
              "      }\n"
              "    }\n"
              "  }\n"
              "}\n"),
        "# A query { with } braces\n"
        "{\n"
        "  products(query: \"}\") {\n"
        "    edges {\n"
        "      node {\n"
        "        id # }\n"
        "        # metafields that the store defines (PRODUCT)\n"
        "        custom_color: metafield(namespace: \"custom\", key: "
        "\"color\") {\n"
        "          value @column(name: \"custom_color\")\n"
        "        }\n"
        "        specs_size: metafield(namespace: \"specs\", key: \"size\") "
        "{\n"
        "          value @column(name: \"specs_size\", type: \"bigint\")\n"
        "        }\n"
        "      }\n"
        "    }\n"
        "  }\n"
        "}\n");
}

END_TEST

static const struct {
    const char *type;
    const char *column;
} columns[] = {
    {"single_line_text_field", "value @column(name: \"a_b\")"},
    {"multi_line_text_field", "value @column(name: \"a_b\")"},
    {"url", "value @column(name: \"a_b\")"},
    {"number_integer", "value @column(name: \"a_b\", type: \"bigint\")"},
    {"number_decimal", "value @column(name: \"a_b\", type: \"numeric\")"},
    {"boolean", "value @column(name: \"a_b\", type: \"boolean\")"},
    {"date", "value @column(name: \"a_b\", type: \"date\")"},
    {"date_time", "value @column(name: \"a_b\", type: \"timestamptz\")"},
    {"json", "jsonValue @column(name: \"a_b\", type: \"jsonb\")"},
    {"money", "jsonValue @column(name: \"a_b\", type: \"jsonb\")"},
    {"list.date", "jsonValue @column(name: \"a_b\", type: \"jsonb\")"},
    {"product_reference", "value @column(name: \"a_b\")"},
    {"list.product_reference",
     "jsonValue @column(name: \"a_b\", type: \"jsonb\")"},
};

START_TEST(types_of_columns)
{
    define("a", "b", columns[_i].type);
    ck_assert(
        has(added("{ products { nodes {\n  id\n} } }"), columns[_i].column));
}

END_TEST

START_TEST(names)
{
    const char *text;

    define("My-App", "Größe", "boolean");
    define("1st", "x", "boolean");
    define("_", "x", "boolean");
    define("a-b", "c", "boolean");
    define("a", "b_c", "boolean");
    define("seo", "title", "boolean");
    define("bulkpg", "x", "boolean");
    define("q\"u\\", "o", "boolean");
    define("long_namespace_that_goes_on_and_on", "long_key_that_goes_on_and_on",
           "boolean");
    text = added("{ products { nodes {\n  id\n  seo { title }\n} } }");
    ck_assert(has(text, "  my_app_gr____e: "));
    ck_assert(has(text, "  metafield_1st_x: "));
    ck_assert(has(text, "  metafield_x: "));
    /* Names that collide, and names of other columns. */
    ck_assert(!has(text, "  a_b_c: "));
    ck_assert(has(text, "  a_b_c_"));
    ck_assert(!has(text, "  seo_title: "));
    ck_assert(has(text, "  seo_title_"));
    ck_assert(has(text, "  metafield_bulkpg_x: "));
    ck_assert(has(text, "namespace: \"q\\\"u\\\\\""));
    ck_assert(
        has(text, "  long_namespace_that_goes_on_and_on_long_key_that_goes_"));
}

END_TEST

START_TEST(faults_of_the_store)
{
    struct metafields_source fails = {.list = list, .ctx = &types};
    const char *text = "{ products { nodes {\n  id\n} } }";
    size_t count;

    ck_assert(!metafields_add(&fails, &types.arena, &text, &count, &err));
    ck_assert(err_is(&err, MSG_ACCESS_DENIED));
}

END_TEST

/* The ready queries that have objects with metafields, and their owners. */
static const struct {
    const char *name;
    const char *owners;
} queries[] = {
    {"products", "PRODUCTVARIANT PRODUCT "},
    {"variants", "PRODUCTVARIANT "},
    {"product_attributes", "PRODUCT "},
    {"collections", "COLLECTION "},
    {"customers", "CUSTOMER "},
    {"customer_metafields", "CUSTOMER "},
    {"orders", "ORDER "},
    {"draft_orders", "DRAFTORDER "},
    {"companies", "COMPANY_LOCATION COMPANY "},
    {"locations", "LOCATION "},
    {"markets", "MARKET "},
    {"discounts", "DISCOUNT "},
    {"pages", "PAGE "},
    {"blogs", "BLOG "},
    {"articles", "ARTICLE "},
    {"inventory", ""},
};

START_TEST(ready_queries)
{
    struct ready_query query;
    size_t i = 0;
    const char *text;

    while (init_ready_query(i, &query) &&
           !span_is(query.name, queries[_i].name))
        i++;
    define("custom", "color", "single_line_text_field");
    define("custom", "sizes", "list.number_integer");
    text = added(query.text);
    ck_assert_str_eq(owners, queries[_i].owners);
    ck_assert_int_eq(owners[0] != '\0', has(text, "custom_color"));
    if (owners[0] != '\0')
        ck_assert(has(types_plan(&types, text)->document, "custom_sizes"));
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("metafields");
    TCase *tests = tcase_create("metafields");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, lines_at_the_end_of_an_object);
    tcase_add_loop_test(tests, types_of_columns, 0, COUNT(columns));
    tcase_add_test(tests, names);
    tcase_add_test(tests, faults_of_the_store);
    tcase_add_loop_test(tests, ready_queries, 0, COUNT(queries));
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
