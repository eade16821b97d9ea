/*
 * The documents of webhook subscriptions, and what the store's answers mean.
 *
 * Hazards. User errors have no codes, so their texts are read. The answer to a
 * subscription may be lost: the store then has one that bulkpg does not know,
 * and subscribing again is refused because the address is taken. The caller
 * lists the subscriptions to find it.
 */
#include "shopify/webhook.h"

#include <string.h>

#include "base/buf.h"
#include "json/write.h"

enum { MOST = 1000, VARIABLES_BYTES = 16 * 1024 };

#define FIELDS "id topic uri format filter includeFields"

static const char list_document[] =
    "query ListWebhooks($after: String) {"
    " webhookSubscriptions(first: 100, after: $after) {"
    " nodes { " FIELDS " } pageInfo { hasNextPage endCursor } } }";

static const char create_document[] =
    "mutation SubscribeWebhook($topic: WebhookSubscriptionTopic!,"
    " $hook: WebhookSubscriptionInput!) {"
    " webhookSubscriptionCreate(topic: $topic, webhookSubscription: $hook) {"
    " webhookSubscription { id } userErrors { field message } } }";

static const char update_document[] =
    "mutation ChangeWebhook($id: ID!, $hook: WebhookSubscriptionInput!) {"
    " webhookSubscriptionUpdate(id: $id, webhookSubscription: $hook) {"
    " webhookSubscription { id } userErrors { field message } } }";

static const char delete_document[] =
    "mutation DeleteWebhook($id: ID!) {"
    " webhookSubscriptionDelete(id: $id) {"
    " deletedWebhookSubscriptionId userErrors { field message } } }";

/* ---- scopes ------------------------------------------------------------- */

/* The scope that a topic needs, by what is before its slash. */
static const struct {
    const char *resource;
    const char *scope;
} scopes[] = {
    {"checkouts", "read_orders"},
    {"collections", "read_products"},
    {"companies", "read_customers"},
    {"company_contacts", "read_customers"},
    {"company_locations", "read_customers"},
    {"customers", "read_customers"},
    {"discounts", "read_discounts"},
    {"disputes", "read_shopify_payments_disputes"},
    {"draft_orders", "read_draft_orders"},
    {"fulfillment_orders", "read_merchant_managed_fulfillment_orders"},
    {"fulfillments", "read_fulfillments"},
    {"inventory_items", "read_inventory"},
    {"inventory_levels", "read_inventory"},
    {"locations", "read_locations"},
    {"markets", "read_markets"},
    {"metaobjects", "read_metaobjects"},
    {"order_transactions", "read_orders"},
    {"orders", "read_orders"},
    {"products", "read_products"},
    {"profiles", "read_shipping"},
    {"refunds", "read_orders"},
    {"segments", "read_customers"},
    {"selling_plan_groups", "read_products"},
    {"subscription_billing_attempts", "read_own_subscription_contracts"},
    {"subscription_contracts", "read_own_subscription_contracts"},
    {"tender_transactions", "read_orders"},
    {"themes", "read_themes"},
    {"variants", "read_products"}};

static const char *
scope_of(const char *name)
{
    size_t length = strcspn(name, "/");

    for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++)
        if (span_is(span_of(name, length), scopes[i].resource))
            return scopes[i].scope;
    return NULL;
}

/* ---- wishes ------------------------------------------------------------- */

static bool
has_field(const struct json *list, const char *name)
{
    for (const struct json *f = list->first; f != NULL; f = f->next) {
        const char *text = json_str(f);

        if (text != NULL && strcmp(text, name) == 0)
            return true;
    }
    return false;
}

bool
webhook_fits(const struct webhook *webhook, const struct webhook_wish *wish)
{
    size_t count = 0;

    if (strcmp(webhook->topic, wish->topic) != 0 ||
        strcmp(webhook->uri, wish->uri) != 0 ||
        strcmp(webhook->format, "JSON") != 0 || webhook->filter[0] != '\0')
        return false;
    if (webhook->fields == NULL || webhook->fields->kind != JSON_ARRAY)
        return false;
    for (; wish->fields != NULL && wish->fields[count] != NULL; count++)
        if (!has_field(webhook->fields, wish->fields[count]))
            return false;
    return webhook->fields->count == count;
}

static void
write_wish(struct json_out *json, const struct webhook_wish *wish)
{
    json_out_key(json, "hook");
    json_out_open(json, '{');
    json_out_text(json, "uri", wish->uri);
    json_out_text(json, "format", "JSON");
    json_out_text(json, "filter", NULL);
    json_out_key(json, "includeFields");
    json_out_open(json, '[');
    for (size_t i = 0; wish->fields != NULL && wish->fields[i] != NULL; i++)
        json_out_string(json, wish->fields[i]);
    json_out_close(json, ']');
    json_out_close(json, '}');
}

/* Variables with one text, and a wish unless it is NULL. */
static const char *
variables(struct arena *arena, const char *name, const char *value,
          const struct webhook_wish *wish)
{
    struct buf to = buf_with_ceiling(VARIABLES_BYTES);
    struct json_out *json = json_out_new(&to);
    char *text;

    json_out_open(json, '{');
    json_out_text(json, name, value);
    if (wish != NULL)
        write_wish(json, wish);
    json_out_close(json, '}');
    text = arena_strdup(arena, to.overflowed ? "{}" : buf_str(&to));
    json_out_free(json);
    buf_free(&to);
    return text;
}

/* ---- answers ------------------------------------------------------------ */

/* The texts of all user errors; NULL: there are none. */
static const char *
user_errors(const struct json *payload, struct arena *arena)
{
    const struct json *errors = json_get(payload, "userErrors");
    const char *words = NULL;

    for (const struct json *e = errors != NULL ? errors->first : NULL;
         e != NULL; e = e->next) {
        const char *message = json_str(json_get(e, "message"));

        if (message == NULL || message[0] == '\0')
            message = "an error without a message";
        words = words == NULL ? message
                              : arena_printf(arena, "%s; %s", words, message);
    }
    return words;
}

static bool
is_denial(const char *words)
{
    return strstr(words, "protected customer data") != NULL ||
           strstr(words, "specified topic") != NULL ||
           strstr(words, "permission") != NULL;
}

static void
hint_denial(const char *name, const char *words, struct err *err)
{
    const char *scope = scope_of(name);

    if (strstr(words, "protected customer data") != NULL)
        err_hint(err, "ask Shopify for access to protected customer data, in "
                      "the settings of the app; then subscribe again");
    else if (scope != NULL)
        err_hint(err, "grant the app the scope %s, and subscribe again", scope);
}

static bool
refused(const char *name, const char *words, const struct answer *answer,
        struct err *err)
{
    err_set(err, is_denial(words) ? MSG_TOPIC_DENIED : MSG_TOPIC_REFUSED,
            "the store refuses webhooks of %s: %s", name, words);
    if (is_denial(words))
        hint_denial(name, words, err);
    memcpy(err->request_id, answer->request_id, sizeof(err->request_id));
    return false;
}

static bool
senseless(const struct answer *answer, struct err *err)
{
    err_set(err, MSG_TOPIC_REFUSED,
            "the store's answer has no webhook subscription");
    memcpy(err->request_id, answer->request_id, sizeof(err->request_id));
    return false;
}

static bool
is_gone(const char *words)
{
    return strstr(words, "does not exist") != NULL ||
           strstr(words, "not found") != NULL;
}

/* ---- requests ----------------------------------------------------------- */

static const char *
text_of(const struct json *node, const char *key)
{
    const char *text = json_str(json_get(node, key));

    return text != NULL ? text : "";
}

static void
read_page(const struct answer *answer, struct webhooks *webhooks)
{
    const struct json *nodes =
        json_path(answer->data, "webhookSubscriptions", "nodes", NULL);

    for (const struct json *n = nodes != NULL ? nodes->first : NULL;
         n != NULL && webhooks->count < MOST; n = n->next)
        webhooks->items[webhooks->count++] =
            (struct webhook){.id = text_of(n, "id"),
                             .topic = text_of(n, "topic"),
                             .uri = text_of(n, "uri"),
                             .format = text_of(n, "format"),
                             .filter = text_of(n, "filter"),
                             .fields = json_get(n, "includeFields")};
}

bool
webhook_list(struct session *session, const struct log_ctx *log,
             struct arena *arena, struct webhooks *webhooks, struct err *err)
{
    const char *after = NULL;

    *webhooks = (struct webhooks){
        .items = arena_array(arena, MOST, sizeof(*webhooks->items))};
    do {
        const struct json *info;
        struct answer answer;

        if (!session_query(session, "webhooks", list_document,
                           variables(arena, "after", after, NULL), log, arena,
                           &answer, err))
            return false;
        read_page(&answer, webhooks);
        info = json_path(answer.data, "webhookSubscriptions", "pageInfo", NULL);
        after = json_is_true(json_get(info, "hasNextPage"))
                    ? json_str(json_get(info, "endCursor"))
                    : NULL;
    } while (after != NULL && webhooks->count < MOST);
    return true;
}

bool
webhook_create(struct session *session, const struct webhook_wish *wish,
               const struct log_ctx *log, struct arena *arena, const char **id,
               struct err *err)
{
    const struct json *payload;
    const char *words;
    struct answer answer;

    *id = NULL;
    if (!session_query(session, "subscribe", create_document,
                       variables(arena, "topic", wish->topic, wish), log, arena,
                       &answer, err))
        return false;
    payload = json_get(answer.data, "webhookSubscriptionCreate");
    words = user_errors(payload, arena);
    if (words != NULL)
        return strstr(words, "already been taken") != NULL ||
               refused(wish->name, words, &answer, err);
    *id = json_str(json_path(payload, "webhookSubscription", "id", NULL));
    return *id != NULL || senseless(&answer, err);
}

bool
webhook_update(struct session *session, const char *id,
               const struct webhook_wish *wish, const struct log_ctx *log,
               struct arena *arena, bool *gone, struct err *err)
{
    const char *words;
    struct answer answer;

    *gone = false;
    if (!session_query(session, "subscribe", update_document,
                       variables(arena, "id", id, wish), log, arena, &answer,
                       err))
        return false;
    words =
        user_errors(json_get(answer.data, "webhookSubscriptionUpdate"), arena);
    *gone = words != NULL && is_gone(words);
    return words == NULL || *gone || refused(wish->name, words, &answer, err);
}

bool
webhook_delete(struct session *session, const char *id,
               const struct log_ctx *log, struct arena *arena, struct err *err)
{
    const char *words;
    struct answer answer;

    if (!session_query(session, "unsubscribe", delete_document,
                       variables(arena, "id", id, NULL), log, arena, &answer,
                       err))
        return false;
    words =
        user_errors(json_get(answer.data, "webhookSubscriptionDelete"), arena);
    if (words == NULL || is_gone(words))
        return true;
    err_set(err, MSG_TOPIC_REFUSED, "the store does not delete %s: %s", id,
            words);
    memcpy(err->request_id, answer.request_id, sizeof(err->request_id));
    return false;
}
