/*
 * Before each try of a request, this file writes the URL and the headers;
 * request.h does the rest. The moment, if there is one, is put into the URL:
 *
 *     {at} in the URL, a moment      the moment replaces {at}
 *     {at} in the URL, no moment     {at} is left out, or the parameter at={at}
 *     no {at} in the URL, a moment   a parameter at=MOMENT is added
 *
 * Hazards. Buffers with a secret are wiped before they are freed. A secret may
 * also be written in the configuration itself, without env:, file: or cred:. So
 * the value of a header is also redacted if the header's name looks like that
 * of a secret. The key of the rate contains the secrets, because the server has
 * a limit for each of them.
 */
#include "api/endpoint.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/redact.h"

enum { HEADER_BYTES = 16 * 1024, URL_BYTES = 8 * 1024 };

struct endpoint {
    struct http *http;
    struct endpoint_config config;
    struct patience patience;
    struct rate *rate;
};

/* One request: the ctx of the hooks. */
struct call {
    struct endpoint *endpoint;
    struct reply *reply;
};

/* ---- life -------------------------------------------------------------- */

static void
append_header(struct buf *text, const struct endpoint_header *header)
{
    buf_append_str(text, header->before);
    if (header->secret != NULL)
        buf_append_str(text, header->secret);
}

static void
wipe(struct buf *text)
{
    if (text->bytes != NULL)
        explicit_bzero(text->bytes, text->length);
    buf_free(text);
}

/* A secret that is written in a header itself is hidden, too. */
static bool
is_sensitive(const char *name)
{
    static const char *const parts[] = {"auth", "key", "token", "secret"};

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (strcasestr(name, parts[i]) != NULL)
            return true;
    return false;
}

/* What to hide of a header; NULL: nothing. */
static const char *
secret_of(const struct endpoint_header *header)
{
    const char *blank = strrchr(header->before, ' ');

    if (header->secret != NULL || !is_sensitive(header->name))
        return header->secret;
    return blank != NULL ? blank + 1 : header->before;
}

/* The server counts together what comes to one host with the same headers. */
static struct rate *
make_rate(struct rate_pool *pool, const struct endpoint_config *config)
{
    struct buf credentials = buf_with_ceiling(HEADER_BYTES);
    const char *host = strstr(config->url, "://");
    struct rate *rate;

    host = host != NULL ? host + 3 : config->url;
    buf_append(&credentials, host, strcspn(host, "/?"));
    for (size_t i = 0; i < config->header_count; i++) {
        buf_append_char(&credentials, '\n');
        buf_append_str(&credentials, config->headers[i].name);
        buf_append_char(&credentials, ':');
        append_header(&credentials, &config->headers[i]);
    }
    rate = rate_new(pool, buf_str(&credentials), config->concurrency,
                    config->share);
    wipe(&credentials);
    return rate;
}

struct endpoint *
endpoint_new(struct http *http, struct rate_pool *pool,
             const struct endpoint_config *config)
{
    struct endpoint *endpoint = mem_alloc(sizeof(*endpoint));

    endpoint->http = http;
    endpoint->config = *config;
    endpoint->rate = make_rate(pool, config);
    endpoint->patience.config =
        (struct patience_config){.retry_initial_ms = config->retry_initial_ms,
                                 .retry_max_ms = config->retry_max_ms,
                                 .retry_budget_ms = config->retry_budget_ms,
                                 .least_ms = http_stall_timeout(http),
                                 .suspend = config->suspend,
                                 .resume = config->resume,
                                 .ctx = config->ctx};
    for (size_t i = 0; i < config->header_count; i++)
        redact_learn(secret_of(&config->headers[i]));
    return endpoint;
}

void
endpoint_free(struct endpoint *endpoint)
{
    if (endpoint == NULL)
        return;
    for (size_t i = 0; i < endpoint->config.header_count; i++)
        redact_forget(secret_of(&endpoint->config.headers[i]));
    rate_free(endpoint->rate);
    free(endpoint);
}

struct rate *
endpoint_rate(struct endpoint *endpoint)
{
    return endpoint->rate;
}

void
endpoint_give_up(struct endpoint *endpoint, const struct err *why)
{
    patience_give_up(&endpoint->patience, why);
}

const struct err *
endpoint_given_up(const struct endpoint *endpoint)
{
    return patience_given_up(&endpoint->patience);
}

/* ---- the URL ------------------------------------------------------------ */

static bool
is_at_parameter(const char *url, const char *mark)
{
    return mark - url > 4 && strncmp(mark - 3, "at=", 3) == 0 &&
           strchr("?&", mark[-4]) != NULL;
}

/* Without a moment, a parameter at={at} is left out, because an empty one
 * would not be a time. */
static void
append_without_moment(struct buf *text, const char *url, const char *mark)
{
    const char *rest = mark + strlen("{at}");

    if (!is_at_parameter(url, mark)) {
        buf_append(text, url, (size_t)(mark - url));
        buf_append_str(text, rest);
        return;
    }
    if (*rest == '&') {
        buf_append(text, url, (size_t)(mark - url) - strlen("at="));
        rest++;
    } else {
        buf_append(text, url, (size_t)(mark - url) - strlen("?at="));
    }
    buf_append_str(text, rest);
}

static const char *
url_at(const char *url, const char *at, struct arena *arena)
{
    const char *mark = strstr(url, "{at}");
    struct buf text = buf_with_ceiling(URL_BYTES);
    const char *copy;

    if (mark == NULL && at == NULL)
        return url;
    if (mark == NULL) {
        buf_printf(&text, "%s%cat=%s", url, strchr(url, '?') ? '&' : '?', at);
    } else if (at == NULL) {
        append_without_moment(&text, url, mark);
    } else {
        buf_append(&text, url, (size_t)(mark - url));
        buf_append_str(&text, at);
        buf_append_str(&text, mark + strlen("{at}"));
    }
    copy = arena_dup(arena, buf_span(&text));
    buf_free(&text);
    return copy;
}

/* ---- one try ------------------------------------------------------------ */

static bool
add_headers(void *ctx, struct request_try *now, struct request_headers *headers,
            struct err *err)
{
    const struct call *call = ctx;
    const struct endpoint_config *config = &call->endpoint->config;
    bool ok = true;

    (void)now;
    for (size_t i = 0; ok && i < config->header_count; i++) {
        struct buf value = buf_with_ceiling(HEADER_BYTES);

        append_header(&value, &config->headers[i]);
        ok = !value.overflowed &&
             request_header(headers, config->headers[i].name, buf_str(&value));
        wipe(&value);
    }
    return ok || err_set(err, MSG_BAD_TOKEN,
                         "the headers of source %s are too long", config->name);
}

static bool
judge_answer(void *ctx, struct request_try *now, const struct http_head *head,
             struct span body, struct err *err)
{
    struct call *call = ctx;
    struct endpoint *endpoint = call->endpoint;
    bool ok =
        reply_read(endpoint->config.name, now, head, body, call->reply, err);

    log_debug(now->log, "answer", LOG_STR("request", now->request->what),
              LOG_NUM("status", head->status),
              LOG_STR("request_id", call->reply->request_id),
              LOG_NUM("cost", call->reply->cost),
              LOG_NUM("left", rate_left(endpoint->rate)), LOG_END);
    return ok;
}

/* ---- requests ----------------------------------------------------------- */

bool
endpoint_send(struct endpoint *endpoint, const struct request *request,
              const char *at, const struct log_ctx *log, struct arena *arena,
              struct reply *reply, struct err *err)
{
    struct arena scratch = {0};
    struct request_server server = {
        .http = endpoint->http,
        .url = url_at(endpoint->config.url, at, &scratch),
        .patience = &endpoint->patience,
        .rate = endpoint->rate};
    struct call call = {.endpoint = endpoint, .reply = reply};
    struct request_hooks hooks = {
        .authorize = add_headers, .judge = judge_answer, .ctx = &call};
    bool ok;

    *reply = (struct reply){.cost = -1};
    ok = request_send(&server, request, &hooks, log, arena, err);
    arena_free(&scratch);
    return ok;
}
