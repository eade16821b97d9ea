/* delivery: the event that a request reports, whatever its headers and body
 * contain. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "hook/delivery.h"
#include "journal/event.h"
#include "support/suite.h"

static struct err err;
static struct delivery_event event;

static struct delivery
delivery_of(const char *topic, const char *body)
{
    struct delivery delivery = {.body = span_str(body)};

    delivery_header(&delivery, "x-shopify-topic", topic);
    delivery_header(&delivery, "X-Shopify-Event-Id", "e1");
    delivery_header(&delivery, "X-SHOPIFY-HMAC-SHA256", "s1");
    return delivery;
}

static bool
read_event(const char *topic, const char *body)
{
    struct delivery delivery = delivery_of(topic, body);

    return delivery_read(&delivery, &event, &err);
}

/* ---- bodies ------------------------------------------------------------- */

static const struct {
    const char *topic;
    const char *body;
    int64_t id;
} bodies[] = {
    {"products/update", "{\"id\":7,\"variants\":[{\"id\":8}]}", 7},
    {"products/update", "{\"variants\":[{\"id\":8}],\"id\":\"7\"}", 7},
    {"products/update", "{\"id\":6,\"id\":7}", 7},
    {"products/update", "{\"options\":{\"id\":8}}", 0},
    {"products/update", "{\"id\":null}", 0},
    {"products/update", "{\"id\":true}", 0},
    {"products/update", "{\"id\":[7]}", 0},
    {"products/update", "{\"id\":-7}", 0},
    {"products/update", "{\"id\":7.0}", 0},
    {"products/update", "{\"id\":7e2}", 0},
    {"products/update", "{\"id\":\"\"}", 0},
    {"products/update", "{\"id\":\"7 \"}", 0},
    {"products/update", "{\"id\":9223372036854775807}", INT64_MAX},
    {"products/update", "{\"id\":9223372036854775808}", 0},
    {"products/update", "{\"id\":99999999999999999999999999}", 0},
    {"products/update", "[]", 0},
    {"products/update", "7", 0},
    {"metaobjects/update", "{\"id\":\"gid:\\/\\/shopify\\/Metaobject\\/7\"}",
     7},
    {"metaobjects/update", "{\"id\":\"gid://shopify/Metaobject/7?a=1/2\"}", 2},
    {"metaobjects/update", "{\"id\":\"gid://shopify/Metaobject/\"}", 0},
    {"metaobjects/update", "{\"id\":\"gid://\"}", 0},
    {"companies/update",
     "{\"admin_graphql_api_id\":\"gid://shopify/Company/7\"}", 7},
    {"companies/update",
     "{\"id\":5,\"admin_graphql_api_id\":\"gid://shopify/Company/7\"}", 5},
    {"orders/edited", "{\"order_edit\":{\"id\":1,\"order_id\":7}}", 7},
    {"returns/approve", "{\"order\":{\"id\":7},\"id\":1}", 7},
    {"app/uninstalled", "{\"id\":7}", 7},
    {"app/uninstalled", "{}", 0},
};

START_TEST(the_object_is_found_in_the_body)
{
    ck_assert_msg(read_event(bodies[_i].topic, bodies[_i].body), "%s",
                  err.message);
    ck_assert_msg(event.object_id == bodies[_i].id, "%s", bodies[_i].body);
    ck_assert_str_eq(event.topic, bodies[_i].topic);
    ck_assert_str_eq(event.finished, "");
}

END_TEST

static const char *const broken[] = {
    "",          "{",        "}",          "id=7",  "{\"id\":7}}",
    "{\"id\":}", "{'id':7}", "{\"id\":7",  "nul",   "{\"a\":\"\xff\"}",
    "\xef\xbb",  "\"",       "{\"id\" 7}", "[1,,]", "{\"id\":7},"};

START_TEST(a_body_that_is_not_json_is_refused)
{
    ck_assert_msg(!read_event("products/update", broken[_i]), "%s", broken[_i]);
    ck_assert_str_eq(err.code, "WEBHOOK_INVALID");
}

END_TEST

START_TEST(a_body_that_is_nested_too_deeply_is_refused)
{
    char deep[1001];

    memset(deep, '[', sizeof(deep) - 1);
    deep[sizeof(deep) - 1] = '\0';
    ck_assert(!read_event("products/update", deep));
}

END_TEST

START_TEST(the_operation_that_has_ended_is_kept)
{
    char body[400];

    ck_assert(read_event(TOPIC_FINISH,
                         "{\"admin_graphql_api_id\":"
                         "\"gid:\\/\\/shopify\\/BulkOperation\\/12\"}"));
    ck_assert_str_eq(event.finished, "gid://shopify/BulkOperation/12");
    ck_assert_int_eq(event.object_id, 12);
    ck_assert(read_event(TOPIC_FINISH, "{\"admin_graphql_api_id\":"
                                       "\"gid://shopify/BulkOperation/x\"}"));
    ck_assert_str_eq(event.finished, "");
    snprintf(body, sizeof(body),
             "{\"admin_graphql_api_id\":\"gid://shopify/BulkOperation/"
             "%0*d\"}",
             200, 7);
    ck_assert(read_event(TOPIC_FINISH, body));
    ck_assert_str_eq(event.finished, "");
}

END_TEST

/* ---- headers ------------------------------------------------------------ */

START_TEST(a_topic_must_be_a_short_printable_name)
{
    char name[DELIVERY_NAME_BYTES + 1];

    ck_assert(read_event(" PRODUCTS/Update\t", "{}"));
    ck_assert_str_eq(event.topic, "products/update");
    ck_assert_str_eq(event.known->type, "Product");
    ck_assert(!read_event("", "{}"));
    ck_assert(!read_event("a b", "{}"));
    ck_assert(!read_event("a\x1b[2J", "{}"));
    ck_assert(!read_event("\xc3\xa9", "{}"));
    memset(name, 'a', DELIVERY_NAME_BYTES);
    name[DELIVERY_NAME_BYTES] = '\0';
    ck_assert(!read_event(name, "{}"));
    ck_assert_str_eq(err.code, "WEBHOOK_INVALID");
    ck_assert(read_event(name + 1, "{}"));
    ck_assert_ptr_null(event.known);
}

END_TEST

START_TEST(a_header_that_appears_twice_counts_as_missing)
{
    struct delivery delivery = {.body = span_str("{}")};

    delivery_header(&delivery, "X-Shopify-Topic", "products/update");
    delivery_header(&delivery, "X-Shopify-Other", "x");
    ck_assert_uint_eq(delivery.topic.length, 15);
    delivery_header(&delivery, "X-Shopify-Topic", "products/update");
    ck_assert_uint_eq(delivery.topic.length, 0);
    delivery_header(&delivery, "X-Shopify-Topic", "products/update");
    ck_assert_uint_eq(delivery.topic.length, 0);
    ck_assert(!delivery_read(&delivery, &event, &err));
}

END_TEST

START_TEST(an_event_always_has_an_id)
{
    struct delivery delivery = delivery_of("products/update", "{}");

    ck_assert(delivery_read(&delivery, &event, &err));
    ck_assert_str_eq(event.event_id, "e1");
    delivery.event_id = span_str("");
    delivery.webhook_id = span_str("w1");
    ck_assert(delivery_read(&delivery, &event, &err));
    ck_assert_str_eq(event.event_id, "w1");
    delivery.webhook_id = span_str("\x01");
    ck_assert(delivery_read(&delivery, &event, &err));
    ck_assert_str_eq(event.event_id, "s1");
}

END_TEST

START_TEST(the_time_of_the_event_is_read)
{
    struct delivery delivery = delivery_of("products/update", "{}");

    ck_assert(delivery_read(&delivery, &event, &err));
    ck_assert_int_eq(event.triggered_us, JOURNAL_NO_TRIGGER);
    delivery.triggered_at = span_str("2000-01-01T00:00:01.5Z");
    ck_assert(delivery_read(&delivery, &event, &err));
    ck_assert_int_eq(event.triggered_us, INT64_C(946684801500000));
    delivery.triggered_at = span_str("soon");
    ck_assert(delivery_read(&delivery, &event, &err));
    ck_assert_int_eq(event.triggered_us, JOURNAL_NO_TRIGGER);
}

END_TEST

static Suite *
delivery_suite(void)
{
    Suite *suite = suite_create("delivery");
    TCase *tests = tcase_create("delivery");

    tcase_add_loop_test(tests, the_object_is_found_in_the_body, 0,
                        COUNT(bodies));
    tcase_add_loop_test(tests, a_body_that_is_not_json_is_refused, 0,
                        COUNT(broken));
    tcase_add_test(tests, a_body_that_is_nested_too_deeply_is_refused);
    tcase_add_test(tests, the_operation_that_has_ended_is_kept);
    tcase_add_test(tests, a_topic_must_be_a_short_printable_name);
    tcase_add_test(tests, a_header_that_appears_twice_counts_as_missing);
    tcase_add_test(tests, an_event_always_has_an_id);
    tcase_add_test(tests, the_time_of_the_event_is_read);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(delivery_suite());
}
