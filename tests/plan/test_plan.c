/* plan: tables, columns, types and keys follow from the query alone. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialect/shopify.h"
#include "plan/layout.h"
#include "plan/mask.h"
#include "support/suite.h"
#include "support/types.h"

static const char types_path[] = "tests/data/plan/types.json";

/* These types have all fields, including those that count rows. */
static const char whole_types_path[] =
    "tests/fakeshop/admin-2026-10.reduced.json";

/* Types with constructs that the real ones lack: a field of every scalar type,
 * names that clash, and a list in an object without id. */
static const char *const made_types[] = {
    "{\"kind\":\"OBJECT\",\"name\":\"Made\",\"fields\":["
    "{\"name\":\"things\",\"args\":[],\"type\":{\"kind\":\"OBJECT\",\"name\":"
    "\"ThingConnection\"}}]}",

    "{\"kind\":\"OBJECT\",\"name\":\"ThingConnection\",\"fields\":["
    "{\"name\":\"edges\",\"args\":[],\"type\":{\"kind\":\"LIST\",\"ofType\":{"
    "\"kind\":\"OBJECT\",\"name\":\"ThingEdge\"}}}]}",

    "{\"kind\":\"OBJECT\",\"name\":\"ThingEdge\",\"fields\":["
    "{\"name\":\"node\",\"args\":[],\"type\":{\"kind\":\"OBJECT\",\"name\":"
    "\"Thing\"}}]}",

    "{\"kind\":\"OBJECT\",\"name\":\"Thing\",\"fields\":["
    "{\"name\":\"id\",\"type\":{\"kind\":\"NON_NULL\",\"ofType\":{\"kind\":"
    "\"SCALAR\",\"name\":\"ID\"}}},"
    "{\"name\":\"i\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"Int\"}},"
    "{\"name\":\"f\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"Float\"}},"
    "{\"name\":\"b\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"Boolean\"}},"
    "{\"name\":\"d\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"Decimal\"}},"
    "{\"name\":\"m\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"Money\"}},"
    "{\"name\":\"u\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"UnsignedInt64\"}"
    "},"
    "{\"name\":\"bi\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"BigInt\"}},"
    "{\"name\":\"t\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"DateTime\"}},"
    "{\"name\":\"day\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"Date\"}},"
    "{\"name\":\"j\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"JSON\"}},"
    "{\"name\":\"s\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"String\"}},"
    "{\"name\":\"url\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"URL\"}},"
    "{\"name\":\"html\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"HTML\"}},"
    "{\"name\":\"color\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"Color\"}},"
    "{\"name\":\"fs\",\"type\":{\"kind\":\"SCALAR\",\"name\":"
    "\"FormattedString\"}},"
    "{\"name\":\"novel\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"Novel\"}},"
    "{\"name\":\"e\",\"type\":{\"kind\":\"ENUM\",\"name\":\"Mood\"}},"
    "{\"name\":\"ids\",\"type\":{\"kind\":\"LIST\",\"ofType\":{\"kind\":"
    "\"SCALAR\",\"name\":\"ID\"}}},"
    "{\"name\":\"otherId\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"ID\"}},"
    "{\"name\":\"URLs\",\"type\":{\"kind\":\"LIST\",\"ofType\":{\"kind\":"
    "\"SCALAR\",\"name\":\"URL\"}}},"
    "{\"name\":\"ctid\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"Int\"}},"
    "{\"name\":\"parts\",\"type\":{\"kind\":\"LIST\",\"ofType\":{\"kind\":"
    "\"OBJECT\",\"name\":\"Part\"}}},"
    "{\"name\":\"grid\",\"type\":{\"kind\":\"LIST\",\"ofType\":{\"kind\":"
    "\"LIST\",\"ofType\":{\"kind\":\"OBJECT\",\"name\":\"Part\"}}}},"
    "{\"name\":\"owner\",\"type\":{\"kind\":\"OBJECT\",\"name\":\"Thing\"}},"
    "{\"name\":\"children\",\"args\":[],\"type\":{\"kind\":\"OBJECT\",\"name\":"
    "\"ThingConnection\"}}]}",

    "{\"kind\":\"OBJECT\",\"name\":\"Part\",\"fields\":["
    "{\"name\":\"name\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"String\"}},"
    "{\"name\":\"parts\",\"type\":{\"kind\":\"LIST\",\"ofType\":{\"kind\":"
    "\"OBJECT\",\"name\":\"Part\"}}}]}",
};

static struct types types;
static struct plan *plan;
static struct err err;

static void
setup(void)
{
    memset(&err, 0, sizeof(err));
    types_open(&types, types_path);
}

static void
setup_whole(void)
{
    memset(&err, 0, sizeof(err));
    types_open(&types, whole_types_path);
}

static void
setup_made(void)
{
    setup();
    types_add_made(&types, "Made", made_types, COUNT(made_types));
}

static void
teardown(void)
{
    types_close(&types);
}

static bool
build(const char *text)
{
    return plan_build(&types.arena, "job", types_check(&types, text),
                      types.schema, &dialect_shopify, &plan, &err);
}

static void
build_or_abort(const char *text)
{
    if (!build(text))
        ck_abort_msg("%s", err.message);
}

static const char *
key_at(const struct shape *shape, int slot)
{
    return slot < 0 ? "none" : shape->by_slot[slot]->key.bytes;
}

/* ---- a plan as text ----------------------------------------------------- */

/* Append the marks "*", "(n)", "(gid)" and "(idx)"; see described(). */
static void
describe_details(struct buf *text, const struct plan_table *table,
                 const struct layout_column *column)
{
    const struct plan_column *data = &table->columns[column->data];

    if (column->in_key)
        buf_append_char(text, '*');
    if (column->role != LAYOUT_DATA)
        return;
    if (data->gid != NULL)
        buf_append_str(text, data->gid->whole ? "(gid)" : "(n)");
    if (data->index)
        buf_append_str(text, "(idx)");
}

static void
describe_table(struct buf *text, const struct plan_table *table)
{
    static const char *const kinds[] = {"root", "connection", "list"};
    struct layout_column *columns =
        arena_array(&types.arena, (size_t)table->column_count + LAYOUT_OWN_MAX,
                    sizeof(*columns));
    int count = layout_columns(table, columns);
    bool first = true;

    buf_printf(text, "%s %s %s", table->name, kinds[table->kind],
               table->node_type);
    if (table->parent != NULL)
        buf_printf(text, " < %s", table->parent->name);
    if (table->tag != NULL)
        buf_printf(text, " %s", table->tag);
    buf_append_str(text, table->skip ? " skip:" : ":");
    for (int i = 0; i < count; i++) {
        if (!columns[i].in_table || columns[i].role == LAYOUT_HASH ||
            columns[i].role == LAYOUT_LOADED_AT)
            continue;
        buf_printf(text, "%s %s %s", first ? "" : ",", columns[i].name,
                   plan_type_name(columns[i].type));
        describe_details(text, table, &columns[i]);
        first = false;
    }
    buf_append_char(text, '\n');
}

/* One line per table: "name kind Type < parent tag: column type, …". "*" means
 * part of the key, "(n)" the number of a gid, "(gid)" a whole gid, and "(idx)"
 * that the column has @index. */
static const char *
described(void)
{
    struct buf text = buf_with_ceiling(64 * 1024);
    const char *copy;

    for (int i = 0; i < plan->table_count; i++)
        describe_table(&text, &plan->tables[i]);
    copy = arena_strdup(&types.arena, buf_str(&text));
    buf_free(&text);
    return copy;
}

static const struct {
    const char *query;
    const char *tables;
} plans[] = {
    /* three levels */
    {"{ products { edges { node { id title status variants { edges { node "
     "{ id sku price metafields { edges { node { id namespace key value } "
     "} } } } } } } } }",
     "products root Product: id bigint*(n), title text, status text\n"
     "products_variants connection ProductVariant < products: _parent_id "
     "bigint*, id bigint*(n), sku text, price numeric\n"
     "products_variants_metafields connection Metafield < "
     "products_variants: _parent_id bigint*, id bigint*(n), namespace "
     "text, key text, value text\n"},
    /* id comes first, and is added if the query lacks it */
    {"{ products { edges { node { title variants { edges { node { sku id "
     "} } } } } } }",
     "products root Product: id bigint*(n), title text\n"
     "products_variants connection ProductVariant < products: _parent_id "
     "bigint*, id bigint*(n), sku text\n"},
    /* every scalar of a product */
    {"{ products { edges { node { createdAt totalInventory isGiftCard "
     "legacyResourceId tags descriptionHtml } } } }",
     "products root Product: id bigint*(n), created_at timestamptz, "
     "total_inventory integer, is_gift_card boolean, legacy_resource_id "
     "bigint, tags jsonb, description_html text\n"},
    /* plain objects at depth */
    {"{ products { edges { node { priceRangeV2 { minVariantPrice { amount "
     "currencyCode } } seo { title } } } } }",
     "products root Product: id bigint*(n), "
     "price_range_v2_min_variant_price_amount numeric, "
     "price_range_v2_min_variant_price_currency_code text, seo_title "
     "text\n"},
    /* connection below a plain object */
    {"{ productVariants { edges { node { sku inventoryItem { sku "
     "inventoryLevels { edges { node { id location { id name } "
     "quantities(names: [\"available\"]) { quantity } } } } } } } } }",
     "product_variants root ProductVariant: id bigint*(n), sku text, "
     "inventory_item_sku text\n"
     "product_variants_inventory_item_inventory_levels connection "
     "InventoryLevel < product_variants: _parent_id bigint*, id "
     "text*(gid), location_id bigint(n), location_name text, quantities "
     "jsonb\n"},
    /* a field in two fragments is one column, or one table */
    {"{ products { edges { node { ...A ... on Product { title handle "
     "variants { edges { node { title } } } } } } } } fragment A on "
     "Product { title variants { edges { node { sku } } } }",
     "products root Product: id bigint*(n), title text, handle text\n"
     "products_variants connection ProductVariant < products: _parent_id "
     "bigint*, id bigint*(n), sku text, title text\n"},
    /* fragment on an interface without id */
    {"{ products { edges { node { ... on HasMetafields { metafields { "
     "edges { node { key } } } } } } } }",
     "products root Product: id bigint*(n)\n"
     "products_metafields connection Metafield < products: _parent_id "
     "bigint*, id bigint*(n), key text\n"},
    /* interface node */
    {"{ products { edges { node { media { edges { node { id alt ... on "
     "MediaImage { image { id url } mimeType } ... on Video { duration } "
     "} } } } } } }",
     "products root Product: id bigint*(n)\n"
     "products_media connection Media < products: _parent_id bigint*, id "
     "text*(gid), alt text, image_id text(gid), image_url text, mime_type "
     "text, duration integer, _typename text\n"},
    /* interface root */
    {"{ files { edges { node { createdAt ... on GenericFile { url } ... "
     "on MediaImage { metafields { edges { node { key } } } } } } } }",
     "files root File: id text*(gid), created_at timestamptz, url text, "
     "_typename text\n"
     "files_metafields connection Metafield < files: _parent_id text*, id "
     "bigint*(n), key text\n"},
    /* union node */
    {"{ productVariants { edges { node { metafields { edges { node { key "
     "references { edges { node { ... on Product { id title } ... on "
     "Metaobject { handle } __typename } } } } } } } } } }",
     "product_variants root ProductVariant: id bigint*(n)\n"
     "product_variants_metafields connection Metafield < "
     "product_variants: _parent_id bigint*, id bigint*(n), key text\n"
     "product_variants_metafields_references connection "
     "MetafieldReference < product_variants_metafields: _parent_id "
     "bigint*, _ordinal bigint*, id text(gid), title text, handle text, "
     "typename text, _typename text\n"},
    /* aliases */
    {"{ p: products { edges { node { theTitle: title v: variants { edges "
     "{ node { stockUnit: sku } } } n: id } } } }",
     "p root Product: id bigint*(n), the_title text, n bigint(n)\n"
     "p_v connection ProductVariant < p: _parent_id bigint*, id "
     "bigint*(n), stock_unit text\n"},
    /* __typename */
    {"{ products { edges { node { __typename kind: __typename "
     "featuredMedia { __typename id } variants { edges { node { "
     "__typename } } } } } } }",
     "products root Product: id bigint*(n), typename text, kind text, "
     "featured_media_typename text, featured_media_id text(gid)\n"
     "products_variants connection ProductVariant < products: _parent_id "
     "bigint*, id bigint*(n), typename text\n"},
    /* lists are jsonb */
    {"{ products { edges { node { tags options { name values } category { "
     "ancestorIds } } } } }",
     "products root Product: id bigint*(n), tags jsonb, options jsonb, "
     "category_ancestor_ids jsonb\n"},
    /* list with ids as a table */
    {"{ products { edges { node { title options @table { name position "
     "optionValues { name } } } } } }",
     "products root Product: id bigint*(n), title text\n"
     "products_options list ProductOption < products: _parent_id bigint*, "
     "id bigint*(n), name text, position integer, option_values jsonb\n"},
    /* list in a list as a table */
    {"{ products { edges { node { options @table { name optionValues "
     "@table(name: \"values\") { name } } } } } }",
     "products root Product: id bigint*(n)\n"
     "products_options list ProductOption < products: _parent_id bigint*, "
     "id bigint*(n), name text\n"
     "values list ProductOptionValue < products_options: _parent_id "
     "bigint*, id bigint*(n), name text\n"},
    /* list without ids as a table */
    {"{ orders { edges { node { name taxLines @table { title rate } "
     "lineItems { edges { node { taxLines @table(name: \"line_taxes\", "
     "parent: \"line_item_id\") { title price } } } } } } } }",
     "orders root Order: id bigint*(n), name text\n"
     "orders_tax_lines list TaxLine < orders: _parent_id bigint*, "
     "_ordinal bigint*, title text, rate double precision\n"
     "orders_line_items connection LineItem < orders: _parent_id bigint*, "
     "id bigint*(n)\n"
     "line_taxes list TaxLine < orders_line_items: line_item_id bigint*, "
     "_ordinal bigint*, title text, price numeric\n"},
    /* list with @table(key:) */
    {"{ orders { edges { node { taxLines @table(key: [\"title\"]) { title "
     "rate } transactions @table { kind fees @table { type } } } } } }",
     "orders root Order: id bigint*(n)\n"
     "orders_tax_lines list TaxLine < orders: _parent_id bigint*, title "
     "text*, rate double precision\n"
     "orders_transactions list OrderTransaction < orders: _parent_id "
     "bigint*, id bigint*(n), kind text\n"
     "orders_transactions_fees list TransactionFee < orders_transactions: "
     "_parent_id bigint*, id bigint*(n), type text\n"},
    /* list below a plain object */
    {"{ productVariants { edges { node { product { options @table { name "
     "} } } } } }",
     "product_variants root ProductVariant: id bigint*(n)\n"
     "product_variants_product_options list ProductOption < "
     "product_variants: _parent_id bigint*, id bigint*(n), name text\n"},
    /* names, parents and keys from @table */
    {"{ products { edges { node { title @column(name: \"name\") variants "
     "@table(name: \"skus\", parent: \"product_id\", key: [\"sku\"]) { "
     "edges { node { sku metafields @table(parent: \"sku_id\") { edges { "
     "node { key } } } } } } } } } }",
     "products root Product: id bigint*(n), name text\n"
     "skus connection ProductVariant < products: product_id bigint*, sku "
     "text*\n"
     "skus_metafields connection Metafield < skus: sku_id bigint*, id "
     "bigint*(n), key text\n"},
    /* natural key of the root */
    {"{ products @table(name: \"goods\", key: [\"handle\"]) { edges { "
     "node { id handle variants { edges { node { sku } } } } } } }",
     "goods root Product: id bigint(n), handle text*\n"
     "goods_variants connection ProductVariant < goods: _parent_id "
     "bigint*, id bigint*(n), sku text\n"},
    /* skipped tables */
    {"{ products { edges { node { variants @table(skip: true) { edges { "
     "node { sku metafields { edges { node { key } } } } } } options "
     "@table(skip: true) { name optionValues @table { name } } } } } }",
     "products root Product: id bigint*(n)\n"
     "products_variants connection ProductVariant < products skip: "
     "_parent_id bigint*\n"
     "products_variants_metafields connection Metafield < "
     "products_variants: _parent_id bigint*, id bigint*(n), key text\n"
     "products_options list ProductOption < products skip: _parent_id "
     "bigint*\n"
     "products_options_option_values list ProductOptionValue < "
     "products_options: _parent_id bigint*, id bigint*(n), name text\n"},
    /* skipped root */
    {"{ products @table(skip: true) { edges { node { variants { edges { "
     "node { sku } } } } } } }",
     "products root Product skip:\n"
     "products_variants connection ProductVariant < products: _parent_id "
     "bigint*, id bigint*(n), sku text\n"},
    /* types from @column, and indexes */
    {"{ products { edges { node { handle @index createdAt @column(type: "
     "\"text\") totalInventory @column(name: \"stock\", type: "
     "\"numeric\") @index tags @column(type: \"text\") } } } }",
     "products root Product: id bigint*(n), handle text(idx), created_at "
     "text, stock numeric(idx), tags text\n"},
    /* @json keeps an object */
    {"{ products { edges { node { seo @json { title description } "
     "featuredMedia @json { alt preview { image { url } } } options @json "
     "{ name } } } } }",
     "products root Product: id bigint*(n), seo jsonb, featured_media "
     "jsonb, options jsonb\n"},
    /* ids as text with @column */
    {"{ products { edges { node { id @column(type: \"text\") variants { "
     "edges { node { id @column(name: \"variant\", type: \"text\") "
     "product { id @column(type: \"text\") } metafields { edges { node { "
     "key } } } } } } } } } }",
     "products root Product: id text*(gid)\n"
     "products_variants connection ProductVariant < products: _parent_id "
     "text*, variant text*(gid), product_id text\n"
     "products_variants_metafields connection Metafield < "
     "products_variants: _parent_id text*, id bigint*(n), key text\n"},
    /* nullable id */
    {"{ products { edges { node { images { edges { node { id url } } } } "
     "} } }",
     "products root Product: id bigint*(n)\n"
     "products_images connection Image < products: _parent_id bigint*, "
     "_ordinal bigint*, id text(gid), url text\n"},
    /* no id at all */
    {"{ products { edges { node { resourcePublicationsV2 { edges { node { "
     "isPublished publication { id } } } } } } } }",
     "products root Product: id bigint*(n)\n"
     "products_resource_publications_v2 connection ResourcePublicationV2 "
     "< products: _parent_id bigint*, _ordinal bigint*, is_published "
     "boolean, publication_id bigint(n)\n"},
    /* no id, interface */
    {"{ orders { edges { node { discountApplications { edges { node { "
     "index ... on DiscountCodeApplication { code } } } } localizedFields "
     "{ edges { node { key value } } } shippingLines { edges { node { id "
     "title } } } } } } }",
     "orders root Order: id bigint*(n)\n"
     "orders_discount_applications connection DiscountApplication < "
     "orders: _parent_id bigint*, _ordinal bigint*, index integer, code "
     "text, _typename text\n"
     "orders_localized_fields connection LocalizedField < orders: "
     "_parent_id bigint*, _ordinal bigint*, key text, value text\n"
     "orders_shipping_lines connection ShippingLine < orders: _parent_id "
     "bigint*, _ordinal bigint*, id bigint(n), title text\n"},
    /* two connections of one type */
    {"{ products { edges { node { metafields(first: 3) { edges { node { "
     "key } } } mine: metafields(namespace: \"mine\") { edges { node { "
     "value } } } variants { edges { node { id } } } } } } }",
     "products root Product: id bigint*(n)\n"
     "products_metafields connection Metafield < products bulkpg_t2: "
     "_parent_id bigint*, id bigint*(n), key text\n"
     "products_mine connection Metafield < products bulkpg_t3: _parent_id "
     "bigint*, id bigint*(n), value text\n"
     "products_variants connection ProductVariant < products: _parent_id "
     "bigint*, id bigint*(n)\n"},
    /* two connections of one type, one below the other */
    {"{ products { edges { node { metafields { edges { node { key } } } "
     "variants { edges { node { metafields { edges { node { key } } } } } "
     "} media { edges { node { id } } } } } } }",
     "products root Product: id bigint*(n)\n"
     "products_metafields connection Metafield < products bulkpg_t2: "
     "_parent_id bigint*, id bigint*(n), key text\n"
     "products_variants connection ProductVariant < products: _parent_id "
     "bigint*, id bigint*(n)\n"
     "products_variants_metafields connection Metafield < "
     "products_variants bulkpg_t4: _parent_id bigint*, id bigint*(n), key "
     "text\n"
     "products_media connection Media < products: _parent_id bigint*, id "
     "text*(gid), _typename text\n"},
    /* a type below itself */
    {"{ products { edges { node { productParents { edges { node { title } "
     "} } } } } }",
     "products root Product: id bigint*(n)\n"
     "products_product_parents connection Product < products: _parent_id "
     "bigint*, id bigint*(n), title text\n"},
    /* whole gids */
    {"{ orders { edges { node { customer { id defaultAddress { id city } "
     "} shippingAddress { id } lineItems { edges { node { variant { id "
     "image { id } } product { id category { id } featuredMedia { id "
     "preview { image { id } } } } } } } } } } }",
     "orders root Order: id bigint*(n), customer_id bigint(n), "
     "customer_default_address_id text(gid), "
     "customer_default_address_city text, shipping_address_id text(gid)\n"
     "orders_line_items connection LineItem < orders: _parent_id bigint*, "
     "id bigint*(n), variant_id bigint(n), variant_image_id text(gid), "
     "product_id bigint(n), product_category_id text(gid), "
     "product_featured_media_id text(gid), "
     "product_featured_media_preview_image_id text(gid)\n"},
    /* whole gids of a row's own type */
    {"{ customers { edges { node { addressesV2 { edges { node { id city } "
     "} } paymentMethods { edges { node { id } } } } } } }",
     "customers root Customer: id bigint*(n)\n"
     "customers_addresses_v2 connection MailingAddress < customers: "
     "_parent_id bigint*, id text*(gid), city text\n"
     "customers_payment_methods connection CustomerPaymentMethod < "
     "customers: _parent_id bigint*, id text*(gid)\n"},
    /* whole gids, lines */
    {"{ subscriptionContracts { edges { node { id lines { edges { node { "
     "id title } } } } } } }",
     "subscription_contracts root SubscriptionContract: id bigint*(n)\n"
     "subscription_contracts_lines connection SubscriptionLine < "
     "subscription_contracts: _parent_id bigint*, id text*(gid), title "
     "text\n"},
    /* levels */
    {"{ inventoryItems { edges { node { unitCost { amount } "
     "inventoryLevels { edges { node { quantities(names: [\"available\"]) "
     "@table { id name quantity } } } } } } } }",
     "inventory_items root InventoryItem: id bigint*(n), unit_cost_amount "
     "numeric\n"
     "inventory_items_inventory_levels connection InventoryLevel < "
     "inventory_items: _parent_id bigint*, id text*(gid)\n"
     "inventory_items_inventory_levels_quantities list InventoryQuantity "
     "< inventory_items_inventory_levels: _parent_id text*, id "
     "text*(gid), name text, quantity integer\n"},
    /* ids in other fields than id */
    {"{ products { edges { node { events { edges { node { id ... on "
     "BasicEvent { subjectId } } } } } } } }",
     "products root Product: id bigint*(n)\n"
     "products_events connection Event < products: _parent_id bigint*, id "
     "text*(gid), subject_id text(gid), _typename text\n"},
    /* field with an interface type */
    {"{ products { edges { node { variants { edges { node { metafields { "
     "edges { node { owner { ... on Product { id title } ... on "
     "ProductVariant { id } } reference { ... on MediaImage { id image { "
     "url } } } } } } } } } } } } }",
     "products root Product: id bigint*(n)\n"
     "products_variants connection ProductVariant < products: _parent_id "
     "bigint*, id bigint*(n)\n"
     "products_variants_metafields connection Metafield < "
     "products_variants: _parent_id bigint*, id bigint*(n), owner_id "
     "text(gid), owner_title text, reference_id text(gid), "
     "reference_image_url text\n"},
    /* skipped fields */
    {"{ products { edges { node { title @skip(if: true) handle "
     "@include(if: true) ...F } } } } fragment F on Product { vendor "
     "@skip(if: true) seo { title @include(if: false) } }",
     "products root Product: id bigint*(n), handle text\n"},
    /* long names */
    {"{ products { edges { node { "
     "aVeryLongResponseKeyForAnObjectThatNobodyWouldWrite: priceRangeV2 { "
     "minVariantPrice { amount currencyCode } } "
     "aRatherLongNameForTheVariantsOfThisProduct: variants { edges { node "
     "{ andAlsoALongNameForTheirMetafields: metafields { edges { node { "
     "key } } } } } } } } } }",
     "products root Product: id bigint*(n), "
     "a_very_long_response_key_for_an_object_that_nobody_wou_bf523583 "
     "numeric, "
     "a_very_long_response_key_for_an_object_that_nobody_wou_584e2fac "
     "text\n"
     "products_a_rather_long_name_for_the_variants_of_this_product "
     "connection ProductVariant < products: _parent_id bigint*, id "
     "bigint*(n)\n"
     "products_a_rather_long_name_for_the_variants_of_this_p_5d4857d7 "
     "connection Metafield < "
     "products_a_rather_long_name_for_the_variants_of_this_product: "
     "_parent_id bigint*, id bigint*(n), key text\n"},
    /* pageInfo and cursor */
    {"{ products { pageInfo { hasNextPage } __typename edges { cursor "
     "__typename node { id variants { edges { cursor node { id } } "
     "pageInfo { hasNextPage } } } } } }",
     "products root Product: id bigint*(n)\n"
     "products_variants connection ProductVariant < products: _parent_id "
     "bigint*, id bigint*(n)\n"},
    /* root in a fragment */
    {"{ ...R products { edges { node { title } } } } fragment R on "
     "QueryRoot { products { edges { node { handle } } } }",
     "products root Product: id bigint*(n), handle text, title text\n"},
};

static const struct {
    const char *query;
    const char *tables;
} made_plans[] = {
    /* scalars */
    {"{ things { edges { node { i f b d m u bi t day j s url html color "
     "fs novel e ids otherId URLs } } } }",
     "things root Thing: id bigint*(n), i integer, f double precision, b "
     "boolean, d numeric, m numeric, u bigint, bi bigint, t timestamptz, "
     "day date, j jsonb, s text, url text, html text, color text, fs "
     "text, novel text, e text, ids jsonb, other_id text(gid), ur_ls "
     "jsonb\n"},
    /* a type in itself */
    {"{ things { edges { node { owner { id otherId } children { edges { "
     "node { children { edges { node { s } } } } } } } } } }",
     "things root Thing: id bigint*(n), owner_id bigint(n), "
     "owner_other_id text(gid)\n"
     "things_children connection Thing < things bulkpg_t2: _parent_id "
     "bigint*, id bigint*(n)\n"
     "things_children_children connection Thing < things_children "
     "bulkpg_t3: _parent_id bigint*, id bigint*(n), s text\n"},
    /* list without id */
    {"{ things { edges { node { parts @table { name parts { name } } grid "
     "{ name } } } } }",
     "things root Thing: id bigint*(n), grid jsonb\n"
     "things_parts list Part < things: _parent_id bigint*, _ordinal "
     "bigint*, name text, parts jsonb\n"},
};

START_TEST(tables_follow_from_the_query)
{
    build_or_abort(plans[_i].query);
    ck_assert_str_eq(described(), plans[_i].tables);
}

END_TEST

START_TEST(tables_follow_from_the_types)
{
    build_or_abort(made_plans[_i].query);
    ck_assert_str_eq(described(), made_plans[_i].tables);
}

END_TEST

/* ---- the document as submitted ------------------------------------------ */

static const struct {
    const char *query;
    const char *document; /* runs of blanks replaced by one */
} documents[] = {
    {"{ products { edges { node { id title status variants { edges { node "
     "{ id sku price metafields { edges { node { id namespace key value } "
     "} } } } } } } } }",
     "{ products { edges { node { id title status variants { edges { node "
     "{ __typename id sku price metafields { edges { node { __typename id "
     "namespace key value } } } } } } } } } }"},
    {"{ products { edges { node { ...A ... on Product { title handle "
     "variants { edges { node { title } } } } } } } } fragment A on "
     "Product { title variants { edges { node { sku } } } }",
     "{ products { edges { node { id ... on Product { title variants { "
     "edges { node { id sku } } } } ... on Product { title handle "
     "variants { edges { node { id title } } } } } } } }"},
    {"{ products { edges { node { media { edges { node { id alt ... on "
     "MediaImage { image { id url } mimeType } ... on Video { duration } "
     "} } } } } } }",
     "{ products { edges { node { id media { edges { node { __typename id "
     "alt ... on MediaImage { image { id url } mimeType } ... on Video { "
     "duration } } } } } } } }"},
    {"{ productVariants { edges { node { metafields { edges { node { key "
     "references { edges { node { ... on Product { id title } ... on "
     "Metaobject { handle } __typename } } } } } } } } } }",
     "{ productVariants { edges { node { id metafields { edges { node { "
     "id __typename key references { edges { node { ... on Product { id "
     "title } ... on Metaobject { handle } __typename } } } } } } } } } }"},
    {"{ p: products { edges { node { theTitle: title v: variants { edges "
     "{ node { stockUnit: sku } } } n: id } } } }",
     "{ p: products { edges { node { id theTitle: title v: variants { "
     "edges { node { id stockUnit: sku } } } n: id } } } }"},
    {"{ products { edges { node { options @table { name optionValues "
     "@table(name: \"values\") { name } } } } } }",
     "{ products { edges { node { id options { id name optionValues { id "
     "name } } } } } }"},
    {"{ orders { edges { node { discountApplications { edges { node { "
     "index ... on DiscountCodeApplication { code } } } } localizedFields "
     "{ edges { node { key value } } } shippingLines { edges { node { id "
     "title } } } } } } }",
     "{ orders { edges { node { id discountApplications { edges { node { "
     "__typename index ... on DiscountCodeApplication { code } } } } "
     "localizedFields { edges { node { __typename key value } } } "
     "shippingLines { edges { node { __typename id title } } } } } } }"},
    {"{ products { edges { node { metafields(first: 3) { edges { node { "
     "key } } } mine: metafields(namespace: \"mine\") { edges { node { "
     "value } } } variants { edges { node { id } } } } } } }",
     "{ products { edges { node { id metafields(first: 3) { edges { node "
     "{ id __typename bulkpg_t2: __typename key } } } mine: "
     "metafields(namespace: \"mine\") { edges { node { id __typename "
     "bulkpg_t3: __typename value } } } variants { edges { node { "
     "__typename id } } } } } } }"},
    {"{ products { edges { node { title @skip(if: true) handle "
     "@include(if: true) ...F } } } } fragment F on Product { vendor "
     "@skip(if: true) seo { title @include(if: false) } }",
     "{ products { edges { node { id handle } } } }"},
    {"{ products { pageInfo { hasNextPage } __typename edges { cursor "
     "__typename node { id variants { edges { cursor node { id } } "
     "pageInfo { hasNextPage } } } } } }",
     "{ products { edges { node { id variants { edges { node { id } } } } "
     "} } }"},
    {"{ ...R products { edges { node { title } } } } fragment R on "
     "QueryRoot { products { edges { node { handle } } } }",
     "{ products { edges { node { id handle title } } } }"},
    {"query Nightly { products(first: 5, query: \"status:active AND "
     "tag:'a'\") @table(name: \"t\") { edges { node { title @index } } } }",
     "query Nightly { products(first: 5, query: \"status:active AND "
     "tag:'a'\") { edges { node { id title } } } }"},
};

/* Replace each run of blanks by one. */
static const char *
single_blanks(const char *text)
{
    struct buf out = buf_with_ceiling(64 * 1024);
    const char *copy;

    for (; *text != '\0'; text++) {
        bool blank = *text == ' ' || *text == '\n';

        if (!blank)
            buf_append_char(&out, *text);
        else if (text[1] != ' ' && text[1] != '\n' && text[1] != '\0')
            buf_append_char(&out, ' ');
    }
    copy = arena_strdup(&types.arena, buf_str(&out));
    buf_free(&out);
    return copy;
}

static void
check_document(const char *query, const char *document)
{
    build_or_abort(query);
    ck_assert_str_eq(single_blanks(plan->document), document);
}

START_TEST(the_document_has_the_fields_that_the_tables_need)
{
    check_document(documents[_i].query, documents[_i].document);
}

END_TEST

START_TEST(the_document_is_valid)
{
    const char *document;

    build_or_abort(plans[_i].query);
    document = plan->document;
    ck_assert_ptr_null(strchr(document, '@'));
    ck_assert_ptr_null(strstr(document, "pageInfo"));
    ck_assert_ptr_null(strstr(document, "cursor"));
    ck_assert_ptr_null(strstr(document, "fragment"));
    types_check(&types, document);
}

END_TEST

START_TEST(the_root_is_kept_for_the_window)
{
    build_or_abort("{ p: products(query: \"status:active\") { edges { node { "
                   "id } } } }");
    ck_assert_str_eq(plan->root->name, "products");
    ck_assert_str_eq(plan->root->alias, "p");
    ck_assert_str_eq(
        gql_find_argument(plan->root->arguments, "query")->value->text,
        "status:active");
    ck_assert_str_eq(plan->job, "job");
    ck_assert_str_eq(plan->file, "q");
}

END_TEST

static const struct {
    const char *arguments;
    struct plan_window window;
    const char *submitted;
} windows[] = {
    {"",
     {"updated_at", "2026-01-02T03:04:05Z", NULL},
     "(query: \"updated_at:>='2026-01-02T03:04:05Z'\")"},
    {"(query: \" \")",
     {"updated_at", NULL, "2026-01-02T03:04:05Z"},
     "(query: \"updated_at:<'2026-01-02T03:04:05Z'\")"},
    {"(first: 5, query: \"tag:'a b' OR status:active\")",
     {"created_at", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"},
     "(query: \"(tag:'a b' OR status:active) AND "
     "created_at:>='2026-01-02T00:00:00Z' AND "
     "created_at:<'2026-01-03T00:00:00Z'\", first: 5)"},
};

START_TEST(a_window_joins_the_roots_own_filter)
{
    const char *document;

    build_or_abort(arena_printf(
        &types.arena,
        "query @incremental { products%s { edges { node { id } } } }",
        windows[_i].arguments));
    document = plan_document_in(plan, &windows[_i].window, &types.arena);
    ck_assert_str_eq(
        document,
        arena_printf(&types.arena,
                     "{\n  products%s {\n    edges {\n      node {\n        "
                     "id\n      }\n    }\n  }\n}\n",
                     windows[_i].submitted));
    ck_assert_ptr_null(strstr(plan->document, "_at:"));
}

END_TEST

START_TEST(upkeep_has_defaults)
{
    build_or_abort("query @incremental { products { edges { node { id } } } }");
    ck_assert_str_eq(plan->incremental->field, "updated_at");
    ck_assert_int_eq(plan->incremental->overlap_ms, 5 * 60 * 1000);
    ck_assert_int_eq(plan->incremental->full_every_ms,
                     INT64_C(7) * 24 * 3600 * 1000);
    ck_assert_int_eq(plan->deletes, PLAN_DELETES_HARD);
    build_or_abort("query @deletes(mode: KEEP) @incremental(field: "
                   "\"created_at\", overlap: \"1h\", fullEvery: \"0\") { "
                   "products { edges { node { id } } } }");
    ck_assert_str_eq(plan->incremental->field, "created_at");
    ck_assert_int_eq(plan->incremental->overlap_ms, 3600 * 1000);
    ck_assert_int_eq(plan->incremental->full_every_ms, 0);
    ck_assert_int_eq(plan->deletes, PLAN_DELETES_KEEP);
    ck_assert(!plan->may_shrink);
    build_or_abort("query @slice { products { edges { node { id } } } }");
    ck_assert_str_eq(plan->slice->field, "created_at");
    ck_assert_int_eq(plan->slice->rows, 250000);
    ck_assert_str_eq(plan->slice->sort_key, "CREATED_AT");
    ck_assert_str_eq(plan->slice->time_field, "createdAt");
    build_or_abort("{ products { edges { node { id } } } }");
    ck_assert_ptr_null(plan->incremental);
    ck_assert_ptr_null(plan->slice);
}

END_TEST

static void
ck_deletes(const char *query, enum plan_deletes given, enum plan_deletes want,
           bool marks)
{
    build_or_abort(query);
    plan_default_deletes(plan, given);
    ck_assert_int_eq(plan->deletes, want);
    ck_assert_int_eq(plan->tables[0].marks_deleted, marks);
}

/* The mode in bulkpg.ini is only for queries that do not set one. */
START_TEST(a_querys_own_mode_wins)
{
    ck_deletes("{ products { edges { node { id } } } }", PLAN_DELETES_SOFT,
               PLAN_DELETES_SOFT, true);
    ck_deletes("query @deletes(all: true) { products { edges { node { id } } } "
               "}",
               PLAN_DELETES_SOFT, PLAN_DELETES_SOFT, true);
    ck_assert(plan->may_shrink);
    ck_deletes("query @deletes(mode: null) { products { edges { node { id } } "
               "} }",
               PLAN_DELETES_KEEP, PLAN_DELETES_KEEP, false);
    ck_deletes("query @deletes(mode: HARD) { products { edges { node { id } } "
               "} }",
               PLAN_DELETES_SOFT, PLAN_DELETES_HARD, false);
    ck_deletes("query @deletes(mode: SOFT, all: false) { products { edges { "
               "node { id } } } }",
               PLAN_DELETES_KEEP, PLAN_DELETES_SOFT, true);
    ck_assert(!plan->may_shrink);
}

END_TEST

/* The filters of some roots compare days, or times in the store's zone. */
START_TEST(coarse_filters_overlap_by_a_day_and_a_half)
{
    build_or_abort("query @incremental(overlap: \"1h\") { customers { edges { "
                   "node { id } } } }");
    ck_assert_int_eq(plan->incremental->overlap_ms, INT64_C(36) * 3600 * 1000);
}

END_TEST

static const char *
hash_of(const char *query)
{
    build_or_abort(query);
    ck_assert_uint_eq(strlen(plan->hash), 32);
    return plan->hash;
}

/* Windows of another field do not find the same rows. */
START_TEST(the_hash_changes_with_the_field_of_windows)
{
    const char *usual =
        hash_of("query @incremental { products { edges { node { id } } } }");

    ck_assert_str_eq(hash_of("query @incremental(field: \"updated_at\", "
                             "overlap: \"1h\") { products { edges { node { "
                             "id } } } }"),
                     usual);
    ck_assert_str_ne(hash_of("query @incremental(field: \"created_at\") { "
                             "products { edges { node { id } } } }"),
                     usual);
}

END_TEST

START_TEST(a_mask_decides_on_the_type_of_the_column)
{
    static const struct {
        const char *how;
        enum plan_type type;
    } masks[] = {{"", PLAN_TIMESTAMPTZ},
                 {"@mask(how: HASH)", PLAN_TEXT},
                 {"@mask(how: NULL)", PLAN_TIMESTAMPTZ},
                 {"@mask(how: NULL) @column(type: \"text\")", PLAN_TEXT},
                 {"@mask(how: YEAR)", PLAN_INTEGER},
                 {"@mask(how: YEAR) @column(type: \"integer\")", PLAN_INTEGER}};

    const char *hash = "";

    for (int i = 0; i < COUNT(masks); i++) {
        build_or_abort(
            arena_printf(&types.arena,
                         "{ products { edges { node { title createdAt %s tags "
                         "@mask(how: NULL) } } } }",
                         masks[i].how));
        ck_assert_int_eq(plan_column_type(&plan->tables[0].columns[2]),
                         masks[i].type);
        ck_assert_int_eq(plan_column_type(&plan->tables[0].columns[3]),
                         PLAN_JSONB);
        ck_assert_ptr_null(strstr(plan->document, "@"));
        if (i < 4)
            ck_assert_str_ne(plan->hash, hash);
        hash = plan->hash;
    }
    ck_assert_ptr_eq(mask_first(plan), &plan->tables[0].columns[2]);
    ck_assert_ptr_null(mask_first_hash(plan));
}

END_TEST

/* Different arguments make different fields, and so do different objects. */
START_TEST(a_field_may_be_masked_in_two_ways_and_others_not)
{
    build_or_abort(
        "{ products { edges { node { title @mask(how: HASH) domain: title "
        "@mask(how: DOMAIN) seo { title } metafield(namespace: \"a\", key: "
        "\"b\") { value @mask(how: HASH) } more: metafield(key: \"c\", "
        "namespace: \"a\") { value } } } } }");
    ck_assert_int_eq(plan->tables[0].columns[1].mask, PLAN_MASK_HASH);
    ck_assert_int_eq(plan->tables[0].columns[2].mask, PLAN_MASK_DOMAIN);
}

END_TEST

START_TEST(the_key_of_hashes_changes_the_hash_of_the_plan)
{
    const char *without =
        hash_of("{ products { edges { node { title @mask(how: HASH) handle } } "
                "} }");
    const char *with;

    mask_set_key(plan, "0123456789abcdef");
    with = plan->hash;
    ck_assert_str_ne(with, without);
    ck_assert_str_eq(plan->tables[0].columns[1].mask_key, "0123456789abcdef");
    ck_assert_ptr_null(plan->tables[0].columns[2].mask_key);
    ck_assert_str_eq(hash_of("{ products { edges { node { title @mask(how: "
                             "HASH) handle } } } }"),
                     without);
    mask_set_key(plan, "0123456789abcdee");
    ck_assert_str_ne(plan->hash, with);
}

END_TEST

/* Rows that an incremental run does not fetch would have no position. */
START_TEST(the_hash_changes_with_a_position)
{
    const char *without = hash_of(
        "{ products { edges { node { id media { edges { node { id } } } } } "
        "} }");

    ck_assert_str_ne(hash_of("{ products { edges { node { id media @position { "
                             "edges { node { id } } } } } } }"),
                     without);
    ck_assert_str_eq(plan->tables[1].columns[0].name, "id");
    ck_assert_ptr_null(strstr(plan->document, "@"));
    /* @position counts in any fragment. */
    build_or_abort("{ products { edges { node { id ...A ...B } } } } fragment "
                   "A on Product { media { edges { node { id } } } } fragment "
                   "B on Product { media @position { edges { node { id } } } "
                   "}");
    ck_assert(plan->tables[1].has_position);
    build_or_abort("{ ...A ...B } fragment A on QueryRoot { products { edges { "
                   "node { id } } } } fragment B on QueryRoot { products "
                   "@position { edges { node { id } } } }");
    ck_assert(plan->tables[0].has_position);
}

END_TEST

/* Changing @deletes or @incremental is not a reason to fetch everything. */
START_TEST(the_hash_does_not_depend_on_upkeep)
{
    const char *before;

    build_or_abort("{ products { edges { node { id } } } }");
    before = plan->hash;
    build_or_abort("query @incremental @deletes(mode: SOFT) { products { edges "
                   "{ node { id } } } }");
    ck_assert_str_eq(plan->hash, before);
}

END_TEST

START_TEST(a_document_that_is_too_large_is_refused)
{
    struct buf text = buf_with_ceiling(1024 * 1024);

    buf_append_str(&text, "{ products { edges { node {");
    for (int i = 0; i < 1400; i++)
        buf_printf(&text, " a_rather_long_alias_of_a_title_%04d: title", i);
    buf_append_str(&text, " } } } }");
    ck_assert(!build(arena_strdup(&types.arena, buf_str(&text))));
    ck_assert_str_eq(
        err.message,
        "q:1:1: the query is too large: Shopify accepts at most 65,535 bytes, "
        "including those that bulkpg adds");
    buf_free(&text);
}

END_TEST

START_TEST(a_window_may_use_a_filter_that_is_allowed)
{
    build_or_abort("query @filter(allow: \"changed_at\") @incremental(field: "
                   "\"changed_at\") { products { edges { node { id } } } }");
    ck_assert_str_eq(plan->incremental->field, "changed_at");
    ck_assert_ptr_null(strchr(plan->document, '@'));
}

END_TEST

/* A document with very many fields and long paths: the memory of the plan is
 * limited. */
START_TEST(a_plan_stays_small_for_any_document)
{
    struct buf text = buf_with_ceiling(1024 * 1024);
    char alias[301];

    memset(alias, 'x', 300);
    alias[300] = '\0';
    buf_printf(&text,
               "{ products { edges { node { id p%s%s%s%s: "
               "priceRangeV2 { minVariantPrice { amount } } } } } }",
               alias, alias, alias, alias);
    ck_assert(!build(arena_strdup(&types.arena, buf_str(&text))));
    ck_assert_ptr_nonnull(strstr(err.message, "longer than 1000 bytes"));
    buf_clear(&text);
    buf_append_str(&text, "{ products { edges { node { id ...F ...F ...F ...F "
                          "...F ...F } } } } fragment F on Product {");
    for (int i = 0; i < 1490; i++)
        buf_printf(&text, " a%d: title", i);
    buf_append_str(&text, " }");
    ck_assert(!build(arena_strdup(&types.arena, buf_str(&text))));
    ck_assert_ptr_nonnull(strstr(err.message, "65,535 bytes"));
    ck_assert_uint_lt(arena_held_bytes(&types.arena), 16 * 1024 * 1024);
    buf_free(&text);
}

END_TEST

/* ---- counts of rows ------------------------------------------------------ */

#define COUNT_FIELDS " { count precision } "

static const struct {
    const char *query;
    const char *document;
    const char *staged; /* "table columns;": the columns of staging only */
} counted[] = {
    /* below a root, and one level deeper */
    {"{ products { edges { node { title variants { edges { node { sku "
     "sellingPlanGroups { edges { node { name } } } } } } } } } }",
     "{ products { edges { node { id title variants { edges { node { id "
     "__typename sku sellingPlanGroups { edges { node { id __typename name "
     "} } } bulkpg_c3: sellingPlanGroupsCount" COUNT_FIELDS
     "bulkpg_u: updatedAt } } } bulkpg_c2: variantsCount" COUNT_FIELDS
     "bulkpg_u: updatedAt } } } }",
     "products _count_2; products_variants _count_3;"},
    /* several connections of one parent ask for its updatedAt once, or use the
     * one of the query */
    {"{ products { edges { node { id variants(first: 2) { edges "
     "{ node { id } } } media { edges { node { alt } } } } } } }",
     "{ products { edges { node { id variants(first: 2) { edges "
     "{ node { __typename id } } } bulkpg_c2: variantsCount" COUNT_FIELDS
     "bulkpg_u: updatedAt media { edges { node { id __typename alt } } } "
     "bulkpg_c3: mediaCount" COUNT_FIELDS "} } } }",
     "products _count_2 _count_3;"},
    {"{ products { edges { node { updatedAt variants { edges { node { id } } } "
     "} } } }",
     "{ products { edges { node { id updatedAt variants { edges { node { id } "
     "} } bulkpg_c2: variantsCount" COUNT_FIELDS "} } } }",
     "products _count_2;"},
    /* fields of the query with similar names are not used */
    {"{ products { edges { node { v: variants { edges { node { id } } } "
     "updatedAt: createdAt variantsCount { count } } } } }",
     "{ products { edges { node { id v: variants { edges { node { id } } } "
     "bulkpg_c2: variantsCount" COUNT_FIELDS
     "bulkpg_u: updatedAt updatedAt: createdAt variantsCount { count } } } } "
     "}",
     "products _count_2;"},
    /* selected twice in one place, and in a fragment */
    {"{ products { edges { node { variants { edges { node { id } } } variants "
     "{ edges { node { sku } } } ... { variants { edges { node { price } } } } "
     "} } } }",
     "{ products { edges { node { id variants { edges { node { id } } } "
     "bulkpg_c2: variantsCount" COUNT_FIELDS
     "bulkpg_u: updatedAt variants { edges { node { id sku } } } ... { "
     "variants { edges { node { id price } } } bulkpg_c2: "
     "variantsCount" COUNT_FIELDS "bulkpg_u: updatedAt } } } } }",
     "products _count_2;"},
    /* not counted: an argument, a type without count, a skipped table */
    {"{ products { edges { node { variants(reverse: false) { edges { node { id "
     "} } } metafields { edges { node { key } } } } } } }",
     "{ products { edges { node { id variants(reverse: false) { edges { node { "
     "__typename id } } } metafields { edges { node { id __typename key } } } "
     "} } } }",
     ""},
    {"{ products { edges { node { variants @table(skip: true) { edges { node { "
     "metafields { edges { node { key } } } } } } } } } }",
     "{ products { edges { node { id variants { edges { node { id __typename "
     "metafields { edges { node { id __typename key } } } } } } } } } }",
     ""},
    /* the parent is skipped, or has another key: its staging has the id */
    {"{ products @table(skip: true) { edges { node { variants { edges { node { "
     "id } } } } } } }",
     "{ products { edges { node { id variants { edges { node { id } } } "
     "bulkpg_c2: variantsCount" COUNT_FIELDS "bulkpg_u: updatedAt } } } }",
     "products _count_2 _id;"},
    {"{ products @table(key: [\"handle\"]) { edges { node { handle variants { "
     "edges { node { id } } } } } } }",
     "{ products { edges { node { id handle variants { edges { node { id } } } "
     "bulkpg_c2: variantsCount" COUNT_FIELDS "bulkpg_u: updatedAt } } } }",
     "products _count_2 _id;"},
    /* in an object without updatedAt */
    {"{ orders { edges { node { customerJourneySummary { moments { edges { "
     "node { occurredAt } } } } } } } }",
     "{ orders { edges { node { id customerJourneySummary { moments { edges { "
     "node { __typename occurredAt } } } bulkpg_c2: momentsCount" COUNT_FIELDS
     "} } } } }",
     "orders _count_2;"},
    /* of a union: in the fragments on its types */
    {"{ discountNodes { edges { node { discount { ... on DiscountCodeBasic { "
     "updatedAt codes { edges { node { code } } } } ... on DiscountCodeApp { "
     "codes { edges { node { code } } } } } } } } }",
     "{ discountNodes { edges { node { id discount { ... on DiscountCodeBasic "
     "{ updatedAt codes { edges { node { id code } } } bulkpg_c2: "
     "codesCount" COUNT_FIELDS "} ... on DiscountCodeApp { codes { edges { "
     "node { id code } } } bulkpg_c2: codesCount" COUNT_FIELDS
     "bulkpg_u: updatedAt } } } } } }",
     "discount_nodes _count_2;"},
    /* in a fragment on an interface without updatedAt, or without count */
    {"{ products { edges { node { ... on Publishable { resourcePublications { "
     "edges { node { publishDate } } } } } } } }",
     "{ products { edges { node { id ... on Publishable { resourcePublications "
     "{ edges { node { publishDate } } } bulkpg_c2: "
     "resourcePublicationsCount" COUNT_FIELDS "} } } } }",
     "products _count_2;"},
    {"{ products { edges { node { ... on HasMetafields { metafields { edges { "
     "node { key } } } } } } } }",
     "{ products { edges { node { id ... on HasMetafields { metafields { edges "
     "{ node { id key } } } } } } } }",
     ""},
};

/* "table columns;" for each table: columns of staging only, except _line. */
static const char *
described_staging(void)
{
    struct buf text = buf_with_ceiling(64 * 1024);
    const char *copy;

    for (int i = 0; i < plan->table_count; i++) {
        const struct plan_table *table = &plan->tables[i];
        struct layout_column *columns = arena_array(
            &types.arena, (size_t)table->column_count + LAYOUT_OWN_MAX,
            sizeof(*columns));
        int count = layout_columns(table, columns);
        size_t before = text.length;

        for (int c = 1; c < count; c++)
            if (!columns[c].in_table)
                buf_printf(&text, " %s", columns[c].name);
        if (text.length == before)
            continue;
        copy = arena_strdup(&types.arena, buf_str(&text) + before);
        text.length = before;
        buf_printf(&text, "%s%s%s;", before > 0 ? " " : "", table->name, copy);
    }
    copy = arena_strdup(&types.arena, buf_str(&text));
    buf_free(&text);
    return copy;
}

START_TEST(the_document_asks_for_counts_of_rows)
{
    check_document(counted[_i].query, counted[_i].document);
    ck_assert_str_eq(described_staging(), counted[_i].staged);
    types_check(&types, plan->document);
}

END_TEST

START_TEST(added_fields_are_not_columns)
{
    build_or_abort(counted[0].query);
    ck_assert_str_eq(
        described(),
        "products root Product: id bigint*(n), title text\n"
        "products_variants connection ProductVariant < products: _parent_id "
        "bigint*, id bigint*(n), sku text\n"
        "products_variants_selling_plan_groups connection SellingPlanGroup < "
        "products_variants: _parent_id bigint*, id bigint*(n), name text\n");
}

END_TEST

START_TEST(tables_know_the_slots_of_their_counts)
{
    const struct plan_table *products, *variants;

    build_or_abort(counted[2].query);
    products = &plan->tables[0];
    variants = &plan->tables[1];
    ck_assert_int_eq(products->counted_count, 1);
    ck_assert_ptr_eq(products->counted[0], variants);
    ck_assert_str_eq(key_at(products->shape, variants->count->count_slot),
                     "count");
    ck_assert_str_eq(key_at(products->shape, variants->count->precision_slot),
                     "precision");
    ck_assert_str_eq(key_at(products->shape, variants->count->own_updated_slot),
                     "updatedAt");
    ck_assert_int_eq(variants->count->updated_slot, -1);
    ck_assert_ptr_null(products->count);
    ck_assert_int_eq(products->key_slot_count, 3); /* id, updatedAt, count */
}

END_TEST

/* ---- the hash ----------------------------------------------------------- */

static const char hashed[] =
    "{ products { edges { node { title variants { edges { node { sku } } } } } "
    "} }";

/* Queries that have the same meaning. */
static const char *const same_hash[] = {
    "{ products { edges { node { title variants { edges { node { sku } } } } } "
    "} } # a comment",
    "{\n  products {\n    edges { cursor node { title variants { edges { "
    "node { sku } } } } }\n    pageInfo { hasNextPage }\n  }\n}\n",
    "{ ...R } fragment R on QueryRoot { products { edges { node { title "
    "variants { edges { node { sku } } } } } } }",
};

START_TEST(the_hash_does_not_depend_on_how_a_query_is_written)
{
    const char *hash = hash_of(hashed);

    ck_assert_str_eq(hash_of(hashed), hash);
    ck_assert_str_eq(hash_of(same_hash[_i]), hash);
}

END_TEST

static const char *const other_hash[] = {
    "{ products { edges { node { handle variants { edges { node { sku } } } } "
    "} } }",
    "{ products { edges { node { title vendor variants { edges { node { sku } "
    "} } } } } }",
    "{ products { edges { node { title variants { edges { node { sku title } } "
    "} } } } }",
    "{ products(query: \"status:active\") { edges { node { title variants { "
    "edges { node { sku } } } } } } }",
    "{ products { edges { node { title variants(first: 3) { edges { node { sku "
    "} } } } } } }",
    "{ p: products { edges { node { title variants { edges { node { sku } } } "
    "} } } }",
    /* the same document, other tables */
    "{ products @table(name: \"goods\") { edges { node { title variants { "
    "edges { node { sku } } } } } } }",
    "{ products { edges { node { title @column(name: \"t\") variants { edges { "
    "node { sku } } } } } } }",
    "{ products { edges { node { title @column(type: \"jsonb\") variants { "
    "edges { node { sku } } } } } } }",
    "{ products { edges { node { title variants @table(skip: true) { edges { "
    "node { sku } } } } } } }",
    "{ products { edges { node { title variants @table(parent: \"p\") { edges "
    "{ node { sku } } } } } } }",
    "{ products { edges { node { title variants @table(key: [\"sku\"]) { edges "
    "{ node { sku } } } } } } }",
};

START_TEST(the_hash_changes_with_the_query)
{
    const char *hash = hash_of(hashed);

    ck_assert_str_ne(hash_of(other_hash[_i]), hash);
}

END_TEST

START_TEST(the_hash_does_not_depend_on_widening)
{
    const char *hash = hash_of(hashed);

    plan->tables[0].id_gid->whole = true;
    ck_assert_int_eq(plan_column_type(&plan->tables[0].columns[0]), PLAN_TEXT);
    ck_assert_str_eq(hash_of(hashed), hash);
    ck_assert_int_eq(plan_column_type(&plan->tables[0].columns[0]),
                     PLAN_BIGINT);
}

END_TEST

/* ---- ids that widen together -------------------------------------------- */

START_TEST(an_id_and_its_childrens_parent_ids_are_one_domain)
{
    build_or_abort("{ products { edges { node { id n: id options @table { name "
                   "} variants { edges { node { id product { id } metafields { "
                   "edges { node { key } } } } } } } } } }");
    ck_assert_ptr_eq(plan->tables[0].columns[0].gid, plan->tables[0].id_gid);
    ck_assert_ptr_eq(plan->tables[0].columns[1].gid, plan->tables[0].id_gid);
    ck_assert_ptr_eq(plan->tables[1].parent_gid, plan->tables[0].id_gid);
    ck_assert_ptr_eq(plan->tables[2].parent_gid, plan->tables[0].id_gid);
    ck_assert_ptr_ne(plan->tables[2].columns[1].gid, plan->tables[0].id_gid);
    ck_assert_ptr_eq(plan->tables[3].parent_gid, plan->tables[2].id_gid);
}

END_TEST

/* ---- slots -------------------------------------------------------------- */

START_TEST(tables_know_the_slots_of_their_values)
{
    const struct plan_table *products, *options, *variants;

    build_or_abort("{ products { edges { node { theTitle: title seo { title } "
                   "options @table { name } variants { edges { node { sku } } "
                   "} v: variants { edges { node { price } } } } } } }");
    products = &plan->tables[0];
    options = &plan->tables[1];
    variants = &plan->tables[2];
    ck_assert_str_eq(key_at(plan->line_shape, plan->parent_id_slot),
                     "__parentId");
    ck_assert_str_eq(key_at(plan->line_shape, plan->id_slot), "id");
    ck_assert_str_eq(key_at(plan->line_shape, plan->typename_slot),
                     "__typename");
    ck_assert_str_eq(key_at(products->shape, products->columns[1].slot),
                     "theTitle");
    ck_assert_str_eq(key_at(products->shape, products->columns[2].slot),
                     "title");
    ck_assert_str_eq(key_at(products->shape, options->list_slot), "options");
    ck_assert_str_eq(key_at(options->shape, options->columns[1].slot), "name");
    ck_assert_ptr_ne(options->shape, plan->line_shape);
    ck_assert_str_eq(key_at(variants->shape, variants->tag_slot), "bulkpg_t2");
    ck_assert_int_eq(variants->key_slot_count, 2); /* id, sku */
    ck_assert_int_eq(products->key_slot_count, 4); /* with seo, options */
    ck_assert_int_eq(products->tag_slot, -1);
}

END_TEST

/* ---- errors -------------------------------------------------------------- */

#define NODE(selections) "{ products { edges { node {\n" selections "\n} } } }"

static const struct {
    const char *query;
    const char *message;
    const char *hint;
} faults[] = {
    /* two columns of one name */
    {NODE("seoTitle: title seo { title }"),
     "2:23: \"seoTitle\" and \"seo.title\" both give column \"seo_title\" of "
     "table \"products\"",
     "write: title @column(name: \"seo_title_2\")"},
    {NODE("seo { title } seoTitle: title"),
     "2:15: \"seo.title\" and \"seoTitle\" both give column \"seo_title\" of "
     "table \"products\"",
     "write: seoTitle @column(name: \"seo_title_2\")"},
    {NODE("title handle @column(name: \"title\")"),
     "2:7: \"title\" and \"handle\" both give column \"title\" of table "
     "\"products\"",
     "write: handle @column(name: \"title_2\")"},
    {NODE("__typename typename: title"),
     "2:12: \"__typename\" and \"typename\" both give column \"typename\" of "
     "table \"products\"",
     "write: typename @column(name: \"typename_2\")"},
    {NODE("title handle @column(name: \"id\")"),
     "2:7: \"handle\" gives column \"id\" of table \"products\", which is its "
     "key",
     "write: handle @column(name: \"id_2\")"},
    {NODE("variants @table(parent: \"product_id\") { edges { node { product { "
          "id } } } }"),
     "2:66: \"product.id\" gives column \"product_id\" of table "
     "\"products_variants\", which @table(parent:) uses for the id of the "
     "parent",
     "write: id @column(name: \"product_id_2\")"},
    {NODE("... on Product { title } title @column(name: \"t\")"),
     "2:26: \"title\" was already selected with another name or type; write "
     "its @column there",
     ""},
    /* two tables of one name */
    {NODE("variants { edges { node { media { edges { node { alt } } } } } } "
          "variantsMedia: media { edges { node { alt } } }"),
     "2:66: \"products.variants.media\" and \"products.variantsMedia\" both "
     "give table \"products_variants_media\"",
     "write: @table(name: \"products_variants_media_2\")"},
    {NODE("media @table(name: \"products\") { edges { node { alt } } }"),
     "2:1: \"products\" and \"products.media\" both give table \"products\"",
     "write: @table(name: \"products_2\")"},
    {NODE("aNameThatIsSoLongThatNoIdentifierCouldEverHoldAllOfIt: media { "
          "edges { node { alt } } } "
          "a_name_that_is_so_long_that_no_identifier_could_ever_hold_all_of_it:"
          " variants { edges { node { sku } } }"),
     "2:89: \"products.aNameThatIsSoLongThatNoIdentifierCouldEverHoldAllOfIt\""
     " and \"products.a_name_that_is_so_long_that_no_identifier_could_ever_"
     "hold_all_of_it\" both give table "
     "\"products_a_name_that_is_so_long_that_no_identifier_cou_c8b40fcd\"",
     "write: @table(name: \"products_a_name_that_is_so_long_that_no_identifier"
     "_2\")"},
    /* reserved names, and names that are too long */
    {NODE("_x: title"),
     "2:1: \"_x\" gives the name \"_x\", which begins with \"_\", which is "
     "reserved for bulkpg's own columns",
     "write: _x @column(name: \"x\")"},
    {NODE("_v: variants { edges { node { id } } }"),
     "2:1: \"products._v\" begins with \"_\", which is reserved for bulkpg's "
     "own columns",
     "write: _v @table(name: \"v\")"},
    {NODE("__parentId: title"),
     "2:1: \"__parentId\" begins with \"__\", which is reserved for GraphQL; "
     "give it another alias",
     ""},
    {NODE("title @column(name: \"_hash\")"),
     "2:7: the name \"_hash\" begins with \"_\", which is reserved for "
     "bulkpg's own columns",
     ""},
    {NODE("variants @table(name: \"_v\") { edges { node { id } } }"),
     "2:10: the name \"_v\" begins with \"_\", which is reserved for bulkpg's "
     "own columns",
     ""},
    {NODE("variants @table(parent: \"_ordinal\") { edges { node { id } } }"),
     "2:10: the name \"_ordinal\" begins with \"_\", which is reserved for "
     "bulkpg's own columns",
     ""},
    {NODE("bulkpg_t2: title"),
     "2:1: \"bulkpg_t2\" begins with \"bulkpg_\", which is reserved for "
     "bulkpg's own aliases; give it another alias",
     ""},
    {NODE("xmin: title"),
     "2:1: \"xmin\" gives the name \"xmin\", which is a system column of "
     "PostgreSQL",
     "write: xmin @column(name: \"xmin_\")"},
    {NODE("title @column(name: \"tableoid\")"),
     "2:7: the name \"tableoid\" is a system column of PostgreSQL", ""},
    {NODE("title @column(name: "
          "\"a123456789b123456789c123456789d123456789e123456789f123456789g123"
          "\")"),
     "2:7: the name "
     "\"a123456789b123456789c123456789d123456789e123456789f123456789g123\" is "
     "longer than PostgreSQL's limit of 63 bytes",
     ""},
    {NODE("variants @table(name: "
          "\"a123456789b123456789c123456789d123456789e123456789f123456789g123"
          "\") { edges { node { id } } }"),
     "2:10: the name "
     "\"a123456789b123456789c123456789d123456789e123456789f123456789g123\" is "
     "longer than PostgreSQL's limit of 63 bytes",
     ""},
    {NODE("id: title"),
     "2:1: the response key \"id\" of a row must be its id, not title", ""},
    /* directives */
    {NODE("title @column(nam: \"t\")"), "2:15: @column has no argument \"nam\"",
     ""},
    {NODE("title @column(name: 5)"),
     "2:21: name of @column must be a string that is not empty", ""},
    {NODE("title @column(name: \"\")"),
     "2:21: name of @column must be a string that is not empty", ""},
    {NODE("title @column(type: \"varchar\")"),
     "2:7: @column does not know the type \"varchar\"; types are text, bigint, "
     "integer, numeric, double precision, boolean, timestamptz, date, jsonb, "
     "uuid, inet, cidr, macaddr",
     ""},
    {NODE("id @column(type: \"numeric\")"),
     "2:4: the id of a row must be text or bigint, not numeric", ""},
    {NODE("title @index(name: \"i\")"), "2:14: @index has no argument \"name\"",
     ""},
    {NODE("title @table"),
     "2:1: @table belongs on connections and lists of objects; \"title\" is "
     "neither",
     ""},
    {NODE("tags @table"),
     "2:1: @table belongs on connections and lists of objects; \"tags\" is "
     "neither",
     ""},
    {NODE("title @json"),
     "2:1: @json belongs on objects; \"title\" is not an object", ""},
    {NODE("seo @table { title }"),
     "2:5: @table does not belong on the object \"seo\", whose fields are "
     "columns; @json keeps it whole",
     ""},
    {NODE("seo @column(name: \"s\") { title }"),
     "2:5: @column does not belong on the object \"seo\", whose fields are "
     "columns; @json keeps it whole",
     ""},
    {NODE("variants @json { edges { node { id } } }"),
     "2:10: @json does not belong on the connection \"variants\", which is a "
     "table",
     ""},
    {NODE("variants @index { edges { node { id } } }"),
     "2:10: @index does not belong on the connection \"variants\", which is a "
     "table",
     ""},
    {NODE("options @table @column(name: \"o\") { name }"),
     "2:16: @column does not belong on the list \"options\", which is a table",
     ""},
    {NODE("options { optionValues @table { name } }"),
     "2:24: @table does not belong on the field \"optionValues\", which is "
     "part of a value kept whole",
     ""},
    {NODE("seo @json { title @index }"),
     "2:19: @index does not belong on the field \"title\", which is part of a "
     "value kept whole",
     ""},
    {NODE("variants { edges { node { product @json { id media { edges { node { "
          "id } } } } } } }"),
     "2:46: the connection \"media\" cannot be inside an object that is "
     "stored as one JSON value (@json)",
     ""},
    {NODE("variants @table(nam: \"v\") { edges { node { id } } }"),
     "2:17: @table has no argument \"nam\"", ""},
    {NODE("variants @table(skip: 1) { edges { node { id } } }"),
     "2:23: skip of @table must be true or false", ""},
    {NODE("variants @table(key: \"sku\") { edges { node { sku } } }"),
     "2:22: key of @table must be a list of column names", ""},
    {NODE("variants @table(key: []) { edges { node { sku } } }"),
     "2:22: key of @table must be a list of column names", ""},
    {NODE("variants @table(key: [\"skoo\"]) { edges { node { sku } } }"),
     "2:23: key of @table: table \"products_variants\" has no column "
     "\"skoo\"",
     ""},
    {NODE("variants @table(key: [5]) { edges { node { sku } } }"),
     "2:23: key of @table: table \"products_variants\" has no column \"5\"",
     ""},
    {NODE("variants @table(key: [\"selected_options\"]) { edges { node { "
          "selectedOptions { name } } } }"),
     "2:23: column \"selected_options\" is jsonb and cannot be a key", ""},
    {"{ products @table(parent: \"p\") { edges { node { id } } } }",
     "1:12: the root's table has no parent, so @table cannot have parent:", ""},
    /* @mask */
    {NODE("title @mask"), "2:7: @mask needs how: HASH, NULL, DOMAIN or YEAR",
     ""},
    {NODE("title @mask(how: \"HASH\")"),
     "2:18: @mask needs how: HASH, NULL, DOMAIN or YEAR", ""},
    {NODE("title @mask(how: null)"),
     "2:18: @mask needs how: HASH, NULL, DOMAIN or YEAR", ""},
    {NODE("title @mask(how: HASH, key: 1)"),
     "2:24: @mask has no argument \"key\"", ""},
    {NODE("id @mask(how: NULL)"),
     "2:4: \"id\" cannot have @mask: it is the id of its rows", ""},
    {NODE("number: id @mask(how: HASH)"),
     "2:12: \"number\" cannot have @mask: it is the id of its rows", ""},
    {NODE("__typename @mask(how: HASH)"),
     "2:12: @mask belongs on a field with a single value; this one is the name "
     "of a type",
     ""},
    {NODE("tags @mask(how: HASH)"),
     "2:6: @mask(how: HASH) on \"tags\" does not take lists or JSON", ""},
    {NODE("totalInventory @mask(how: DOMAIN)"),
     "2:16: @mask(how: DOMAIN) on \"totalInventory\" does not take values that "
     "are not strings",
     ""},
    {NODE("totalInventory @mask(how: YEAR)"),
     "2:16: @mask(how: YEAR) on \"totalInventory\" does not take values that "
     "are not dates",
     ""},
    {NODE("title @column(type: \"jsonb\") @mask(how: HASH)"),
     "2:7: @mask(how: HASH) makes \"title\" a column of type text", ""},
    {NODE("seo @mask(how: NULL) { title }"),
     "2:5: @mask does not belong on the object \"seo\", whose fields are "
     "columns; @json keeps it whole",
     ""},
    {NODE("seo @json @mask(how: NULL) { title }"),
     "2:11: @mask belongs on a field with a single value; this one is kept "
     "whole",
     ""},
    {NODE("seo @json { title @mask(how: HASH) }"),
     "2:19: @mask does not belong on the field \"title\", which is part of a "
     "value kept whole",
     ""},
    {NODE("options { name @mask(how: HASH) }"),
     "2:16: @mask does not belong on the field \"name\", which is part of a "
     "value kept whole",
     ""},
    {NODE("variants @mask(how: NULL) { edges { node { id } } }"),
     "2:10: @mask does not belong on the connection \"variants\", which is a "
     "table",
     ""},
    {NODE("variants @table(key: [\"sku\"]) { edges { node { sku @mask(how: "
          "HASH) } } }"),
     "2:52: \"sku\" cannot have @mask: it is in the key of table "
     "\"products_variants\"",
     ""},
    {NODE("title @mask(how: HASH) again: title"),
     "2:24: \"title\" is selected without @mask here, and with @mask in line "
     "2",
     "mask it in both places, or in none; an alias and @json do not make it "
     "another field"},
    {NODE("again: title title @mask(how: HASH)"),
     "2:1: \"title\" is selected without @mask here, and with @mask in line 2",
     "mask it in both places, or in none; an alias and @json do not make it "
     "another field"},
    {NODE("title @mask(how: HASH) ... { title }"),
     "2:30: \"title\" was already selected with another @mask, or without one",
     ""},
    {NODE("title @mask(how: HASH) ... { title @mask(how: NULL) }"),
     "2:30: \"title\" was already selected with another @mask, or without one",
     ""},
    {NODE("seo { title @mask(how: HASH) } other: seo { name: title }"),
     "2:45: \"title\" is selected without @mask here, and with @mask in line "
     "2",
     "mask it in both places, or in none; an alias and @json do not make it "
     "another field"},
    {NODE("seo { title @mask(how: HASH) } other: seo @json { title }"),
     "2:51: \"title\" is selected without @mask here, and with @mask in line "
     "2",
     "mask it in both places, or in none; an alias and @json do not make it "
     "another field"},
    {NODE(
         "variants(first: 1) { edges { node { sku @mask(how: HASH) } } } more: "
         "variants(first: 2) { edges { node { sku } } }"),
     "2:106: \"sku\" is selected without @mask here, and with @mask in line 2",
     "mask it in both places, or in none; an alias and @json do not make it "
     "another field"},
    /* @incremental, @slice and @deletes */
    {"query @incremental(field: \"updated\") { products { edges { node { id } } "
     "} }",
     "1:7: \"products\" has no filter \"updated\" that a window could use",
     "name one of the root's filters with field:, or remove the directive"},
    {"query @incremental { products(savedSearchId: \"x\") { edges { node { id "
     "} } } }",
     "1:31: savedSearchId cannot be used together with @incremental or @slice: "
     "write the search as \"query\"",
     ""},
    {"query @incremental { products(reverse: true) { edges { node { id } } } }",
     "1:31: \"reverse\" of \"products\" cannot be used together with "
     "@incremental or @slice: a sorted window can lose rows",
     "remove \"reverse\""},
    {"query @slice { products(sortKey: null, reverse: true) { edges { node { id "
     "} } } }",
     "1:40: \"reverse\" of \"products\" cannot be used together with "
     "@incremental or @slice: a sorted window can lose rows",
     "remove \"reverse\""},
    {"query @slice(field: \"a:1 OR b\") { products { edges { node { id } } } }",
     "1:7: \"a:1 OR b\" is not the name of a filter", ""},
    {"query @incremental(overlap: \"5 m\") { products { edges { node { id } } } "
     "}",
     "1:7: overlap of @incremental: \"5 m\" is not a duration: write 500ms, 5s, "
     "5m, 20h or 7d",
     ""},
    {"query @incremental(every: \"5m\") { products { edges { node { id } } } }",
     "1:20: @incremental has no argument \"every\"", ""},
    {"query @incremental { products @table(skip: true) { edges { node { "
     "variants { edges { node { id } } } } } } }",
     "1:22: \"products\" is skipped, so an incremental run could not find "
     "those of its rows that are gone",
     "remove skip or @incremental"},
    {"query @deletes(mode: NEVER) { products { edges { node { id } } } }",
     "1:22: mode of @deletes must be HARD, SOFT or KEEP", ""},
    {"query @deletes(all: 1) { products { edges { node { id } } } }",
     "1:21: all of @deletes must be true or false", ""},
    {"query @deletes(none: true) { products { edges { node { id } } } }",
     "1:16: @deletes has no argument \"none\"", ""},
    {"query @deletes(mode: \"SOFT\") { products { edges { node { id } } } }",
     "1:22: mode of @deletes must be HARD, SOFT or KEEP", ""},
    {"query Q @slice(rows: 0) { products { edges { node { id } } } }",
     "1:22: rows of @slice must be a number above 0", ""},
    {"query Q @slice(field: \"updated_at\") { products { edges { node { id } } "
     "} }",
     "1:9: @slice cannot use updated_at: a row that changes during the run "
     "would be in two windows, or in none",
     "use a time that does not change, such as created_at"},
};

START_TEST(faults_say_what_where_and_what_to_do)
{
    ck_assert(!build(faults[_i].query));
    ck_assert_int_eq(err.kind, ERR_CONFIG);
    ck_assert_str_eq(err.message,
                     arena_printf(&types.arena, "q:%s", faults[_i].message));
    ck_assert_str_eq(faults[_i].hint[0] != '\0' ? err_remedy(&err) : err.hint,
                     faults[_i].hint);
}

END_TEST

static const struct {
    const char *query;
    const char *message;
} made_faults[] = {
    {"{ things { edges { node { ctid } } } }",
     "1:27: \"ctid\" gives the name \"ctid\", which is a system column of "
     "PostgreSQL"},
    {"{ things { edges { node { parts @table { parts @table { name } } } } } }",
     "1:42: @table on parts needs a parent with a field id: ID!; Part has "
     "none"},
    {"{ things { edges { node { grid @table { name } } } } }",
     "1:27: @table belongs on connections and lists of objects; grid is "
     "[[Part]]"},
};

START_TEST(made_faults_say_what_and_where)
{
    ck_assert(!build(made_faults[_i].query));
    ck_assert_str_eq(err.message, arena_printf(&types.arena, "q:%s",
                                               made_faults[_i].message));
}

END_TEST

static void
add_made_tests(Suite *suite)
{
    TCase *tests = tcase_create("made types");

    tcase_add_checked_fixture(tests, setup_made, teardown);
    tcase_add_loop_test(tests, tables_follow_from_the_types, 0,
                        COUNT(made_plans));
    tcase_add_loop_test(tests, made_faults_say_what_and_where, 0,
                        COUNT(made_faults));
    suite_add_tcase(suite, tests);
}

static void
add_count_tests(Suite *suite)
{
    TCase *tests = tcase_create("counts");

    tcase_add_checked_fixture(tests, setup_whole, teardown);
    tcase_add_loop_test(tests, the_document_asks_for_counts_of_rows, 0,
                        COUNT(counted));
    tcase_add_test(tests, added_fields_are_not_columns);
    tcase_add_test(tests, tables_know_the_slots_of_their_counts);
    suite_add_tcase(suite, tests);
}

static void
add_hash_tests(TCase *tests)
{
    tcase_add_loop_test(tests,
                        the_hash_does_not_depend_on_how_a_query_is_written, 0,
                        COUNT(same_hash));
    tcase_add_loop_test(tests, the_hash_changes_with_the_query, 0,
                        COUNT(other_hash));
    tcase_add_test(tests, the_hash_does_not_depend_on_widening);
}

static Suite *
plan_suite(void)
{
    Suite *suite = suite_create("plan");
    TCase *tests = tcase_create("plan");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, tables_follow_from_the_query, 0, COUNT(plans));
    tcase_add_loop_test(tests, the_document_has_the_fields_that_the_tables_need,
                        0, COUNT(documents));
    tcase_add_loop_test(tests, the_document_is_valid, 0, COUNT(plans));
    tcase_add_test(tests, the_root_is_kept_for_the_window);
    tcase_add_loop_test(tests, a_window_joins_the_roots_own_filter, 0,
                        COUNT(windows));
    tcase_add_test(tests, upkeep_has_defaults);
    tcase_add_test(tests, a_querys_own_mode_wins);
    tcase_add_test(tests, coarse_filters_overlap_by_a_day_and_a_half);
    tcase_add_test(tests, the_hash_changes_with_the_field_of_windows);
    tcase_add_test(tests, the_hash_does_not_depend_on_upkeep);
    tcase_add_test(tests, a_mask_decides_on_the_type_of_the_column);
    tcase_add_test(tests, a_field_may_be_masked_in_two_ways_and_others_not);
    tcase_add_test(tests, the_key_of_hashes_changes_the_hash_of_the_plan);
    tcase_add_test(tests, the_hash_changes_with_a_position);
    tcase_add_test(tests, a_document_that_is_too_large_is_refused);
    tcase_add_test(tests, a_window_may_use_a_filter_that_is_allowed);
    tcase_add_test(tests, a_plan_stays_small_for_any_document);
    add_hash_tests(tests);
    tcase_add_test(tests, an_id_and_its_childrens_parent_ids_are_one_domain);
    tcase_add_test(tests, tables_know_the_slots_of_their_values);
    tcase_add_loop_test(tests, faults_say_what_where_and_what_to_do, 0,
                        COUNT(faults));
    suite_add_tcase(suite, tests);
    add_made_tests(suite);
    add_count_tests(suite);
    return suite;
}

int
main(void)
{
    return suite_run(plan_suite());
}
