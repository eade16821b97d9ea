#include "hook/delivery.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/timestamp.h"
#include "journal/event.h"
#include "json/index.h"

/* ---- headers ------------------------------------------------------------ */

/* A header that appears twice counts as missing: its values may contradict each
 * other, and a proxy may have checked the other one. */
void
delivery_header(struct delivery *delivery, const char *name, const char *value)
{
    const struct {
        const char *name;
        struct span *value;
    } headers[] = {{"X-Shopify-Shop-Domain", &delivery->domain},
                   {"X-Shopify-Topic", &delivery->topic},
                   {"X-Shopify-Hmac-SHA256", &delivery->signature},
                   {"X-Shopify-Event-Id", &delivery->event_id},
                   {"X-Shopify-Webhook-Id", &delivery->webhook_id},
                   {"X-Shopify-Triggered-At", &delivery->triggered_at}};

    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
        if (strcasecmp(name, headers[i].name) == 0)
            *headers[i].value = headers[i].value->bytes == NULL
                                    ? span_trim(span_str(value))
                                    : span_str("");
}

/* Copy a short text of printable ASCII characters; "" for any other. */
static void
copy_name(struct span text, char to[DELIVERY_NAME_BYTES])
{
    to[0] = '\0';
    if (text.length >= DELIVERY_NAME_BYTES)
        return;
    for (size_t i = 0; i < text.length; i++)
        if (text.bytes[i] <= ' ' || text.bytes[i] > '~')
            return;
    if (text.length > 0)
        memcpy(to, text.bytes, text.length);
    to[text.length] = '\0';
}

static void
copy_event_id(const struct delivery *delivery, char to[DELIVERY_NAME_BYTES])
{
    copy_name(delivery->event_id, to);
    if (to[0] == '\0')
        copy_name(delivery->webhook_id, to);
    if (to[0] == '\0')
        copy_name(delivery->signature, to);
}

static int64_t
triggered_us(struct span text)
{
    struct err ignored;
    int64_t micros;

    if (text.length == 0 || !timestamp_parse(text, &micros, &ignored))
        return JOURNAL_NO_TRIGGER;
    return micros + TIMESTAMP_EPOCH_S * 1000000;
}

/* ---- the body ----------------------------------------------------------- */

struct found {
    int64_t ids[TOPIC_FIELDS];
    struct delivery_event *event;
};

/* The number of "17", 17 or gid://shopify/Product/17?x=1; 0 for others. */
static int64_t
number_of(struct span text)
{
    int64_t number = 0;
    size_t at = 0;

    if (span_starts(text, "gid://")) {
        const char *slash = memrchr(text.bytes, '/', text.length);

        at = (size_t)(slash - text.bytes) + 1;
        for (size_t i = at; i < text.length; i++)
            if (text.bytes[i] == '?')
                text.length = i;
    }
    if (at == text.length)
        return 0;
    for (; at < text.length; at++) {
        int digit = text.bytes[at] - '0';

        if (digit < 0 || digit > 9 || number > (INT64_MAX - digit) / 10)
            return 0;
        number = number * 10 + digit;
    }
    return number;
}

/* Of a key that appears twice, the last value counts, as elsewhere. */
static void
take_id(void *ctx, size_t path, struct span source, struct span text)
{
    struct found *found = ctx;

    (void)source;
    found->ids[path] = number_of(text);
    if (found->ids[path] > 0 && text.length < DELIVERY_GID_BYTES &&
        span_starts(text, "gid://shopify/BulkOperation/")) {
        memcpy(found->event->finished, text.bytes, text.length);
        found->event->finished[text.length] = '\0';
    }
}

/* A body of another topic is only checked; its own `id` is taken if it has
 * one. */
static bool
read_body(struct span body, struct delivery_event *event, struct err *err)
{
    static const char *const otherwise[] = {"id"};
    struct found found = {.event = event};
    const struct topic *topic = event->known;
    const char *const *paths = topic != NULL ? topic->fields : otherwise;
    size_t count = topic != NULL && topic->fields[1] != NULL ? 2 : 1;

    if (!json_index(body, paths, count, take_id, &found, err)) {
        err_code(err, MSG_WEBHOOK_INVALID);
        return err_wrap(err, "the body is not valid JSON");
    }
    event->object_id = found.ids[0] > 0 ? found.ids[0] : found.ids[1];
    return true;
}

bool
delivery_read(const struct delivery *delivery, struct delivery_event *event,
              struct err *err)
{
    *event = (struct delivery_event){0};
    copy_name(delivery->topic, event->topic);
    if (event->topic[0] == '\0')
        return err_set(err, MSG_WEBHOOK_INVALID,
                       "the header X-Shopify-Topic is missing or not valid");
    for (char *c = event->topic; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    copy_event_id(delivery, event->event_id);
    event->triggered_us = triggered_us(delivery->triggered_at);
    event->known = topics_find(span_str(event->topic));
    return read_body(delivery->body, event, err);
}
