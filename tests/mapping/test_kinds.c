/* kinds: what is known about a mutation by its name. */
#include <check.h>

#include "dialect/shopify.h"
#include "mapping/kinds.h"
#include "support/suite.h"

static const struct dialect other = {.name = "Other"};

static const struct {
    const char *name;
    unsigned shopify;
    unsigned other;
} kinds[] = {
    {"productVariantsBulkUpdate", KIND_REPEATABLE, 0},
    {"productSet", KIND_IDENTIFIED, 0},
    {"inventoryAdjustQuantities", KIND_IDEMPOTENT | KIND_COUNTS, KIND_COUNTS},
    {"inventorySetQuantities", KIND_IDEMPOTENT, 0},
    {"refundCreate", KIND_IDEMPOTENT | KIND_CREATES | KIND_PAYS,
     KIND_CREATES | KIND_PAYS},
    {"metafieldsDelete", KIND_REPEATABLE | KIND_DELETES, KIND_DELETES},
    {"productCreate", KIND_CREATES, KIND_CREATES},
    {"productCreateMedia", KIND_CREATES, KIND_CREATES},
    {"productDelete", KIND_DELETES, KIND_DELETES},
    {"orderCapture", KIND_PAYS, KIND_PAYS},
    {"orderMarkAsPaid", KIND_PAYS, KIND_PAYS},
    {"draftOrderInvoiceSend", KIND_PAYS, KIND_PAYS},
    {"InfraDeviceCreate", KIND_CREATES, KIND_CREATES},
    {"InfraDeviceUpsert", 0, 0},
    {"createIssue", KIND_CREATES, KIND_CREATES},
    {"insert_users_one", KIND_CREATES, KIND_CREATES},
    {"delete_users_by_pk", KIND_DELETES, KIND_DELETES},
    {"markCreated", 0, 0},
    {"payload", 0, 0},
    {"recreate", 0, 0},
    {"", 0, 0},
};

START_TEST(a_mutation_has_the_kinds_of_its_name)
{
    ck_assert_uint_eq(kinds_of(&dialect_shopify, kinds[_i].name),
                      kinds[_i].shopify);
    ck_assert_uint_eq(kinds_of(&other, kinds[_i].name), kinds[_i].other);
}

END_TEST

static const struct {
    const char *name;
    const char *owner;
    const char *scopes; /* NULL: not known */
} scopes[] = {
    {"productUpdate", "", "write_products"},
    {"productUpdate", "Customer", "write_products"},
    {"tagsAdd", "Customer", "write_customers"},
    {"tagsAdd", "Order", "write_orders|write_marketplace_orders"},
    {"metafieldsSet", "ProductVariant", "write_products"},
    {"metafieldsSet", "Unheard", NULL},
    {"tagsAdd", "", NULL},
    {"productCreate", "Product", NULL},
};

START_TEST(a_mutation_needs_a_scope)
{
    const char *found = kinds_scopes(&dialect_shopify, scopes[_i].name,
                                     span_str(scopes[_i].owner));

    ck_assert_pstr_eq(found, scopes[_i].scopes);
    ck_assert_ptr_null(
        kinds_scopes(&other, scopes[_i].name, span_str(scopes[_i].owner)));
}

END_TEST

static Suite *
kinds_suite(void)
{
    Suite *suite = suite_create("kinds");
    TCase *tests = tcase_create("kinds");

    tcase_add_loop_test(tests, a_mutation_has_the_kinds_of_its_name, 0,
                        COUNT(kinds));
    tcase_add_loop_test(tests, a_mutation_needs_a_scope, 0, COUNT(scopes));
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(kinds_suite());
}
