/* binding: columns are bound to variables, or refused with what to write. */
#include <check.h>

#include "mapping/binding.h"
#include "mapping/mutations.h"

enum { BOOL = 16, INT8 = 20, INT4 = 23, TEXT = 25, JSON = 114, FLOAT8 = 701 };

enum { VARCHAR = 1043, DATE = 1082, TIMESTAMP = 1114, TIMESTAMPTZ = 1184 };

enum { NUMERIC = 1700, UUID = 2950, JSONB = 3802, TEXTS = 1009, INT8S = 1016 };

enum { OWN_TYPE = 99999, JSONBS = 3807, COLUMNS_MAX = 12 };

/* The text of a SELECT whose columns are each on a line of its own. */
static const char *
select_text(const struct binding_column *columns, int count)
{
    const char *text = "-- prices\nSELECT 1\n";

    for (int i = 0; i < count; i++)
        text =
            arena_printf(&types.arena, "%s, x AS %s\n", text, columns[i].name);
    return text;
}

static bool
try_binding(const struct mutation *mutation,
            const struct binding_column *columns,
            const struct binding **binding)
{
    struct binding_source source = {.file = "q.sql"};
    int count = 0;

    while (count < COLUMNS_MAX && columns[count].name != NULL)
        count++;
    source.text = span_str(select_text(columns, count));
    return binding_make(&types.arena, mutation, columns, count, &source,
                        binding, &err);
}

static const struct binding *
bind(const struct mutation *mutation, const struct binding_column *columns)
{
    const struct binding *binding;

    if (!try_binding(mutation, columns, &binding))
        ck_abort_msg("%s", err.message);
    return binding;
}

/* ---- names --------------------------------------------------------------- */

#define PRODUCT "mutation($product: ProductUpdateInput!) " UPDATE_FIELD
#define SET                                                            \
    "mutation($input: ProductSetInput!, $identifier: "                 \
    "ProductSetIdentifiers!) { productSet(input: $input, identifier: " \
    "$identifier) { product { id } } }"
#define QUANTITY                                           \
    "mutation($input: InventoryAdjustQuantitiesInput!) { " \
    "inventoryAdjustQuantities(input: $input) { userErrors { field } } }"

/* `name` leads to `path`; `key` names the row. */
static const struct {
    const char *mutation;
    const char *name;
    uint32_t type;
    const char *path;
} names[] = {
    {PRODUCT, "title", TEXT, "product.title"},
    {PRODUCT, "product_title", TEXT, "product.title"},
    {PRODUCT, "seo_title", TEXT, "product.seo.title"},
    {PRODUCT, "product_seo_title", VARCHAR, "product.seo.title"},
    {PRODUCT, "seo", JSONB, "product.seo"},
    {PRODUCT, "tags", TEXTS, "product.tags"},
    {PRODUCT, "product_type", TEXT, "product.productType"},
    {PRODUCT, "description_html", TEXT, "product.descriptionHtml"},
    {PRODUCT, "metafields", JSONB, "product.metafields"},
    {PRODUCT, "metafields", JSONBS, "product.metafields"},
    {PRODUCT, "collections_to_join", TEXTS, "product.collectionsToJoin"},
    {PRODUCT, "status", OWN_TYPE, "product.status"},
    {PRODUCT, "requires_selling_plan", BOOL, "product.requiresSellingPlan"},
};

START_TEST(a_name_leads_to_a_variable_or_a_field)
{
    struct binding_column columns[COLUMNS_MAX] = {
        {.name = "id", .type = TEXT},
        {.name = names[_i].name, .type = names[_i].type}};
    const struct binding *b = bind(make_mutation(names[_i].mutation), columns);

    ck_assert_int_eq(b->path_count, 2);
    ck_assert_str_eq(b->paths[1].text, names[_i].path);
    ck_assert_int_eq(b->paths[1].column, 1);
    ck_assert_int_eq(b->paths[1].before, -1);
}

END_TEST

START_TEST(a_whole_variable_wins_over_a_field)
{
    struct binding_column columns[COLUMNS_MAX] = {
        {.name = "id", .type = TEXT}, {.name = "tags", .type = JSONB}};
    const struct mutation *m = make_plain_mutation(
        "type Query { a: Int } type Mutation { set(id: ID!, tags: T!): Int } "
        "input T { tags: [String!] id: ID }",
        "mutation($id: ID!, $tags: T!) @push(repeat: SAFE) { set(id: $id, "
        "tags: $tags) }");
    const struct binding *b = bind(m, columns);

    ck_assert_str_eq(b->paths[0].text, "id");
    ck_assert_str_eq(b->paths[1].text, "tags");
}

END_TEST

/* ---- what is refused ----------------------------------------------------- */

static const struct {
    const char *mutation;
    struct binding_column columns[COLUMNS_MAX];
    const char *message, *hint; /* parts of them */
} refused[] = {
    {PRICES,
     {{.name = "product_id", .type = TEXT},
      {.name = "varaints", .type = JSONB}},
     "q.sql:4: column \"varaints\" is neither a variable of the mutation nor a "
     "field of one",
     "write: AS variants"},
    {PRICES,
     {{.name = "x", .type = TEXT}},
     "q.sql:3: column \"x\"",
     "the variables are: product_id, variants"},
    {PRICES,
     {{.name = "product_id", .type = TEXT}},
     "q.sql:2: no column fills $variants, which is required: "
     "[ProductVariantsBulkInput!]!",
     "write: AS variants"},
    {PRICES,
     {{.name = "product_id", .type = TEXT},
      {.name = "variants", .type = JSONB},
      {.name = "variants", .type = JSONB}},
     "the columns \"variants\" and \"variants\" both give $variants",
     "remove one of the two columns"},
    {PRODUCT,
     {{.name = "id", .type = TEXT},
      {.name = "title", .type = TEXT},
      {.name = "product_title", .type = TEXT}},
     "q.sql:5: the columns \"title\" and \"product_title\" both give "
     "$product.title",
     "remove one of the two columns"},
    {PRODUCT,
     {{.name = "id", .type = TEXT},
      {.name = "seo_title", .type = TEXT},
      {.name = "seo", .type = JSONB}},
     "the columns \"seo_title\" and \"seo\" both give $product.seo.title",
     "remove one"},
    {PRODUCT,
     {{.name = "id", .type = TEXT}, {.name = "metafields_key", .type = TEXT}},
     "column \"metafields_key\" is neither",
     "AS "},
    {PRODUCT,
     {{.name = "id", .type = TEXT}, {.name = "seo_titel", .type = TEXT}},
     "column \"seo_titel\" is neither",
     "write: AS seo_title"},
    {PRODUCT,
     {{.name = "id", .type = TEXT}, {.name = "_note", .type = TEXT}},
     "q.sql:4: column \"_note\": names that begin with \"_\" are reserved",
     "write: AS note"},
    {PRODUCT,
     {{.name = "id", .type = TEXT}, {.name = "_before_title", .type = TEXT}},
     "column \"_before_title\" is the value of $product.title before the push, "
     "but no column fills $product.title",
     "write: AS title"},
    {PRODUCT,
     {{.name = "id", .type = TEXT}, {.name = "_before_x", .type = TEXT}},
     "column \"_before_x\" is neither",
     "AS "},
    {PRODUCT,
     {{.name = "id", .type = TEXT},
      {.name = "title", .type = TEXT},
      {.name = "_before_title", .type = TEXT},
      {.name = "_before_product_title", .type = TEXT}},
     "are both the value of $product.title before the push",
     ""},
    /* a required field, below an object that has a column */
    {QUANTITY,
     {{.name = "_key", .type = TEXT}, {.name = "reason", .type = TEXT}},
     "no column fills $input.",
     "write: AS input_"},
    /* keys */
    {QUANTITY,
     {{.name = "input", .type = JSONB}},
     "q.sql:2: nothing names a row",
     "add a column AS _key"},
    {PRODUCT,
     {{.name = "title", .type = TEXT}},
     "nothing names a row",
     "add a column AS _key"},
    {"mutation($product: ProductUpdateInput!) @push(key: \"sku\") " UPDATE_FIELD,
     {{.name = "id", .type = TEXT}},
     "the SELECT has no column \"sku\", which @push(key:) names",
     "write: AS sku"},
    /* types */
    {PRODUCT,
     {{.name = "id", .type = INT8}, {.name = "title", .type = TEXT}},
     "column \"id\" is bigint, but $product.id is ID",
     "write: bulkpg.gid('TYPE', id) AS id"},
    {PRODUCT,
     {{.name = "id", .type = TEXT}, {.name = "title", .type = JSONB}},
     "column \"title\" is jsonb, but $product.title is String",
     "write: title::text AS title"},
    {PRODUCT,
     {{.name = "id", .type = TEXT}, {.name = "tags", .type = TEXT}},
     "column \"tags\" is text, but $product.tags is [String!]",
     "write: ARRAY[tags] AS tags"},
    {PRODUCT,
     {{.name = "id", .type = TEXT}, {.name = "title", .type = TEXTS}},
     "column \"title\" is text[], but $product.title is String",
     "give the column another type"},
    {PRODUCT,
     {{.name = "id", .type = TEXT}, {.name = "seo", .type = TEXT}},
     "column \"seo\" is text, but $product.seo is SEOInput",
     "write: jsonb_build_object('field', ...) AS seo"},
    {PRODUCT,
     {{.name = "id", .type = TEXT}, {.name = "status", .type = INT4}},
     "column \"status\" is integer, but $product.status is ProductStatus",
     "write: status::text AS status"},
    {PRODUCT,
     {{.name = "id", .type = TEXT},
      {.name = "requires_selling_plan", .type = TEXT}},
     "is text, but $product.requiresSellingPlan is Boolean",
     "write: requires_selling_plan::boolean AS requires_selling_plan"},
    {"mutation($id: ID! @gid(type: \"Product\"), $tags: [String!]!) { "
     "tagsAdd(id: $id, tags: $tags) { node { id } } }",
     {{.name = "id", .type = INT8, .gid_type = "Order"},
      {.name = "tags", .type = TEXTS}},
     "column \"id\" has ids of Order, but $id has @gid(type: \"Product\")",
     ""},
};

START_TEST(columns_that_do_not_fit_are_refused)
{
    const struct mutation *m = make_mutation(refused[_i].mutation);
    const struct binding *binding;

    ck_assert(!try_binding(m, refused[_i].columns, &binding));
    ck_assert_msg(strstr(err.message, refused[_i].message) != NULL, "%s",
                  err.message);
    ck_assert_msg(strstr(err.hint, refused[_i].hint) != NULL, "%s: %s",
                  err.message, err.hint);
    ck_assert(err_is(&err, MSG_MUTATION_COLUMN));
    ck_assert_int_eq(err.kind, ERR_CONFIG);
}

END_TEST

START_TEST(a_name_with_two_meanings_is_refused)
{
    struct binding_column columns[COLUMNS_MAX] = {
        {.name = "_key", .type = TEXT}, {.name = "a_b_c", .type = TEXT}};
    const struct mutation *m = make_plain_mutation(
        "type Query { a: Int } type Mutation { set(a: A!, aB: B!): Int } "
        "input A { bC: String } input B { c: String }",
        "mutation($a: A!, $aB: B!) @push(repeat: SAFE) { set(a: $a, aB: $aB) "
        "}");
    const struct binding *binding;

    ck_assert(!try_binding(m, columns, &binding));
    ck_assert_str_eq(err.message,
                     "q.sql:4: column \"a_b_c\" can fill $a.bC or $aB.c");
}

END_TEST

/* ---- types --------------------------------------------------------------- */

#define SCALARS                                                               \
    "type Query { a: Int } scalar DateTime scalar Date scalar JSON scalar "   \
    "Decimal scalar BigInt scalar Odd enum E { A B } input I { a: Int } "     \
    "type Mutation { set(k: ID!, id: ID, s: String, i: Int, f: Float, b: "    \
    "Boolean, t: DateTime, d: Date, j: JSON, n: Decimal, l: BigInt, o: Odd, " \
    "e: E, in: I, ids: [ID!], ins: [I!], ll: [[Int]]): Int }"
#define ALL_SCALARS                                                          \
    "mutation($k: ID!, $id: ID, $s: String, $i: Int, $f: Float, $b: "        \
    "Boolean, $t: DateTime, $d: Date, $j: JSON, $n: Decimal, $l: BigInt, "   \
    "$o: Odd, $e: E, $in: I, $ids: [ID!], $ins: [I!], $ll: [[Int]]) "        \
    "@push(repeat: SAFE) { set(k: $k, id: $id, s: $s, i: $i, f: $f, b: $b, " \
    "t: $t, d: $d, j: $j, n: $n, l: $l, o: $o, e: $e, in: $in, ids: $ids, "  \
    "ins: $ins, ll: $ll) }"

/* Of each variable, the types that it takes. */
static const struct {
    const char *variable;
    uint32_t takes[14];
} fits[] = {
    {"id", {TEXT, VARCHAR, UUID, OWN_TYPE, INT4, INT8, NUMERIC}},
    {"s",
     {TEXT, VARCHAR, UUID, OWN_TYPE, INT4, INT8, NUMERIC, FLOAT8, BOOL, DATE,
      TIMESTAMP, TIMESTAMPTZ}},
    {"i", {INT4, INT8, NUMERIC}},
    {"f", {INT4, INT8, NUMERIC, FLOAT8}},
    {"b", {BOOL}},
    {"t", {TIMESTAMPTZ, TEXT, VARCHAR}},
    {"d", {DATE, TEXT, VARCHAR}},
    {"j", {JSON, JSONB}},
    {"n", {INT4, INT8, NUMERIC, FLOAT8, TEXT, VARCHAR}},
    {"l", {INT4, INT8, NUMERIC, TEXT, VARCHAR}},
    {"o",
     {TEXT, VARCHAR, UUID, OWN_TYPE, INT4, INT8, NUMERIC, FLOAT8, BOOL, DATE,
      TIMESTAMP, TIMESTAMPTZ, JSON, JSONB}},
    {"e", {TEXT, VARCHAR, OWN_TYPE, UUID}},
    {"in", {JSON, JSONB}},
    {"ids", {TEXTS, INT8S, JSON, JSONB}},
    {"ins", {JSON, JSONB, JSONBS}},
    {"ll", {JSON, JSONB}},
};

START_TEST(a_variable_takes_the_types_that_can_give_its_values)
{
    static const uint32_t all[] = {
        BOOL,    INT8,  INT4,      TEXT,        JSON,    FLOAT8,
        VARCHAR, DATE,  TIMESTAMP, TIMESTAMPTZ, NUMERIC, UUID,
        JSONB,   TEXTS, INT8S,     OWN_TYPE,    JSONBS};
    const struct mutation *m = make_plain_mutation(SCALARS, ALL_SCALARS);
    struct binding_column columns[COLUMNS_MAX] = {{.name = "k", .type = TEXT},
                                                  {.name = fits[_i].variable}};
    const struct binding *binding;

    for (int i = 0; i < COUNT(all); i++) {
        bool takes = false;

        for (int k = 0; k < COUNT(fits[_i].takes); k++)
            takes = takes || fits[_i].takes[k] == all[i];
        columns[1].type = all[i];
        ck_assert_msg(try_binding(m, columns, &binding) == takes, "%s %u: %s",
                      fits[_i].variable, (unsigned)all[i], err.message);
    }
}

END_TEST

START_TEST(a_timestamp_without_zone_needs_one)
{
    struct binding_column columns[COLUMNS_MAX] = {
        {.name = "k", .type = TEXT}, {.name = "t", .type = TIMESTAMP}};
    const struct mutation *m = make_plain_mutation(SCALARS, ALL_SCALARS);
    const struct binding *binding;

    ck_assert(!try_binding(m, columns, &binding));
    ck_assert_str_eq(err.hint, "write: (t AT TIME ZONE 'UTC') AS t");
}

END_TEST

START_TEST(integers_of_our_tables_are_ids_of_a_known_type)
{
    struct binding_column columns[COLUMNS_MAX] = {
        {.name = "product_id", .type = INT8, .gid_type = "Product"},
        {.name = "variants", .type = JSONB}};
    const struct binding *b = bind(make_mutation(PRICES), columns);

    ck_assert_str_eq(b->paths[0].gid_type, "Product");
    ck_assert(b->paths[0].is_identity && !b->paths[1].is_identity);
}

END_TEST

/* ---- keys and the tree --------------------------------------------------- */

static const struct {
    const char *mutation;
    struct binding_column columns[COLUMNS_MAX];
    int count;
    int column; /* of the first part; -1: inside the variables */
    uint32_t type;
} keys[] = {
    {PRICES,
     {{.name = "variants", .type = JSONB},
      {.name = "product_id", .type = TEXT}},
     1,
     1,
     TEXT},
    {PRICES,
     {{.name = "product_id", .type = TEXT},
      {.name = "variants", .type = JSONB},
      {.name = "_key", .type = INT8}},
     1,
     2,
     INT8},
    {PRODUCT,
     {{.name = "title", .type = TEXT}, {.name = "id", .type = TEXT}},
     1,
     1,
     TEXT},
    {PRODUCT, {{.name = "product", .type = JSONB}}, 1, -1, TEXT},
    {"mutation($product: ProductUpdateInput!) @push(key: [\"title\", \"id\"]) " UPDATE_FIELD,
     {{.name = "id", .type = TEXT}, {.name = "title", .type = TEXT}},
     2,
     1,
     JSONB},
    {"mutation($product: ProductUpdateInput!) @push(key: \"title\") " UPDATE_FIELD,
     {{.name = "id", .type = TEXT},
      {.name = "title", .type = VARCHAR},
      {.name = "_key", .type = UUID}},
     1,
     2,
     UUID},
};

START_TEST(a_row_has_a_key)
{
    const struct binding *b =
        bind(make_mutation(keys[_i].mutation), keys[_i].columns);

    ck_assert_int_eq(b->key_count, keys[_i].count);
    ck_assert_int_eq(b->keys[0].column, keys[_i].column);
    ck_assert_uint_eq(b->key_type, keys[_i].type);
}

END_TEST

START_TEST(the_tree_has_the_order_of_the_schema)
{
    struct binding_column columns[COLUMNS_MAX] = {
        {.name = "identifier_handle", .type = TEXT},
        {.name = "input_title", .type = TEXT},
        {.name = "input_seo_title", .type = TEXT},
        {.name = "_key", .type = TEXT},
        {.name = "input_seo_description", .type = TEXT},
        {.name = "_before_input_title", .type = TEXT}};
    const struct binding *b = bind(make_mutation(SET), columns);
    const struct binding_node *input = b->nodes, *seo = input->below;

    ck_assert(b->has_before);
    ck_assert_int_eq(b->paths[1].before, 5);
    ck_assert_str_eq(input->name, "input");
    ck_assert_int_eq(input->path, -1);
    ck_assert_str_eq(seo->name, "seo");
    ck_assert_str_eq(seo->below->name, "description");
    ck_assert_str_eq(seo->below->next->name, "title");
    ck_assert_str_eq(seo->next->name, "title");
    ck_assert_ptr_null(seo->next->next);
    ck_assert_str_eq(input->next->name, "identifier");
    ck_assert(input->next->object->one_of);
}

END_TEST

/* ---- --from -------------------------------------------------------------- */

START_TEST(lines_have_a_key_inside_the_variables)
{
    const struct binding *b;

    ck_assert(
        binding_make_for_json(&types.arena, make_mutation(PRODUCT), &b, &err));
    ck_assert_int_eq(b->keys[0].column, -1);
    ck_assert_int_eq(b->keys[0].depth, 2);
    ck_assert_str_eq(b->keys[0].names[0], "product");
    ck_assert_str_eq(b->keys[0].names[1], "id");
    ck_assert_uint_eq(b->key_type, TEXT);
    ck_assert(binding_make_for_json(
        &types.arena,
        make_mutation("mutation($product: ProductUpdateInput!) @push(key: "
                      "[\"handle\", \"product_title\"]) " UPDATE_FIELD),
        &b, &err));
    ck_assert_int_eq(b->key_count, 2);
    ck_assert_str_eq(b->keys[1].names[1], "title");
    ck_assert_uint_eq(b->key_type, JSONB);
}

END_TEST

START_TEST(lines_without_a_key_are_refused)
{
    const struct binding *b;

    ck_assert(!binding_make_for_json(&types.arena, make_mutation(QUANTITY), &b,
                                     &err));
    ck_assert_str_eq(err.message, "q: nothing names a row");
    ck_assert(!binding_make_for_json(
        &types.arena,
        make_mutation("mutation($product: ProductUpdateInput!) @push(key: "
                      "\"sku\") " UPDATE_FIELD),
        &b, &err));
    ck_assert_msg(strstr(err.message, "column \"sku\" is neither") != NULL,
                  "%s", err.message);
}

END_TEST

static Suite *
binding_suite(void)
{
    Suite *suite = suite_create("binding");
    TCase *tests = tcase_create("binding");

    tcase_add_checked_fixture(tests, open_types, close_types);
    tcase_add_loop_test(tests, a_name_leads_to_a_variable_or_a_field, 0,
                        COUNT(names));
    tcase_add_test(tests, a_whole_variable_wins_over_a_field);
    tcase_add_loop_test(tests, columns_that_do_not_fit_are_refused, 0,
                        COUNT(refused));
    tcase_add_test(tests, a_name_with_two_meanings_is_refused);
    tcase_add_loop_test(tests,
                        a_variable_takes_the_types_that_can_give_its_values, 0,
                        COUNT(fits));
    tcase_add_test(tests, a_timestamp_without_zone_needs_one);
    tcase_add_test(tests, integers_of_our_tables_are_ids_of_a_known_type);
    tcase_add_loop_test(tests, a_row_has_a_key, 0, COUNT(keys));
    tcase_add_test(tests, the_tree_has_the_order_of_the_schema);
    tcase_add_test(tests, lines_have_a_key_inside_the_variables);
    tcase_add_test(tests, lines_without_a_key_are_refused);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(binding_suite());
}
