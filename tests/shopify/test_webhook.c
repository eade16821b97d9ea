/* webhook: what is asked for, and what the store's answers mean. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "shopify/webhook.h"
#include "support/scripted_server.h"
#include "support/suite.h"

enum { PATIENT_MS = 600000 };

static struct arena arena;
static struct err err;

static const char *const fields[] = {"id", "updated_at", NULL};
static const struct webhook_wish wish = {.name = "orders/updated",
                                         .topic = "ORDERS_UPDATED",
                                         .uri = "https://h.example/x",
                                         .fields = fields};

static void
setup(void)
{
    arena = (struct arena){0};
    memset(&err, 0, sizeof(err));
}

static void
teardown(void)
{
    arena_free(&arena);
}

static struct session *
open_session(struct http *http, const struct scripted_server *server)
{
    struct session_config config = {.store = "acme",
                                    .base_url = scripted_server_url(server),
                                    .api_version = "2026-10",
                                    .token = "shpat_secret",
                                    .retry_initial_ms = 1,
                                    .retry_max_ms = 5,
                                    .retry_budget_ms = PATIENT_MS};

    return session_new(http, &config);
}

#define ANSWER(text)                                       \
    {                                                      \
        .status = 200, .headers = "X-Request-ID: r-9\r\n", \
        .body = "{\"data\":{" text "}}"                    \
    }
#define CREATED(text) ANSWER("\"webhookSubscriptionCreate\":{" text "}")
#define UPDATED(text) ANSWER("\"webhookSubscriptionUpdate\":{" text "}")
#define DELETED(text) ANSWER("\"webhookSubscriptionDelete\":{" text "}")
#define REFUSED(words)                                          \
    "\"webhookSubscription\":null,\"userErrors\":[{\"field\":[" \
    "\"webhookSubscription\"],\"message\":\"" words "\"}]"

/* ---- listing ------------------------------------------------------------ */

#define PAGE(nodes, more)                                \
    ANSWER("\"webhookSubscriptions\":{\"nodes\":[" nodes \
           "],\"pageInfo\":{\"hasNextPage\":" more ",\"endCursor\":\"c1\"}}")
#define NODE(id, topic, uri, more)                              \
    "{\"id\":\"" id "\",\"topic\":\"" topic "\",\"uri\":\"" uri \
    "\",\"format\":\"JSON\"," more "}"

TASK_TEST(all_pages_are_listed, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        PAGE(NODE("gid://1", "ORDERS_UPDATED", "https:\\/\\/h.example\\/x",
                  "\"filter\":null,\"includeFields\":[\"updated_at\","
                  "\"id\"]"),
             "true"),
        PAGE(NODE("gid://2", "ORDERS_UPDATED", "https://h.example/x",
                  "\"filter\":\"total:>1\",\"includeFields\":[\"id\","
                  "\"updated_at\"]"),
             "false")};
    struct scripted_server *server = SERVE(steps);
    struct session *session = open_session(http, server);
    struct webhooks webhooks;

    ck_assert_msg(webhook_list(session, NULL, &arena, &webhooks, &err), "%s",
                  err.message);
    ck_assert_uint_eq(webhooks.count, 2);
    ck_assert_str_eq(webhooks.items[0].uri, "https://h.example/x");
    ck_assert(webhook_fits(&webhooks.items[0], &wish));
    ck_assert_str_eq(webhooks.items[1].id, "gid://2");
    ck_assert(!webhook_fits(&webhooks.items[1], &wish));
    ck_assert_ptr_nonnull(
        strstr(scripted_server_request(server, 1), "{\"after\":\"c1\"}"));
    session_free(session);
}

static const struct {
    const char *topic;
    const char *uri;
    const char *format;
    const char *fields;
    bool fits;
} fits[] = {
    {"ORDERS_UPDATED", "https://h.example/x", "JSON", "[\"id\",\"updated_at\"]",
     true},
    {"ORDERS_CREATE", "https://h.example/x", "JSON", "[\"id\",\"updated_at\"]",
     false},
    {"ORDERS_UPDATED", "https://h.example/y", "JSON", "[\"id\",\"updated_at\"]",
     false},
    {"ORDERS_UPDATED", "https://h.example/x", "XML", "[\"id\",\"updated_at\"]",
     false},
    {"ORDERS_UPDATED", "https://h.example/x", "JSON", "[\"id\"]", false},
    {"ORDERS_UPDATED", "https://h.example/x", "JSON",
     "[\"id\",\"updated_at\",\"email\"]", false},
    {"ORDERS_UPDATED", "https://h.example/x", "JSON", "[]", false},
    {"ORDERS_UPDATED", "https://h.example/x", "JSON", "null", false},
};

START_TEST(a_subscription_fits_only_as_it_was_made)
{
    struct webhook webhook = {.topic = fits[_i].topic,
                              .uri = fits[_i].uri,
                              .format = fits[_i].format,
                              .filter = ""};
    struct json *list;

    ck_assert(json_parse(&arena, span_str(fits[_i].fields), &list, &err));
    webhook.fields = list;
    ck_assert_int_eq(webhook_fits(&webhook, &wish), fits[_i].fits);
}

END_TEST

/* ---- subscribing -------------------------------------------------------- */

TASK_TEST(a_subscription_asks_for_its_fields_only, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        CREATED("\"webhookSubscription\":{\"id\":\"gid://7\"},"
                "\"userErrors\":[]")};
    struct scripted_server *server = SERVE(steps);
    struct session *session = open_session(http, server);
    const char *id;

    ck_assert(webhook_create(session, &wish, NULL, &arena, &id, &err));
    ck_assert_str_eq(id, "gid://7");
    ck_assert_ptr_nonnull(
        strstr(scripted_server_request(server, 0),
               "{\"topic\":\"ORDERS_UPDATED\",\"hook\":{\"uri\":"
               "\"https://h.example/x\",\"format\":\"JSON\",\"filter\":null,"
               "\"includeFields\":[\"id\",\"updated_at\"]}}"));
    session_free(session);
}

TASK_TEST(an_address_that_is_taken_is_not_a_failure, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        CREATED(REFUSED("Address for this topic has already been taken"))};
    struct session *session = open_session(http, SERVE(steps));
    const char *id = "";

    ck_assert(webhook_create(session, &wish, NULL, &arena, &id, &err));
    ck_assert_ptr_null(id);
    session_free(session);
}

static const struct {
    struct scripted_step answer;
    const char *code;
    enum err_kind kind;
    const char *hint;
} refusals[] = {
    {CREATED(REFUSED("You cannot create a webhook subscription with the "
                     "specified topic")),
     "TOPIC_DENIED", ERR_DENIED, "read_orders"},
    {CREATED(REFUSED("This app is not approved to subscribe to webhook topics "
                     "containing protected customer data. See x")),
     "TOPIC_DENIED", ERR_DENIED, "protected customer data"},
    {CREATED(REFUSED("Address is invalid")), "TOPIC_REFUSED", ERR_FAILED,
     "store's message"},
    {CREATED("\"webhookSubscription\":null,\"userErrors\":[]"), "TOPIC_REFUSED",
     ERR_FAILED, "store's message"},
};

TASK_LOOP_TEST(a_refusal_names_what_is_missing, PATIENT_MS)
{
    struct session *session =
        open_session(http, scripted_server_new(&refusals[row].answer, 1));
    const char *id;

    ck_assert(!webhook_create(session, &wish, NULL, &arena, &id, &err));
    ck_assert_str_eq(err.code, refusals[row].code);
    ck_assert_int_eq(err.kind, refusals[row].kind);
    ck_assert_msg(strstr(err_remedy(&err), refusals[row].hint) != NULL, "%s",
                  err_remedy(&err));
    ck_assert_str_eq(err.request_id, "r-9");
    session_free(session);
}

/* ---- changing and deleting ---------------------------------------------- */

TASK_TEST(a_change_reports_what_is_gone, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        UPDATED("\"webhookSubscription\":{\"id\":\"gid://7\"},"
                "\"userErrors\":[]"),
        UPDATED(REFUSED("Webhook subscription does not exist")),
        UPDATED(REFUSED("Address is invalid"))};
    struct session *session = open_session(http, SERVE(steps));
    bool gone;

    ck_assert(
        webhook_update(session, "gid://7", &wish, NULL, &arena, &gone, &err));
    ck_assert(!gone);
    ck_assert(
        webhook_update(session, "gid://7", &wish, NULL, &arena, &gone, &err));
    ck_assert(gone);
    ck_assert(
        !webhook_update(session, "gid://7", &wish, NULL, &arena, &gone, &err));
    session_free(session);
}

TASK_TEST(what_is_gone_is_deleted, PATIENT_MS)
{
    static const struct scripted_step steps[] = {
        DELETED("\"deletedWebhookSubscriptionId\":\"gid://7\","
                "\"userErrors\":[]"),
        DELETED("\"deletedWebhookSubscriptionId\":null,\"userErrors\":[{"
                "\"field\":[\"id\"],\"message\":\"Webhook subscription does "
                "not exist\"}]"),
        DELETED("\"deletedWebhookSubscriptionId\":null,\"userErrors\":[{"
                "\"field\":[\"id\"],\"message\":\"Locked\"}]")};
    struct session *session = open_session(http, SERVE(steps));

    ck_assert(webhook_delete(session, "gid://7", NULL, &arena, &err));
    ck_assert(webhook_delete(session, "gid://7", NULL, &arena, &err));
    ck_assert(!webhook_delete(session, "gid://7", NULL, &arena, &err));
    ck_assert_str_eq(err.code, "TOPIC_REFUSED");
    ck_assert_ptr_nonnull(strstr(err.message, "Locked"));
    session_free(session);
}

int
main(void)
{
    Suite *suite = suite_create("webhook");
    TCase *tests = tcase_create("webhook");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, all_pages_are_listed);
    tcase_add_loop_test(tests, a_subscription_fits_only_as_it_was_made, 0,
                        COUNT(fits));
    tcase_add_test(tests, a_subscription_asks_for_its_fields_only);
    tcase_add_test(tests, an_address_that_is_taken_is_not_a_failure);
    tcase_add_loop_test(tests, a_refusal_names_what_is_missing, 0,
                        COUNT(refusals));
    tcase_add_test(tests, a_change_reports_what_is_gone);
    tcase_add_test(tests, what_is_gone_is_deleted);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
