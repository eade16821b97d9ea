/*
 * session - one store's Admin API: its address and its token.
 *
 * Shared by all jobs of the store. Requests go to
 *     POST <base_url>/admin/api/<version>/graphql.json
 * and the token to that origin only. A token from the client credentials
 * grant is asked for when first needed and renewed before it ends; two jobs
 * that need it at once ask once.
 *   https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant
 *
 * What is tried again and when the store is given up is in api/: a session
 * adds the token (token.h) and says what an answer means (answer.h).
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

/* Strings are borrowed for the session's life; secrets are never printed. */
struct session_config {
    const char *store;       /* its name, for messages */
    const char *base_url;    /* https://acme.myshopify.com, or the endpoint */
    const char *api_version; /* 2026-10 */
    const char *token;       /* these as in token.h */
    const char *client_id;
    const char *client_secret;
    const char *refresh_token_file;
    bool (*refresh_lock)(void *ctx, struct err *err);
    void (*refresh_unlock)(void *ctx);
    int64_t retry_initial_ms; /* these as in api/patience.h */
    int64_t retry_max_ms;
    int64_t retry_budget_ms;
    void (*suspend)(void *ctx, const char *what);
    void (*resume)(void *ctx, const char *what);
    void *ctx; /* of all four */
};

struct session;

struct session *
session_new(struct http *http, const struct session_config *config);
void session_free(struct session *session);

/* Send a document with its variables (a JSON object, or NULL) and wait for
 * its data, in `arena`. THROTTLED, 429, 5xx, INTERNAL_SERVER_ERROR, bodies
 * that are not JSON or too large and lost connections are tried again as told
 * or with backoff, within the budget (then ERR_LATER); a 401 renews the token
 * once. ERR_DENIED: token, scope, plan (401, 402, 403, 404, 423,
 * ACCESS_DENIED); ERR_FAILED: any other GraphQL error, its text in the
 * message. `what` names the request in messages ("submit", "poll"); `log` is
 * whom log lines are about. */
MUST_CHECK bool
session_query(struct session *session, const char *what, const char *document,
              const char *variables, const struct log_ctx *log,
              struct arena *arena, struct answer *answer, struct err *err);

/* The same with `once`: for a request that must not be repeated blindly. */
MUST_CHECK bool
session_query_once(struct session *session, const char *what,
                   const char *document, const char *variables,
                   const struct log_ctx *log, struct arena *arena,
                   struct answer *answer, struct err *err);

/* What both are short for. */
MUST_CHECK bool
session_send(struct session *session, const struct request *request,
             const struct log_ctx *log, struct arena *arena,
             struct answer *answer, struct err *err);

/* The patience with this store (api/patience.h), for a request that the
 * caller retries by itself: submissions, downloads. */
struct backoff session_backoff(struct session *session, const char *what);
MUST_CHECK bool session_wait(struct session *session, struct backoff *backoff,
                             int64_t at_least_ms, const struct log_ctx *log,
                             const char *message, struct err *err);
void session_give_up(struct session *session, const struct err *why);
const struct err *session_given_up(const struct session *session);
enum log_level session_failure_level(struct session *session);

/* The scopes that the token endpoint named, or NULL. */
const char *session_granted_scopes(const struct session *session);

#endif
