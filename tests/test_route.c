/* route: every line finds its table by what it says of itself. */
#include <check.h>
#include <string.h>

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

/* The name of the line's table, or why it has none. */
static const char *
route(const char *line)
{
    const struct plan_table *table;
    const char *reason = "no reason";

    if (!record_parse(record, span_str(line), &err))
        ck_abort_msg("%s", err.message);
    table = route_line(plan, record, &reason);
    return table != NULL ? table->name : reason;
}

/* Nested types that all differ, so no tags. */
static const char distinct[] =
    "{ products { edges { node { title variants { edges { node { sku "
    "metafields { edges { node { key } } } } } } media { edges { node { alt } } } "
    "collections { edges { node { title handle } } } } } } }";

/* One type nested three times. */
static const char twice[] =
    "{ products { edges { node { variants { edges { node { sku metafields { "
    "edges { node { key value } } } } } } metafields { edges { node { "
    "namespace key } } } other: metafields { edges { node { type } } } } } } }";

/* A type that is an image, or a discount, under whatever gid. */
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

static const char untold[] = "nothing tells which connection it belongs to";
static const char unknown[] = "no connection of the query gives its __typename";

static const struct {
    const char *query;
    const char *line;
    const char *table;
} routes[] = {
    /* __typename, where one connection can give it */
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
    /* it says more than the gids do */
    {distinct,
     "{\"__typename\":\"Collection\"," ID("ProductVariant/1") "," PARENT(
         "ProductVariant/1") "}",
     "products_collections"},
    {distinct,
     "{\"__typename\":\"Order\"," ID("ProductVariant/1") "," PARENT(
         "Product/1") "}",
     unknown},
    {distinct, "{\"__typename\":\"Product\"," PARENT("Product/1") "}", unknown},
    /* the tag, where several can */
    {twice, "{\"bulkpg_t3\":\"Metafield\"," PARENT("ProductVariant/1") "}",
     "products_variants_metafields"},
    {twice, "{\"bulkpg_t4\":\"Metafield\"," PARENT("Product/1") "}",
     "products_metafields"},
    {twice, "{\"bulkpg_t5\":\"Metafield\"," PARENT("Product/1") "}",
     "products_other"},
    {twice,
     "{\"__typename\":\"Metafield\",\"bulkpg_t5\":\"Metafield\"," PARENT(
         "ProductVariant/1") "}",
     "products_other"},
    {twice, "{\"__typename\":\"ProductVariant\"," PARENT("Product/1") "}",
     "products_variants"},
    /* without a tag: the parent, then the keys */
    {twice, "{\"__typename\":\"Metafield\"," PARENT("ProductVariant/1") "}",
     "products_variants_metafields"},
    {twice, "{" ID("Metafield/1") "," PARENT("ProductVariant/1") "}",
     "products_variants_metafields"},
    {twice,
     "{" ID("Metafield/1") "," PARENT("Product/1") ",\"namespace\":\"a\"}",
     "products_metafields"},
    {twice, "{" ID("Metafield/1") "," PARENT("Product/1") ",\"type\":\"a\"}",
     "products_other"},
    {twice, "{" ID("Metafield/1") "," PARENT("Product/1") "}", untold},
    {twice, "{" PARENT("Order/1") ",\"value\":\"a\"}",
     "products_variants_metafields"},
    {twice, "{" PARENT("Order/1") ",\"key\":\"a\"}", untold},
    {twice, "{" PARENT("Order/1") ",\"sku\":null}", "products_variants"},
    /* the gid's type */
    {distinct, "{" ID("ProductVariant/1") "," PARENT("Product/1") "}",
     "products_variants"},
    {distinct, "{" ID("Metafield/1") "," PARENT("ProductVariant/1") "}",
     "products_variants_metafields"},
    {distinct, "{" ID("ExternalVideo/1") "," PARENT("Product/1") "}",
     "products_media"},
    {distinct, "{" ID("Collection/1") "," PARENT("Order/9") "}",
     "products_collections"},
    /* the parent's, when its own is not known */
    {distinct, "{" ID("Something/1") "," PARENT("ProductVariant/1") "}",
     "products_variants_metafields"},
    {distinct, "{" ID("Something/1") "," PARENT("Product/1") "}", untold},
    {distinct, "{" ID("Something/1") "," PARENT("Product/1") ",\"alt\":null}",
     "products_media"},
    {distinct, "{" PARENT("Product/1") ",\"handle\":\"h\"}",
     "products_collections"},
    {distinct, "{\"__parentId\":\"strange\",\"sku\":\"s\"}",
     "products_variants"},
    {distinct, "{\"__parentId\":\"strange\"}", untold},
    /* gids that go by another name */
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
    {discounts,
     "{" ID("X/1") "," PARENT("DiscountAutomaticNode/1") ",\"key\":\"k\"}",
     "discount_nodes_metafields"},
    {discounts, "{" ID("BasicEvent/1") "," PARENT("DiscountNode/1") "}",
     "discount_nodes_events"},
    /* a single connection is no reason to take what is not its own */
    {only_one, "{" ID("Metafield/1") "," PARENT("ProductVariant/1") "}",
     "product_variants_metafields"},
    {only_one, "{" ID("Metafield/1") "," PARENT("Odd/1") ",\"sku\":1}",
     "product_variants_metafields"},
    {only_one, "{" ID("Odd/1") "," PARENT("ProductVariant/1") ",\"sku\":1}",
     "product_variants_metafields"},
    {only_one, "{" ID("Odd/1") "," PARENT("Odd/1") ",\"key\":1}",
     "product_variants_metafields"},
    {only_one, "{" ID("Odd/1") "," PARENT("Odd/1") ",\"sku\":1}", untold},
    {only_one, "{\"__parentId\":\"odd\",\"sku\":1}", untold},
    {only_one, "{\"__parentId\":\"odd\",\"value\":1}",
     "product_variants_metafields"},
    {none, "{" PARENT("Product/1") "}",
     "it has a __parentId, but the query has no nested connection"},
    {none, "{\"__typename\":\"Metafield\"," PARENT("Product/1") "}",
     "it has a __parentId, but the query has no nested connection"},
};

START_TEST(a_line_goes_where_it_belongs)
{
    build(routes[_i].query);
    ck_assert_str_eq(route(routes[_i].line), routes[_i].table);
}

END_TEST

START_TEST(values_of_odd_kinds_tell_nothing)
{
    build(distinct);
    ck_assert_str_eq(route("{\"__typename\":5,\"id\":{},\"__parentId\":\"x\"}"),
                     untold);
    ck_assert_str_eq(route("{\"__typename\":null,\"id\":7,\"__parentId\":\"x\","
                           "\"sku\":1}"),
                     "products_variants");
}

END_TEST

static Suite *
route_suite(void)
{
    Suite *suite = suite_create("route");
    TCase *tests = tcase_create("route");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, a_line_goes_where_it_belongs, 0, COUNT(routes));
    tcase_add_test(tests, values_of_odd_kinds_tell_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(route_suite());
}
