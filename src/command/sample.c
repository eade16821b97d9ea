#include "command/sample.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/out.h"
#include "base/random.h"
#include "hook/signature.h"
#include "json/write.h"

enum { SAMPLE_ID = 1, SAMPLE_BYTES = 4096, ANSWER_BYTES = 64 * 1024 };

/* A sample that is sent to the listener. */
struct sample {
    const struct store_config *store;
    const struct topic *topic;
    const char *secret;
    int64_t id;
    char body[SAMPLE_BYTES];
};

static bool
find_secret(struct sample *sample, struct err *err)
{
    const struct store_config *store = sample->store;

    if (store->fault.kind != ERR_NONE) {
        *err = store->fault;
        return false;
    }
    sample->secret = store->webhook_secret != NULL ? store->webhook_secret
                                                   : store->client_secret;
    if (sample->secret == NULL)
        return err_set(err, MSG_NO_WEBHOOK_SECRET,
                       "store %s has neither webhook_secret nor client_secret",
                       store->name);
    return store->domain[0] != '\0' ||
           err_set(err, MSG_NO_ADDRESS, "store %s has no domain", store->name);
}

/* The field that names the object: "order_id", "order.id", or one with a gid.
 * Objects around it are opened, and closed by the caller. */
static void
write_field(struct json_out *json, const struct sample *sample,
            const char *path)
{
    char text[128];

    for (const char *dot; (dot = strchr(path, '.')) != NULL; path = dot + 1) {
        snprintf(text, sizeof(text), "%.*s", (int)(dot - path), path);
        json_out_key(json, text);
        json_out_open(json, '{');
    }
    if (strstr(path, "admin_graphql_api") != NULL) {
        snprintf(text, sizeof(text), "gid://shopify/%s/%" PRId64,
                 sample->topic->type, sample->id);
        json_out_text(json, path, text);
    } else {
        json_out_number(json, path, sample->id);
    }
}

static void
write_body(struct sample *sample)
{
    const char *path = sample->topic->fields[0];
    struct buf text = buf_with_ceiling(SAMPLE_BYTES);
    struct json_out *json = json_out_new(&text);
    char now[CLOCK_UTC_BYTES];

    json_out_open(json, '{');
    json_out_text(json, "updated_at",
                  clock_format_utc(clock_wall_us() / 1000000, now));
    write_field(json, sample, path);
    for (; (path = strchr(path, '.')) != NULL; path++)
        json_out_close(json, '}');
    json_out_close(json, '}');
    snprintf(sample->body, sizeof(sample->body), "%s", buf_str(&text));
    json_out_free(json);
    buf_free(&text);
}

/* What a refusal means. */
static const char *
advice(int status)
{
    switch (status) {
    case 401:
        return "the listener does not know this domain with this secret: start "
               "it with the same bulkpg.ini, and restart it after the secret "
               "has changed";
    case 503:
        return "the listener cannot write to its database now: its log says "
               "why";
    case 400:
    case 413:
        return "the listener is of another version: use the same one for both";
    default:
        return "another program answers at this port: give the port of bulkpg "
               "listen with --port";
    }
}

static bool
judge(const struct sample *sample, const char *url, int status, struct err *err)
{
    if (status == 200) {
        out_line(stdout, "%s took %s of object %" PRId64 " of store %s", url,
                 sample->topic->name, sample->id, sample->store->name);
        out_line(stdout,
                 "It is in bulkpg.event; the store's jobs with %s as "
                 "a root fetch the object within seconds.",
                 sample->topic->type);
        return true;
    }
    err_set(err, MSG_LISTENER_REFUSED, "%s answered HTTP %d", url, status);
    return err_hint(err, "%s", advice(status));
}

static bool
post(struct context *context, const struct sample *sample, const char *url,
     int *status, struct err *err)
{
    struct buf answer = buf_with_ceiling(ANSWER_BYTES);
    struct arena arena = {0};
    struct span body = span_str(sample->body);
    char uuid[RANDOM_UUID_BYTES], text[SIGNATURE_TEXT], now[CLOCK_UTC_BYTES];
    struct http_head head = {0};
    const char *headers[] = {
        "Content-Type: application/json",
        arena_printf(&arena, "X-Shopify-Topic: %s", sample->topic->name),
        arena_printf(&arena, "X-Shopify-Shop-Domain: %s",
                     sample->store->domain),
        NULL,
        NULL,
        NULL,
        NULL,
        NULL};
    bool ok;

    random_uuid(uuid);
    clock_format_utc(clock_wall_us() / 1000000, now);
    signature_write(span_str(sample->secret), body, text);
    headers[3] = arena_printf(&arena, "X-Shopify-Hmac-Sha256: %s", text);
    headers[4] = arena_printf(&arena, "X-Shopify-Event-Id: %s", uuid);
    headers[5] = arena_printf(&arena, "X-Shopify-Webhook-Id: %s", uuid);
    headers[6] = arena_printf(&arena, "X-Shopify-Triggered-At: %s", now);
    ok = http_fetch(context->http,
                    &(struct http_request){.method = "POST",
                                           .url = url,
                                           .headers = headers,
                                           .body = body,
                                           .once = true},
                    &head, &answer, err);
    *status = head.status;
    buf_free(&answer);
    arena_free(&arena);
    return ok;
}

bool
sample_send(struct context *context, const struct store_config *store,
            const struct topic *topic, struct err *err)
{
    const struct options *options = context->options;
    struct sample sample = {.store = store,
                            .topic = topic,
                            .id = options->id > 0 ? options->id : SAMPLE_ID};
    char url[64];
    int status;

    if (!find_secret(&sample, err))
        return false;
    write_body(&sample);
    snprintf(url, sizeof(url), "http://127.0.0.1:%" PRId64 "/", options->port);
    if (post(context, &sample, url, &status, err))
        return judge(&sample, url, status, err);
    if (err_is(err, MSG_NOT_SENT) || err_is(err, MSG_ANSWER_LOST)) {
        err_code(err, MSG_NO_LISTENER);
        err_as(err, ERR_FAILED);
    }
    return false;
}
