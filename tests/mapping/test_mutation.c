/* mutation: a file becomes the document that is sent, or is refused. */
#include <check.h>

#include "mapping/mutation.h"
#include "mapping/mutations.h"

/* ---- the document -------------------------------------------------------- */

static const struct {
    const char *text;
    const char *document;
} documents[] = {
    /* lists of errors are selected */
    {PRICES,
     "mutation Prices($productId: ID!, $variants: "
     "[ProductVariantsBulkInput!]!) {\n"
     "  productVariantsBulkUpdate(productId: $productId, variants: $variants) "
     "{\n"
     "    productVariants {\n      id\n      price\n    }\n"
     "    userErrors {\n      field\n      message\n      code\n    }\n"
     "  }\n}\n"},
    /* what the file selects of them is kept; types without `code` */
    {"mutation($id: ID!, $tags: [String!]!) { tagsAdd(id: $id, tags: $tags) { "
     "userErrors { message } } }",
     "mutation ($id: ID!, $tags: [String!]!) {\n"
     "  tagsAdd(id: $id, tags: $tags) {\n"
     "    userErrors {\n      message\n      field\n    }\n"
     "  }\n}\n"},
    /* an alias or a condition does not count */
    {"mutation($id: ID!, $tags: [String!]!) { t: tagsAdd(id: $id, tags: $tags) "
     "{ e: userErrors { message } userErrors @skip(if: true) { message } } }",
     "mutation ($id: ID!, $tags: [String!]!) {\n"
     "  t: tagsAdd(id: $id, tags: $tags) {\n"
     "    e: userErrors {\n      message\n    }\n"
     "    userErrors @skip(if: true) {\n      message\n    }\n"
     "    userErrors {\n      field\n      message\n    }\n"
     "  }\n}\n"},
    /* our directives are not sent; fragments are */
    {"mutation T($id: ID! @gid(type: \"Product\"), $tags: [String!]!) "
     "@push(key: \"id\", max: 3) { tagsAdd(id: $id, tags: $tags) @table(name: "
     "\"x\") { ...P } } fragment P on TagsAddPayload { node { id "
     "@column(name: \"node\") } }",
     "mutation T($id: ID!, $tags: [String!]!) {\n"
     "  tagsAdd(id: $id, tags: $tags) {\n"
     "    ...P\n"
     "    userErrors {\n      field\n      message\n    }\n"
     "  }\n}\n"
     "\nfragment P on TagsAddPayload {\n  node {\n    id\n  }\n}\n"},
    /* each row has an idempotency key */
    {"mutation($input: InventoryAdjustQuantitiesInput!) @push(key: "
     "\"input_reason\") { inventoryAdjustQuantities(input: $input) { "
     "inventoryAdjustmentGroup { id } } }",
     "mutation ($input: InventoryAdjustQuantitiesInput!, $bulkpg_key: String!) "
     "{\n"
     "  inventoryAdjustQuantities(input: $input) @idempotent(key: $bulkpg_key) "
     "{\n"
     "    inventoryAdjustmentGroup {\n      id\n    }\n"
     "    userErrors {\n      field\n      message\n      code\n    }\n"
     "  }\n}\n"},
    /* unless the file gives it one */
    {"mutation($input: InventoryAdjustQuantitiesInput!, $event: String!) { "
     "inventoryAdjustQuantities(input: $input) @idempotent(key: $event) { "
     "userErrors { field message code } } }",
     "mutation ($input: InventoryAdjustQuantitiesInput!, $event: String!) {\n"
     "  inventoryAdjustQuantities(input: $input) @idempotent(key: $event) {\n"
     "    userErrors {\n      field\n      message\n      code\n    }\n"
     "  }\n}\n"},
};

START_TEST(the_document_is_completed)
{
    ck_assert_str_eq(make_mutation(documents[_i].text)->document,
                     documents[_i].document);
}

END_TEST

START_TEST(an_api_that_answers_ok_is_asked_for_it)
{
    const struct mutation *m = make_plain_mutation(
        "type Query { a: Int } type Mutation { DeviceUpdate(data: In!): P! } "
        "input In { id: ID } type P { ok: Boolean errors: [String!] "
        "object: Device } type Device { id: String! }",
        "mutation($data: In!) @push(repeat: SAFE) { DeviceUpdate(data: $data) "
        "{ object { id } } }");

    ck_assert_str_eq(m->document, "mutation ($data: In!) {\n"
                                  "  DeviceUpdate(data: $data) {\n"
                                  "    object {\n      id\n    }\n"
                                  "    errors\n"
                                  "    ok\n"
                                  "  }\n}\n");
    ck_assert_str_eq(m->ok_key, "ok");
    ck_assert_int_eq(m->errors_count, 1);
    ck_assert(!m->errors[0].holds_objects);
    ck_assert(m->says_safe && m->is_safe && !m->is_idempotent);
}

END_TEST

/* ---- what is refused ----------------------------------------------------- */

#define TAGS_ADD "tagsAdd(id: $id, tags: $tags) { node { id } }"
#define TAGS_ARE "mutation($id: ID!, $tags: [String!]!) "

static const struct {
    const char *text;
    const char *message; /* a part of it */
    enum msg msg;
} refused[] = {
    {"{ shop { id } }", "q:1:1: this is not a mutation", MSG_MUTATION_RULE},
    {TAGS_ARE "{ " TAGS_ADD " } query { shop { id } }",
     "this is a second operation; a mutation file has exactly one",
     MSG_QUERY_BULK_RULE},
    {TAGS_ARE "{ " TAGS_ADD " again: " TAGS_ADD " }",
     "q:1:87: a mutation that is pushed has exactly one root field",
     MSG_MUTATION_RULE},
    {TAGS_ARE "{ ... { " TAGS_ADD " } }", "exactly one root field",
     MSG_MUTATION_RULE},
    {"mutation($id: ID!) { bulkOperationCancel(id: $id) { userErrors { field } "
     "} }",
     "\"bulkOperationCancel\" cannot be pushed", MSG_MUTATION_RULE},
    {TAGS_ARE "{ __typename }", "not used", MSG_QUERY_VARIABLE},
    {"mutation { tagsAdd(id: \"gid://shopify/Product/1\", tags: []) { node { "
     "id } } }",
     "q:1:1: the mutation has no variables", MSG_MUTATION_RULE},
    {"mutation($id: ID!, $tags: [String!]!) { tagsAd(id: $id, tags: $tags) { "
     "node { id } } }",
     "unknown field \"tagsAd\" of Mutation; did you mean \"tagsAdd\"?",
     MSG_QUERY_TYPES},
    {"mutation($id: ID!, $tags: [String!]!) { tagsAdd(id: $id, tag: $tags) { "
     "node { id } } }",
     "unknown argument \"tag\" of \"tagsAdd\"", MSG_QUERY_TYPES},
    {"mutation($id: ID, $tags: [String!]!) { " TAGS_ADD " }",
     "argument \"id\" must be ID!, but $id is ID", MSG_QUERY_VARIABLE},
    {"mutation($product: ProductUpdateInput!) { productUpdate(product: "
     "$product) { product { variants(first: 3) { nodes { id } } } } }",
     "\"variants\" is a connection", MSG_MUTATION_RULE},
    {TAGS_ARE "@push(keys: \"id\") { " TAGS_ADD " }",
     "@push has no argument \"keys\"; did you mean \"key\"?",
     MSG_QUERY_DIRECTIVE},
    {TAGS_ARE "@push(key: 1) { " TAGS_ADD " }",
     "key of @push must be the name of a column, or a list",
     MSG_QUERY_DIRECTIVE},
    {TAGS_ARE "@push(key: []) { " TAGS_ADD " }",
     "key of @push must be the name of a column, or a list",
     MSG_QUERY_DIRECTIVE},
    {TAGS_ARE "@push(repeat: MAYBE) { " TAGS_ADD " }",
     "repeat of @push must be SAFE or NEVER", MSG_QUERY_DIRECTIVE},
    {TAGS_ARE "@push(rows: 0) { " TAGS_ADD " }",
     "rows of @push must be a number from 1 to 2147483647",
     MSG_QUERY_DIRECTIVE},
    {TAGS_ARE "@push(max: \"1\") { " TAGS_ADD " }",
     "max of @push must be a number", MSG_QUERY_DIRECTIVE},
    {TAGS_ARE "@push(fresh: \"soon\") { " TAGS_ADD " }",
     "fresh of @push: ", MSG_QUERY_DIRECTIVE},
    {TAGS_ARE "@push(rollback: 1) { " TAGS_ADD " }",
     "rollback of @push must be true or false", MSG_QUERY_DIRECTIVE},
    {TAGS_ARE "@paged { " TAGS_ADD " }", "@paged is not allowed here",
     MSG_QUERY_DIRECTIVE},
    {"query @push { shop { id } }", "not a mutation", MSG_MUTATION_RULE},
    {"mutation($id: ID!, $tags: [String!]! @null) { " TAGS_ADD " }",
     "$tags is [String!]! and cannot be null", MSG_QUERY_DIRECTIVE},
    {"mutation($id: ID!, $tags: [String!]! @gid(type: \"Product\")) "
     "{ " TAGS_ADD " }",
     "@gid belongs on a variable of type ID, but $tags is [String!]!",
     MSG_QUERY_DIRECTIVE},
    {"mutation($id: ID! @gid, $tags: [String!]!) { " TAGS_ADD " }",
     "@gid needs a type", MSG_QUERY_DIRECTIVE},
    {"mutation($bulkpg_id: ID!, $tags: [String!]!) { tagsAdd(id: $bulkpg_id, "
     "tags: $tags) { node { id } } }",
     "names that begin with bulkpg_ are reserved", MSG_QUERY_VARIABLE},
    {"mutation($input: InventoryAdjustQuantitiesInput!) { "
     "inventoryAdjustQuantities(input: $input) @idempotent(key: \"k\") { "
     "userErrors { field } } }",
     "the key of @idempotent would be the same for all rows",
     MSG_MUTATION_RULE},
    {"mutation($input: InventoryAdjustQuantitiesInput!) { "
     "inventoryAdjustQuantities(input: $input) @idempotent { userErrors { "
     "field } } }",
     "argument \"key\" (String!) of @idempotent is required", MSG_QUERY_TYPES},
    {TAGS_ARE "{ tagsAdd(id: $id, tags: $tags) { userErrors { message: field "
              "} } }",
     "\"message\" is \"message\" here and \"field\"", MSG_QUERY_CONFLICT},
    {TAGS_ARE "{ tagsAdd(id: $id, tags: $tags) { node { id @index } } }",
     "@index is not allowed in the payload", MSG_QUERY_DIRECTIVE},
    {TAGS_ARE "{ tagsAdd(id: $id, tags: $tags) { node { id @column(name: "
              "\"_id\") } } }",
     "\"node.id\" gives the column \"_id\"", MSG_QUERY_NAME},
    {TAGS_ARE "{ tagsAdd(id: $id, tags: $tags) { node { id } node_id: node { "
              "id @column(name: \"node_id\") } } }",
     "\"node.id\" and \"node_id.id\" both give column \"node_id\"",
     MSG_QUERY_NAME},
    /* what may be repeated */
    {"mutation($product: ProductCreateInput!) { productCreate(product: "
     "$product) { product { id } } }",
     "productCreate can have a further effect", MSG_MUTATION_REPEAT},
    {"mutation($product: ProductCreateInput!) @push(repeat: NEVER) { "
     "productCreate(product: $product) { product { id } } }",
     "productCreate creates or deletes objects", MSG_MUTATION_REPEAT},
    {"mutation($metafields: [MetafieldIdentifierInput!]!) { "
     "metafieldsDelete(metafields: $metafields) { userErrors { field } } }",
     "metafieldsDelete creates or deletes objects", MSG_MUTATION_REPEAT},
    {"mutation($input: ProductSetInput!) { productSet(input: $input) { product "
     "{ id } } }",
     "productSet can have a further effect", MSG_MUTATION_REPEAT},
    {"mutation($input: ProductSetInput!, $identifier: ProductSetIdentifiers) { "
     "productSet(input: $input, identifier: $identifier) { product { id } } }",
     "productSet can have a further effect", MSG_MUTATION_REPEAT},
    {"mutation($input: InventoryAdjustQuantitiesInput!) @push(repeat: SAFE) { "
     "inventoryAdjustQuantities(input: $input) { userErrors { field } } }",
     "inventoryAdjustQuantities adds to a number", MSG_MUTATION_REPEAT},
    {"mutation($input: InventoryAdjustQuantitiesInput!) @push(rollback: true) "
     "{ inventoryAdjustQuantities(input: $input) { userErrors { field } } }",
     "inventoryAdjustQuantities cannot be undone", MSG_MUTATION_REPEAT},
};

START_TEST(a_mutation_that_cannot_be_pushed_is_refused)
{
    const struct mutation *mutation;

    ck_assert_msg(!try_mutation(refused[_i].text, &mutation), "%s",
                  refused[_i].text);
    ck_assert_msg(strstr(err.message, refused[_i].message) != NULL, "%s\n%s",
                  err.message, refused[_i].text);
    ck_assert_msg(err_is(&err, refused[_i].msg), "%s: %s", err.code,
                  err.message);
    ck_assert_int_eq(err.kind, ERR_CONFIG);
}

END_TEST

START_TEST(a_document_fits_into_what_the_store_takes)
{
    struct buf text = buf_with_ceiling(200000);
    const struct mutation *mutation;

    buf_append_str(&text, TAGS_ARE "{ tagsAdd(id: $id, tags: $tags) { node { ");
    for (int i = 0; i < 8000; i++)
        buf_printf(&text, "id%d: id ", i);
    buf_append_str(&text, "} } }");
    ck_assert(!try_mutation(buf_str(&text), &mutation));
    ck_assert(err_is(&err, MSG_QUERY_TOO_LARGE));
    buf_free(&text);
}

END_TEST

/* ---- a mutation that was sent -------------------------------------------- */

static const struct mutation *
make_sent(const char *text)
{
    const struct mutation *mutation;

    mutation_build_sent(&types.arena, "job", types_parse(&types, text),
                        types.schema, &dialect_shopify, &mutation, &err);
    return mutation;
}

/* Its arguments and its variables may have other names and types now. */
START_TEST(of_a_mutation_that_was_sent_only_the_answers_matter)
{
    const struct mutation *m = make_sent(
        "mutation($id: Gone!, $tags: [String!]!) @push(key: \"id\", repeat: "
        "NEVER) { t: tagsAdd(was: $id, tags: {x: $tags}) @table(name: \"x\") "
        "{ node { id } } }");

    ck_assert_msg(err.kind == ERR_NONE, "%s", err.message);
    ck_assert_str_eq(m->root, "tagsAdd");
    ck_assert_str_eq(m->root_key, "t");
    ck_assert_str_eq(m->table, "x");
    ck_assert_int_eq(m->leaf_count, 1);
    ck_assert_int_eq(m->errors_count, 1);
    ck_assert_str_eq(m->errors[0].key, "userErrors");
    ck_assert(!m->is_safe && (m->kinds & KIND_REPEATABLE) != 0);
}

END_TEST

static const struct {
    const char *text;
    const char *message; /* a part of it */
} unreadable[] = {
    {TAGS_ARE "{ tagsGone(id: $id, tags: $tags) { node { id } } }",
     "unknown field \"tagsGone\""},
    {TAGS_ARE "{ tagsAdd(id: $id, tags: $tags) { gone { id } node { id } } }",
     "unknown field \"gone\""},
};

START_TEST(answers_that_cannot_be_read_are_reported)
{
    const struct mutation *m = make_sent(unreadable[_i].text);

    ck_assert_msg(strstr(err.message, unreadable[_i].message) != NULL, "%s",
                  err.message);
    ck_assert_int_eq(err.kind, ERR_CONFIG);
    ck_assert_int_eq(m->leaf_count, 0);
    ck_assert_int_eq(m->errors_count, 0);
    ck_assert_str_eq(m->table, "job_result");
}

END_TEST

START_TEST(a_key_makes_a_repeat_harmless_later_too)
{
    const struct mutation *m = make_sent(
        "mutation($input: InventoryAdjustQuantitiesInput!) { "
        "inventoryAdjustQuantities(input: $input) { userErrors { field } } }");

    ck_assert(m->is_idempotent && m->makes_keys && !m->is_safe);
    ck_assert_str_eq(m->key_variable, MUTATION_KEY_VARIABLE);
}

END_TEST

/* ---- @push and kinds ----------------------------------------------------- */

START_TEST(push_has_defaults)
{
    const struct mutation *m = make_mutation(PRICES);

    ck_assert_int_eq(m->rows, 10000);
    ck_assert_int_eq(m->max, 1000);
    ck_assert_int_eq(m->direct, 50);
    ck_assert_int_eq(m->fresh_ms, 0);
    ck_assert(!m->rollback && m->is_safe && !m->says_safe);
    ck_assert(!m->is_idempotent && !m->makes_keys && m->key_variable == NULL);
    ck_assert_int_eq(m->key_count, 0);
    ck_assert(mutation_can_undo(m));
    ck_assert_str_eq(m->root, "productVariantsBulkUpdate");
    ck_assert_str_eq(m->table, "job_result");
    ck_assert(!m->gives_job);
}

END_TEST

START_TEST(push_has_arguments)
{
    const struct mutation *m = make_mutation(
        PRICES_HEAD "@push(key: [\"product_id\", \"b\"], repeat: NEVER, rows: "
                    "7, max: 8, direct: 0, fresh: \"2h\", rollback: true) { "
                    "r: " PRICES_FIELD
                    "@table(name: \"prices\") { product { id } } }");

    ck_assert_int_eq(m->key_count, 2);
    ck_assert_str_eq(m->key[0], "product_id");
    ck_assert_str_eq(m->key[1], "b");
    ck_assert_int_eq(m->rows, 7);
    ck_assert_int_eq(m->max, 8);
    ck_assert_int_eq(m->direct, 0);
    ck_assert_int_eq(m->fresh_ms, 2 * 3600 * 1000);
    ck_assert(m->rollback && !m->is_safe);
    ck_assert_str_eq(m->root_key, "r");
    ck_assert_str_eq(m->table, "prices");
}

END_TEST

static const struct {
    const char *text;
    bool is_safe, is_idempotent, makes_keys, can_undo;
} repeats[] = {
    {"mutation($input: InventoryAdjustQuantitiesInput!) { "
     "inventoryAdjustQuantities(input: $input) { userErrors { field } } }",
     false, true, true, false},
    {"mutation($input: InventoryAdjustQuantitiesInput!) @push(repeat: NEVER) { "
     "inventoryAdjustQuantities(input: $input) { userErrors { field } } }",
     false, false, true, false},
    {"mutation($input: InventorySetQuantitiesInput!) { "
     "inventorySetQuantities(input: $input) { userErrors { field } } }",
     false, true, true, true},
    {"mutation($input: InventorySetQuantitiesInput!) @push(repeat: SAFE) { "
     "inventorySetQuantities(input: $input) { userErrors { field } } }",
     true, true, true, true},
    {"mutation($input: InventorySetQuantitiesInput!, $k: String!) { "
     "inventorySetQuantities(input: $input) @idempotent(key: $k) { userErrors "
     "{ field } } }",
     false, true, false, true},
    {"mutation($input: ProductSetInput!, $identifier: ProductSetIdentifiers!) "
     "{ productSet(input: $input, identifier: $identifier) { product { id } } "
     "}",
     true, false, false, true},
    {"mutation($input: ProductSetInput!, $handle: String!) { productSet(input: "
     "$input, identifier: {handle: $handle}) { product { id } } }",
     true, false, false, true},
    {"mutation($product: ProductCreateInput!) @push(repeat: NEVER, max: 5) { "
     "productCreate(product: $product) { product { id } } }",
     false, false, false, false},
    {UPDATE, true, false, false, true},
};

START_TEST(what_may_be_repeated_follows_from_kind_and_file)
{
    const struct mutation *m = make_mutation(repeats[_i].text);

    ck_assert_int_eq(m->is_safe, repeats[_i].is_safe);
    ck_assert_int_eq(m->is_idempotent, repeats[_i].is_idempotent);
    ck_assert_int_eq(m->makes_keys, repeats[_i].makes_keys);
    ck_assert_int_eq(mutation_can_undo(m), repeats[_i].can_undo);
}

END_TEST

/* ---- variables and leaves ------------------------------------------------ */

START_TEST(variables_have_types_and_columns)
{
    const struct mutation *m = make_mutation(
        "mutation($productId: ID! @gid(type: \"Product\"), $variants: "
        "[ProductVariantsBulkInput!]!, $allowPartialUpdates: Boolean = true "
        "@null) { productVariantsBulkUpdate(productId: $productId, variants: "
        "$variants, allowPartialUpdates: $allowPartialUpdates) { product { id "
        "} } }");
    const struct mutation_variable *v = m->variables;

    ck_assert_int_eq(m->variable_count, 3);
    ck_assert_str_eq(v[0].column, "product_id");
    ck_assert_str_eq(v[0].gid_type, "Product");
    ck_assert(v[0].type.non_null && v[0].type.kind == GQL_SCALAR_TYPE);
    ck_assert_str_eq(v[1].type.name, "ProductVariantsBulkInput");
    ck_assert_int_eq(v[1].type.kind, GQL_INPUT_TYPE);
    ck_assert_uint_eq(v[1].type.list_depth, 1);
    ck_assert(v[2].has_default && v[2].takes_null && !v[2].type.non_null);
    ck_assert_ptr_eq(mutation_variable(m, "variants"), &v[1]);
    ck_assert_ptr_null(mutation_variable(m, "nope"));
}

END_TEST

START_TEST(the_payload_gives_columns)
{
    static const struct {
        const char *column, *path;
        enum plan_type type;
        bool is_number;
    } want[] = {
        {"product_id", "product.id", PLAN_BIGINT, true},
        {"handle", "product.handle", PLAN_TEXT, false},
        {"product_created_at", "product.createdAt", PLAN_TIMESTAMPTZ, false},
        {"product_status", "product.status", PLAN_TEXT, false},
        {"product_tags", "product.tags", PLAN_JSONB, false},
        {"product_total_inventory", "product.totalInventory", PLAN_INTEGER,
         false},
        {"product_seo", "product.seo", PLAN_JSONB, false},
        {"variants", "variants", PLAN_JSONB, false},
    };
    const struct mutation *m = make_mutation(
        PRICES_HEAD "{ " PRICES_FIELD
                    "{ product { id handle @column(name: \"handle\") createdAt "
                    "status tags ... on Product { totalInventory id } seo "
                    "@json { title } __typename } variants: productVariants { "
                    "id price } userErrors { field message code } } }");

    ck_assert_int_eq(m->leaf_count, COUNT(want));
    for (int i = 0; i < COUNT(want); i++) {
        ck_assert_str_eq(m->leaves[i].column, want[i].column);
        ck_assert_str_eq(m->leaves[i].path, want[i].path);
        ck_assert_int_eq(m->leaves[i].type, want[i].type);
        ck_assert_int_eq(m->leaves[i].is_number_of_gid, want[i].is_number);
    }
    ck_assert_int_eq(m->leaves[0].depth, 2);
    ck_assert_str_eq(m->leaves[0].keys[1], "id");
    ck_assert_int_eq(m->errors_count, 1);
    ck_assert_str_eq(m->errors[0].key, "userErrors");
}

END_TEST

START_TEST(an_interface_gives_whole_gids)
{
    const struct mutation *m = make_mutation(
        TAGS_ARE "{ tagsAdd(id: $id, tags: $tags) { node { id } } }");

    ck_assert_int_eq(m->leaves[0].type, PLAN_TEXT);
    ck_assert(!m->leaves[0].is_number_of_gid);
}

END_TEST

START_TEST(a_root_that_is_not_an_object_is_one_column)
{
    const struct mutation *m = make_plain_mutation(
        "type Query { a: Int } type Mutation { touch(n: Int!): [Int!] }",
        "mutation($n: Int!) @push(repeat: SAFE) { touch(n: $n) }");

    ck_assert_int_eq(m->leaf_count, 1);
    ck_assert_str_eq(m->leaves[0].column, "touch");
    ck_assert_int_eq(m->leaves[0].type, PLAN_JSONB);
    ck_assert_int_eq(m->leaves[0].depth, 0);
}

END_TEST

START_TEST(an_accepted_job_is_noticed)
{
    ck_assert(make_mutation("mutation($input: ProductDeleteInput!) "
                            "@push(repeat: SAFE, max: 5) { productDelete("
                            "input: $input) { deletedProductId } }")
                  ->gives_job);
}

END_TEST

static Suite *
mutation_suite(void)
{
    Suite *suite = suite_create("mutation");
    TCase *tests = tcase_create("mutation");

    tcase_add_checked_fixture(tests, open_types, close_types);
    tcase_add_loop_test(tests, the_document_is_completed, 0, COUNT(documents));
    tcase_add_test(tests, an_api_that_answers_ok_is_asked_for_it);
    tcase_add_loop_test(tests, a_mutation_that_cannot_be_pushed_is_refused, 0,
                        COUNT(refused));
    tcase_add_test(tests, a_document_fits_into_what_the_store_takes);
    tcase_add_test(tests, of_a_mutation_that_was_sent_only_the_answers_matter);
    tcase_add_loop_test(tests, answers_that_cannot_be_read_are_reported, 0,
                        COUNT(unreadable));
    tcase_add_test(tests, a_key_makes_a_repeat_harmless_later_too);
    tcase_add_test(tests, push_has_defaults);
    tcase_add_test(tests, push_has_arguments);
    tcase_add_loop_test(tests, what_may_be_repeated_follows_from_kind_and_file,
                        0, COUNT(repeats));
    tcase_add_test(tests, variables_have_types_and_columns);
    tcase_add_test(tests, the_payload_gives_columns);
    tcase_add_test(tests, an_interface_gives_whole_gids);
    tcase_add_test(tests, a_root_that_is_not_an_object_is_one_column);
    tcase_add_test(tests, an_accepted_job_is_noticed);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(mutation_suite());
}
