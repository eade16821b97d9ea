/* route: a line finds its table by its __typename, id, parent and keys. */
#include <check.h>
#include <string.h>

#include "load/route.h"
#include "load/rows.h"
#include "support/suite.h"
#include "support/types.h"

static const char types_path[] = "tests/data/plan/types.json";

static struct types types;
static struct plan *plan;
static struct record *record;
static struct err err;

static void
setup(void)
{
    memset(&err, 0, sizeof(err));
    record = NULL;
    types_open(&types, types_path);
}

static void
teardown(void)
{
    record_free(record);
    types_close(&types);
}

static void
build(const char *text)
{
    plan = types_plan(&types, text);
    record = record_new(plan->line_shape);
}

/* The name of the line's table, or the message if it is rejected. */
static const char *
route(const char *line)
{
    const struct plan_table *table;

    if (!record_parse(record, span_str(line), &err))
        ck_abort_msg("%s", err.message);
    table = route_line(plan, record, &err);
    return table != NULL ? table->name : err.message;
}

/* Nested connections of different types, so that there are no tags. */
static const char distinct[] =
    "{ products { edges { node { title variants { edges { node { sku "
    "metafields { edges { node { key } } } } } } media { edges { node { alt } } } "
    "collections { edges { node { title handle } } } } } } }";

/* Three connections of one type, so that there are tags. */
static const char twice[] =
    "{ products { edges { node { variants { edges { node { sku metafields { "
    "edges { node { key value } } } } } } metafields { edges { node { "
    "namespace key } } } other: metafields { edges { node { type } } } } } } }";

/* Images, and below discounts: types whose gids have several names. */
static const char images[] =
    "{ products { edges { node { images { edges { node { url } } } variants { "
    "edges { node { sku } } } } } } }";

static const char only_one[] =
    "{ productVariants { edges { node { sku metafields { edges { node { key "
    "value } } } } } } }";

static const char discounts[] =
    "{ discountNodes { edges { node { metafields { edges { node { key } } } "
    "events { edges { node { message } } } } } } }";

static const char none[] = "{ products { edges { node { title } } } }";

#define PARENT(gid) "\"__parentId\":\"gid://shopify/" gid "\""
#define ID(gid)     "\"id\":\"gid://shopify/" gid "\""

static const char not_a_gid[] = "its id is not a gid";
static const char unknown_line[] =
    "it has no id and no __typename, and neither its __parentId nor its keys "
    "fit a connection of the query";
static const char two_metafields[] =
    "it fits more than one connection: products.metafields, products.other";

#define NO_TYPENAME(name) \
    "no connection of the query has nodes of its __typename, " name
#define NO_GID_TYPE(name)                            \
    "its id is a gid of " name                       \
    ", and no connection of the query has nodes of " \
    "that type"

static const char unions[] =
    "{ productVariants { edges { node { metafields { edges { node { key "
    "references { edges { node { ... on Product { title } ... on Metaobject { "
    "handle } } } } } } } } } } }";

/* Two connections of one node type, and one whose nodes have no id. */
static const char without_ids[] =
    "{ orders { edges { node { discountApplications { edges { node { index } } "
    "} localizedFields { edges { node { key value } } } } } } }";

static const struct {
    const char *query;
    const char *line;
    const char *table;
} routes[] = {
    /* one connection has nodes of the __typename */
    {distinct, "{\"__typename\":\"ProductVariant\"," PARENT("Product/1") "}",
     "products_variants"},
    {distinct, "{\"__typename\":\"Metafield\"," PARENT("ProductVariant/1") "}",
     "products_variants_metafields"},
    {distinct, "{\"__typename\":\"Video\"," PARENT("Product/1") "}",
     "products_media"},
    {distinct, "{\"__typename\":\"MediaImage\"," PARENT("Product/1") "}",
     "products_media"},
    {distinct, "{\"__typename\":\"Collection\"," PARENT("Product/1") "}",
     "products_collections"},
    /* the __typename counts more than the gids */
    {distinct,
     "{\"__typename\":\"Collection\"," ID("ProductVariant/1") "," PARENT(
         "ProductVariant/1") "}",
     "products_collections"},
    {distinct,
     "{\"__typename\":\"Order\"," ID("ProductVariant/1") "," PARENT(
         "Product/1") "}",
     NO_TYPENAME("Order")},
    {distinct, "{\"__typename\":\"Product\"," PARENT("Product/1") "}",
     NO_TYPENAME("Product")},
    /* several connections have nodes of the type: the tag decides */
    {twice, "{\"bulkpg_t3\":\"Metafield\"," PARENT("ProductVariant/1") "}",
     "products_variants_metafields"},
    {twice, "{\"bulkpg_t4\":\"Metafield\"," PARENT("Product/1") "}",
     "products_metafields"},
    {twice, "{\"bulkpg_t5\":\"Metafield\"," PARENT("Product/1") "}",
     "products_other"},
    {twice,
     "{\"__typename\":\"Metafield\",\"bulkpg_t5\":\"Metafield\"," PARENT(
         "Product/1") "}",
     "products_other"},
    {twice, "{\"bulkpg_t5\":\"Metafield\"," PARENT("Odd/1") "}",
     "products_other"},
    {twice, "{\"bulkpg_t5\":\"Odd\"," PARENT("Product/1") "}",
     "products_other"},
    /* a tag of another query: the parent or the type does not fit it */
    {twice,
     "{\"__typename\":\"Metafield\",\"bulkpg_t5\":\"Metafield\"," PARENT(
         "ProductVariant/1") "}",
     "its tag names products.other, but its __parentId is that of another "
     "connection's parent"},
    {twice, "{\"bulkpg_t3\":\"Metafield\"," PARENT("Product/1") "}",
     "its tag names products.variants.metafields, but its __parentId is that "
     "of another connection's parent"},
    {twice,
     "{\"__typename\":\"ProductVariant\",\"bulkpg_t5\":\"ProductVariant\"," PARENT(
         "Product/1") "}",
     "products_variants"},
    {twice,
     "{\"__typename\":\"Metafield\",\"bulkpg_t9\":\"Metafield\"," PARENT(
         "ProductVariant/1") "}",
     "products_variants_metafields"},
    {twice,
     "{\"bulkpg_t3\":null," ID("Metafield/1") "," PARENT(
         "ProductVariant/1") "}",
     "products_variants_metafields"},
    {twice, "{\"__typename\":\"ProductVariant\"," PARENT("Product/1") "}",
     "products_variants"},
    /* without a tag: the parent decides, then the keys */
    {twice, "{\"__typename\":\"Metafield\"," PARENT("ProductVariant/1") "}",
     "products_variants_metafields"},
    {twice, "{" ID("Metafield/1") "," PARENT("ProductVariant/1") "}",
     "products_variants_metafields"},
    {twice,
     "{" ID("Metafield/1") "," PARENT("Product/1") ",\"namespace\":\"a\"}",
     "products_metafields"},
    {twice, "{" ID("Metafield/1") "," PARENT("Product/1") ",\"type\":\"a\"}",
     "products_other"},
    {twice, "{" ID("Metafield/1") "," PARENT("Product/1") "}", two_metafields},
    {twice, "{" ID("Metafield/1") "," PARENT("Odd/1") "}",
     "it fits more than one connection: products.variants.metafields, "
     "products.metafields, products.other"},
    {twice, "{" PARENT("Order/1") ",\"value\":\"a\"}",
     "products_variants_metafields"},
    {twice, "{" PARENT("Order/1") ",\"value\":\"a\",\"extra\":1}",
     unknown_line},
    {twice, "{" PARENT("Order/1") ",\"key\":\"a\"}",
     "it fits more than one connection: products.variants.metafields, "
     "products.metafields"},
    {twice, "{" PARENT("Order/1") ",\"sku\":null}", "products_variants"},
    /* without a __typename: the gid type decides */
    {distinct, "{" ID("ProductVariant/1") "," PARENT("Product/1") "}",
     "products_variants"},
    {distinct, "{" ID("Metafield/1") "," PARENT("ProductVariant/1") "}",
     "products_variants_metafields"},
    {distinct, "{" ID("ExternalVideo/1") "," PARENT("Product/1") "}",
     "products_media"},
    {distinct, "{" ID("Collection/1") "," PARENT("Order/9") "}",
     "products_collections"},
    /* no connection has the gid type: the parent and the keys do not count */
    {distinct, "{" ID("Something/1") "," PARENT("ProductVariant/1") "}",
     NO_GID_TYPE("Something")},
    {distinct, "{" ID("Something/1") "," PARENT("Product/1") ",\"alt\":null}",
     NO_GID_TYPE("Something")},
    {distinct, "{" ID("Order/1") "," PARENT("Product/1") ",\"sku\":1}",
     NO_GID_TYPE("Order")},
    {distinct, "{" ID("Product/2") "," PARENT("Product/1") ",\"title\":1}",
     NO_GID_TYPE("Product")},
    {distinct, "{" ID("O\\u001b[1m/1") "," PARENT("Product/1") "}",
     NO_GID_TYPE("an unknown type")},
    /* an id that is not a gid */
    {distinct, "{\"id\":\"7\"," PARENT("Product/1") ",\"sku\":1}", not_a_gid},
    {distinct, "{\"id\":7," PARENT("Product/1") ",\"sku\":1}", not_a_gid},
    {distinct, "{\"id\":{}," PARENT("Product/1") ",\"sku\":1}", not_a_gid},
    {distinct, "{\"id\":\"\"," PARENT("Product/1") ",\"sku\":1}", not_a_gid},
    {distinct, "{" ID("ProductVariant") "," PARENT("Product/1") "}", not_a_gid},
    {distinct, "{" ID("/1") "," PARENT("Product/1") "}", not_a_gid},
    {distinct,
     "{\"id\":\"gid://other/ProductVariant/1\"," PARENT("Product/1") "}",
     not_a_gid},
    {distinct,
     "{\"__typename\":\"ProductVariant\",\"id\":7," PARENT("Product/1") "}",
     "products_variants"},
    /* without an id: the parent's gid type decides, then the keys */
    {distinct, "{" PARENT("ProductVariant/1") ",\"key\":1}",
     "products_variants_metafields"},
    {distinct, "{" PARENT("ProductVariant/1") ",\"key\":1,\"extra\":1}",
     "products_variants_metafields"},
    {distinct, "{\"id\":null," PARENT("ProductVariant/1") ",\"key\":1}",
     "products_variants_metafields"},
    {distinct, "{" PARENT("ProductVariant/1") ",\"sku\":1}", unknown_line},
    {distinct, "{" PARENT("ProductVariant/1") "}", unknown_line},
    {distinct, "{" PARENT("Product/1") ",\"handle\":\"h\"}",
     "products_collections"},
    {distinct, "{" PARENT("Product/1") ",\"handle\":\"h\",\"extra\":1}",
     unknown_line},
    {distinct, "{" PARENT("Product/1") "}", unknown_line},
    {distinct, "{\"__parentId\":\"strange\",\"sku\":\"s\"}",
     "products_variants"},
    {distinct, "{\"__parentId\":\"strange\"}", unknown_line},
    {without_ids, "{" PARENT("Order/1") ",\"index\":1}",
     "orders_discount_applications"},
    {without_ids, "{" PARENT("Order/1") ",\"key\":1,\"value\":2}",
     "orders_localized_fields"},
    {without_ids, "{" PARENT("Order/1") ",\"key\":1,\"index\":2}",
     unknown_line},
    /* gid types with another name than the type */
    {images, "{" ID("ProductImage/1") "," PARENT("Product/1") "}",
     "products_images"},
    {images, "{" ID("CollectionImage/1") "," PARENT("Product/1") "}",
     "products_images"},
    {images, "{" ID("ArticleImage/1") "," PARENT("Product/1") "}",
     "products_images"},
    {images, "{" ID("ImageSource/1") "," PARENT("Product/1") "}",
     "products_images"},
    {images, "{" ID("Image/1") "," PARENT("Product/1") "}", "products_images"},
    {discounts, "{" ID("Metafield/1") "," PARENT("DiscountCodeNode/1") "}",
     "discount_nodes_metafields"},
    {discounts, "{" PARENT("DiscountAutomaticNode/1") ",\"key\":\"k\"}",
     "discount_nodes_metafields"},
    {discounts, "{" ID("BasicEvent/1") "," PARENT("DiscountNode/1") "}",
     "discount_nodes_events"},
    /* a query with one connection does not take every line for it */
    {only_one, "{" ID("Metafield/1") "," PARENT("ProductVariant/1") "}",
     "product_variants_metafields"},
    {only_one, "{" ID("Metafield/1") "," PARENT("Odd/1") ",\"sku\":1}",
     "product_variants_metafields"},
    {only_one, "{" ID("Odd/1") "," PARENT("ProductVariant/1") ",\"key\":1}",
     NO_GID_TYPE("Odd")},
    {only_one, "{" ID("Odd/1") "," PARENT("Odd/1") ",\"key\":1}",
     NO_GID_TYPE("Odd")},
    {only_one, "{\"id\":\"1\"," PARENT("ProductVariant/1") ",\"key\":1}",
     not_a_gid},
    {only_one, "{" PARENT("ProductVariant/1") ",\"sku\":1}", unknown_line},
    {only_one, "{" PARENT("ProductVariant/1") "}", unknown_line},
    {only_one, "{\"__parentId\":\"odd\",\"sku\":1}", unknown_line},
    {only_one, "{\"__parentId\":\"odd\"}", unknown_line},
    {only_one, "{\"__parentId\":\"odd\",\"value\":1}",
     "product_variants_metafields"},
    {only_one, "{\"__parentId\":\"odd\",\"value\":1,\"sku2\":1}", unknown_line},
    /* nodes of a union: its types decide */
    {unions, "{" ID("Product/1") "," PARENT("Metafield/1") "}",
     "product_variants_metafields_references"},
    {unions, "{" ID("Metaobject/1") "," PARENT("Metafield/1") "}",
     "product_variants_metafields_references"},
    {unions, "{" ID("Metafield/1") "," PARENT("ProductVariant/1") "}",
     "product_variants_metafields"},
    {unions, "{" ID("Odd/1") "," PARENT("Metafield/1") "}", NO_GID_TYPE("Odd")},
    {unions, "{" PARENT("Metafield/1") ",\"handle\":1}",
     "product_variants_metafields_references"},
    /* the part of a gid after its type does not count */
    {distinct,
     "{" ID("ProductVariant/1?inventory_item_id=3") "," PARENT(
         "Product/1?a=/b") "}",
     "products_variants"},
    {distinct, "{" ID("ProductVariant/abc") "," PARENT("Product/1") "}",
     "products_variants"},
    {none, "{" PARENT("Product/1") "}",
     "it has a __parentId, but the query has no nested connection"},
    {none, "{\"__typename\":\"Metafield\"," PARENT("Product/1") "}",
     "it has a __parentId, but the query has no nested connection"},
};

START_TEST(a_line_finds_its_table)
{
    build(routes[_i].query);
    ck_assert_str_eq(route(routes[_i].line), routes[_i].table);
}

END_TEST

START_TEST(a_typename_that_is_not_a_string_is_ignored)
{
    build(distinct);
    ck_assert_str_eq(route("{\"__typename\":5,\"__parentId\":\"x\"}"),
                     unknown_line);
    ck_assert_str_eq(route("{\"__typename\":null,\"__parentId\":\"x\","
                           "\"sku\":1}"),
                     "products_variants");
}

END_TEST

/* Gid types of ids that the table already has, whatever their names. */
START_TEST(a_gid_type_that_the_table_already_has_is_allowed)
{
    static struct gql_name held = {.name = "Odd"};
    static const char line[] =
        "{" ID("Odd/1") "," PARENT("Product/1") ",\"alt\":1}";

    build(distinct);
    ck_assert_str_eq(route(line), NO_GID_TYPE("Odd"));
    for (int i = 0; i < plan->table_count; i++)
        if (strcmp(plan->tables[i].name, "products_media") == 0)
            plan->tables[i].held = &held;
    ck_assert_str_eq(route(line), "products_media");
    ck_assert(route_allows(&plan->tables[0], span_str("Product")));
    ck_assert(!route_allows(&plan->tables[0], span_str("Odd")));
}

END_TEST

START_TEST(each_reason_has_its_remedy)
{
    build(twice);
    route("{" ID("Metafield/1") "," PARENT("Product/1") "}");
    ck_assert_ptr_nonnull(strstr(err_remedy(&err), "bulkpg did not make"));
    ck_assert_str_eq(err.code, "LINE_TABLE");
    ck_assert_int_eq(err.kind, ERR_ROW);
    route("{" ID("Odd/1") "," PARENT("Product/1") "}");
    ck_assert_ptr_nonnull(strstr(err_remedy(&err), "select __typename"));
}

END_TEST

/* ---- pages --------------------------------------------------------------- */

START_TEST(a_line_from_a_page_names_its_table)
{
    static const struct {
        const char *line;
        const char *name;
    } lines[] = {
        {"{\"bulkpg_t1\":true,\"id\":\"x\"}", "products"},
        {"{\"bulkpg_t3\":true,\"__parentId\":\"y\"}",
         "products_variants_metafields"},
        {"{\"bulkpg_t5\":true}", "products_other"},
        {"{\"bulkpg_t3\":\"Metafield\"}", NULL},
        {"{\"bulkpg_t3\":1}", NULL},
        {"{\"bulkpg_t9\":true}", NULL},
        {"{\"id\":\"x\"}", NULL},
    };

    build(twice);
    for (int i = 0; i < COUNT(lines); i++) {
        const struct plan_table *table;

        ck_assert(record_parse(record, span_str(lines[i].line), &err));
        table = route_paged(plan, record);
        if (lines[i].name == NULL)
            ck_assert_ptr_null(table);
        else
            ck_assert_str_eq(table->name, lines[i].name);
    }
}

END_TEST

static Suite *
route_suite(void)
{
    Suite *suite = suite_create("route");
    TCase *tests = tcase_create("route");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, a_line_finds_its_table, 0, COUNT(routes));
    tcase_add_test(tests, a_typename_that_is_not_a_string_is_ignored);
    tcase_add_test(tests, a_gid_type_that_the_table_already_has_is_allowed);
    tcase_add_test(tests, each_reason_has_its_remedy);
    tcase_add_test(tests, a_line_from_a_page_names_its_table);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(route_suite());
}
