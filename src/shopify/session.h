/*
 * session - one store's Admin API: its address, its token, its patience.
 *
 * Shared by all jobs of the store. Requests go to
 *     POST <base_url>/admin/api/<version>/graphql.json
 * and the token to that origin only. A token from the client credentials
 * grant is asked for when first needed and renewed before it ends; two jobs
 * that need it at once ask once.
 *   https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant
 *
 * The one retry policy of the Admin API is here: every request is tried until
 * it succeeds, is refused for good, or its budget is spent.
 */
#ifndef SHOPIFY_SESSION_H
#define SHOPIFY_SESSION_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "http/http.h"
#include "json/tree.h"

/* Strings are borrowed for the session's life; secrets are never printed. */
struct session_config {
    const char *store;       /* its name, for messages */
    const char *base_url;    /* https://acme.myshopify.com, or the endpoint */
    const char *api_version; /* 2026-10 */
    const char *token;       /* static; or NULL and these: */
    const char *client_id;
    const char *client_secret;
    const char *refresh_token_file; /* rotating refresh token; or NULL */
    int64_t retry_initial_ms;
    int64_t retry_max_ms;
    int64_t retry_budget_ms;

    /* Held while the refresh token is exchanged for the next one, so that
     * nobody else does so at once; NULL: there is nobody. Failing with
     * ERR_TRANSIENT, it is tried again as a request is. */
    bool (*refresh_lock)(void *ctx, struct err *err);
    void (*refresh_unlock)(void *ctx);
    void *refresh_ctx;
};

struct session;

struct session *
session_new(struct http *http, const struct session_config *config);
void session_free(struct session *session);

/* What an answer told about cost and throttle; -1 where it did not. */
struct session_cost {
    double requested;
    double actual;
    double maximum_available;
    double currently_available;
    double restore_rate; /* points per second */
};

/* An answer without errors. `data` lives in the arena given. */
struct session_reply {
    struct json *data;
    struct json *errors; /* also of a request that failed by them; else NULL */
    struct session_cost cost;
    char api_version[32]; /* that answered; "": not told */
    char request_id[64];
};

/* Send a document with its variables (a JSON object, or NULL) and wait for
 * its data. THROTTLED, 429, 5xx, INTERNAL_SERVER_ERROR, bodies that are no
 * JSON or beyond measure and lost connections are tried again as told or with
 * backoff, within the budget (then ERR_LATER); a 401 renews the token once. ERR_DENIED:
 * token, scope, plan (401, 402, 403, 404, 423, ACCESS_DENIED); ERR_FAILED:
 * any other GraphQL error, its text in the message. `what` names the request
 * in messages ("submit", "poll"); `log` is whom log lines are about. */
MUST_CHECK bool session_query(struct session *session, const char *what,
                              const char *document, const char *variables,
                              const struct log_ctx *log, struct arena *arena,
                              struct session_reply *reply, struct err *err);

/* The same, for a request that must not be repeated blindly: tried again only
 * where the store said that it did nothing (401, 429, THROTTLED). A lost
 * answer, 5xx and INTERNAL_SERVER_ERROR included, is ERR_TRANSIENT with the
 * code "ANSWER_LOST" when the request may have reached the store, and
 * "NOT_SENT" when it cannot have. */
MUST_CHECK bool
session_query_once(struct session *session, const char *what,
                   const char *document, const char *variables,
                   const struct log_ctx *log, struct arena *arena,
                   struct session_reply *reply, struct err *err);

/* What both are short for. */
struct session_request {
    const char *what;
    const char *document;
    const char *variables; /* or NULL */
    size_t reply_ceiling;  /* 0: 4 MiB, enough for anything but types; where
                            * it is given, a larger answer is ERR_FAILED */
    bool outer; /* members of `data` stay JSON text: json_parse_outer() */
    bool once;
    bool finish; /* once sent, its answer is waited for even while stopping */
};

MUST_CHECK bool
session_send(struct session *session, const struct session_request *request,
             const struct log_ctx *log, struct arena *arena,
             struct session_reply *reply, struct err *err);

/* The scopes that the token endpoint named, or NULL. */
const char *session_granted_scopes(const struct session *session);

#endif
