/*
 * session - one store's Admin API: its address and its token.
 *
 * All jobs of the store share it. Requests go to
 *     POST <base_url>/admin/api/<version>/graphql.json
 * and the token goes to that origin only. A token from the client credentials
 * grant is requested when it is first needed, and renewed before it expires.
 * If two jobs need it at the same time, only one requests it.
 *   https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant
 *
 * A session adds the token (token.h) and judges the answers (answer.h). The
 * retries are in api/.
 */
#ifndef SHOPIFY_SESSION_H
#define SHOPIFY_SESSION_H

#include <stdint.h>

#include "api/request.h"
#include "base/arena.h"
#include "base/backoff.h"
#include "base/err.h"
#include "base/log.h"
#include "http/http.h"
#include "shopify/answer.h"

/* Strings are borrowed for the session's life. Secrets are never printed. */
struct session_config {
    const char *store;       /* its name, for messages */
    const char *base_url;    /* https://acme.myshopify.com, or the endpoint */
    const char *api_version; /* 2026-10 */
    const char *token;       /* up to refresh_unlock: see token.h */
    const char *client_id;
    const char *client_secret;
    const char *refresh_token_file;
    bool (*refresh_lock)(void *ctx, struct err *err);
    void (*refresh_unlock)(void *ctx);
    int64_t retry_initial_ms; /* up to resume: see api/patience.h */
    int64_t retry_max_ms;
    int64_t retry_budget_ms;
    void (*suspend)(void *ctx, const char *what);
    void (*resume)(void *ctx, const char *what);
    void *ctx;               /* for the four functions */
    struct rate_pool *rates; /* NULL: no request waits for the rate */
    int concurrency;         /* of requests that wait for it, and */
    double share;            /* what they take */
};

struct session;

struct session *
session_new(struct http *http, const struct session_config *config);
void session_free(struct session *session);

/* Send a document with its variables (a JSON object, or NULL) and read its
 * data into `arena`. Retried: THROTTLED, 429, 5xx, INTERNAL_SERVER_ERROR, lost
 * connections, and bodies that are too large or not JSON. The delay is the one
 * that the store asks for, or grows. When the budget is spent: ERR_LATER. A
 * 401 renews the token once. ERR_DENIED: token, scope or plan (401, 402, 403,
 * 404, 423, ACCESS_DENIED). ERR_FAILED: any other GraphQL error, with its text
 * in the message. `what` names the request in messages ("submit", "poll");
 * `log` names store and job in log lines. */
MUST_CHECK bool
session_query(struct session *session, const char *what, const char *document,
              const char *variables, const struct log_ctx *log,
              struct arena *arena, struct answer *answer, struct err *err);

/* The same for a request that must not be repeated blindly (`once` in
 * api/request.h). */
MUST_CHECK bool
session_query_once(struct session *session, const char *what,
                   const char *document, const char *variables,
                   const struct log_ctx *log, struct arena *arena,
                   struct answer *answer, struct err *err);

/* The same with all options of a request. */
MUST_CHECK bool
session_send(struct session *session, const struct request *request,
             const struct log_ctx *log, struct arena *arena,
             struct answer *answer, struct err *err);

/* The store's patience (api/patience.h), for callers that do their own
 * retries: submissions and downloads. */
struct backoff session_backoff(struct session *session, const char *what);
MUST_CHECK bool session_wait(struct session *session, struct backoff *backoff,
                             int64_t at_least_ms, const struct log_ctx *log,
                             const char *message, struct err *err);
void session_give_up(struct session *session, const struct err *why);
const struct err *session_given_up(const struct session *session);
void session_try_again(struct session *session);
enum log_level session_failure_level(struct session *session);

/* The rate of requests with a `user`; NULL without `rates`. */
struct rate *session_rate(struct session *session);

#endif
