/* topics: which object a webhook is about, and what to subscribe to. */
#include <check.h>
#include <string.h>

#include "hook/topics.h"
#include "support/suite.h"

static const struct {
    const char *topic;
    const char *type;
    const char *field;
} expected[] = {
    {"products/create", "Product", "id"},
    {"products/update", "Product", "id"},
    {"products/delete", "Product", "id"},
    {"PRODUCTS/Delete", "Product", "id"},
    {"orders/updated", "Order", "id"},
    {"orders/edited", "Order", "order_edit.order_id"},
    {"refunds/create", "Order", "order_id"},
    {"fulfillments/update", "Order", "order_id"},
    {"order_transactions/create", "Order", "order_id"},
    {"inventory_levels/update", "InventoryItem", "inventory_item_id"},
    {"inventory_items/update", "InventoryItem", "id"},
    {"customers/update", "Customer", "id"},
    {"collections/delete", "Collection", "id"},
    {"draft_orders/create", "DraftOrder", "id"},
    {"discounts/update", "DiscountNode", "admin_graphql_api_id"},
    {"bulk_operations/finish", "BulkOperation", "admin_graphql_api_id"},
};

START_TEST(a_topic_leads_to_a_root)
{
    const struct topic *topic = topics_find(span_str(expected[_i].topic));

    ck_assert_ptr_nonnull(topic);
    ck_assert_str_eq(topic->type, expected[_i].type);
    ck_assert_str_eq(topic->fields[0], expected[_i].field);
}

END_TEST

START_TEST(other_topics_lead_to_none)
{
    static const char *const others[] = {"",          "products/",
                                         "products",  "products/update ",
                                         "themes/no", "app/uninstalled"};

    for (int i = 0; i < COUNT(others); i++)
        ck_assert_ptr_null(topics_find(span_str(others[i])));
}

END_TEST

START_TEST(the_topics_of_a_type_are_enough_for_its_changes)
{
    const struct topic *topic = NULL;
    bool updated = false, refunds = false, paid = false;
    size_t count = 0;

    while ((topic = topics_next("Order", topic)) != NULL) {
        count++;
        updated = updated || strcmp(topic->name, "orders/updated") == 0;
        refunds = refunds || strcmp(topic->name, "refunds/create") == 0;
        paid = paid || strcmp(topic->name, "orders/paid") == 0;
    }
    ck_assert_uint_eq(count, 7);
    ck_assert(updated && refunds && !paid);
    ck_assert_ptr_null(topics_next("Shop", NULL));
}

END_TEST

/* What has a root also has topics, so that it can be subscribed to. */
START_TEST(each_root_has_topics)
{
    static const char *const fields[] = {"products", "productVariants",
                                         "orders",   "inventoryItems",
                                         "themes",   "abandonedCheckouts"};

    for (int i = 0; i < COUNT(fields); i++) {
        const char *type = topics_type_of_root(fields[i]);

        ck_assert_ptr_nonnull(type);
        ck_assert_ptr_nonnull(topics_next(type, NULL));
    }
    ck_assert_ptr_null(topics_type_of_root("giftCards"));
}

END_TEST

START_TEST(a_topic_has_a_name_for_subscriptions)
{
    char text[TOPIC_ENUM_BYTES];
    char name[2 * TOPIC_ENUM_BYTES];

    ck_assert_str_eq(topics_enum_name("products/update", text),
                     "PRODUCTS_UPDATE");
    ck_assert_str_eq(topics_enum_name("customer.tags_added", text),
                     "CUSTOMER_TAGS_ADDED");
    memset(name, 'a', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    ck_assert_uint_eq(strlen(topics_enum_name(name, text)),
                      TOPIC_ENUM_BYTES - 1);
}

END_TEST

static Suite *
topics_suite(void)
{
    Suite *suite = suite_create("topics");
    TCase *topics = tcase_create("topics");

    tcase_add_loop_test(topics, a_topic_leads_to_a_root, 0, COUNT(expected));
    tcase_add_test(topics, other_topics_lead_to_none);
    tcase_add_test(topics, the_topics_of_a_type_are_enough_for_its_changes);
    tcase_add_test(topics, each_root_has_topics);
    tcase_add_test(topics, a_topic_has_a_name_for_subscriptions);
    suite_add_tcase(suite, topics);
    return suite;
}

int
main(void)
{
    return suite_run(topics_suite());
}
