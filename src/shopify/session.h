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
 * it succeeds, is refused for good, or its budget is spent. A class of request
 * (its `what`) has one budget, whichever job makes it. When one is spent the
 * store is given up: every request after that fails at once with the same
 * error, so that a store that does not answer costs its jobs one budget, not
 * one each.
 */
#ifndef SHOPIFY_SESSION_H
#define SHOPIFY_SESSION_H

#include <stdint.h>

#include "base/arena.h"
#include "base/backoff.h"
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

    /* A request of class `what` has failed and will wait to be retried; it
     * has its answer, or none for good. NULL: nobody wants to know. */
    void (*suspend)(void *ctx, const char *what);
    void (*resume)(void *ctx, const char *what);
    void *ctx; /* of all four */
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
    int64_t deadline_ms; /* clock_now_ms(): no longer, then ERR_LATER without
                          * giving up the store; 0: as the budget says */
};

MUST_CHECK bool
session_send(struct session *session, const struct session_request *request,
             const struct log_ctx *log, struct arena *arena,
             struct session_reply *reply, struct err *err);

/* The retries of a class of request that the caller makes by itself:
 * submissions, downloads. The backoff shares the budget of the class. */
struct backoff session_backoff(struct session *session, const char *what);

/* retry_wait() for such a request; when the budget is spent the store is given
 * up. */
MUST_CHECK bool session_wait(struct session *session, struct backoff *backoff,
                             int64_t at_least_ms, const struct log_ctx *log,
                             const char *message, struct err *err);

/* No more requests to this store: they fail with `why`, as ERR_LATER. Only the
 * first call counts. */
void session_give_up(struct session *session, const struct err *why);

/* Why the store was given up, or NULL. */
const struct err *session_given_up(const struct session *session);

/* LOG_WARN for the first sign that the store does not answer, LOG_DEBUG for
 * further ones, until it answers. */
enum log_level session_failure_level(struct session *session);

/* The scopes that the token endpoint named, or NULL. */
const char *session_granted_scopes(const struct session *session);

#endif
