/*
 * token - the access token of one store, and how to get a new one.
 *
 *   static          from the configuration; never renewed
 *   client grant    POST /admin/oauth/access_token, client id and secret
 *   refresh grant   the same, with a refresh token that changes each time: it
 *                   is read from a file, and the new one replaces it there
 *
 * Private to this folder. Secrets are never printed.
 *   https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens
 */
#ifndef SHOPIFY_TOKEN_H
#define SHOPIFY_TOKEN_H

#include <stdint.h>

#include "base/log.h"
#include "base/task.h"
#include "http/http.h"

/* Strings are borrowed for the token's life. */
struct token_source {
    const char *store;    /* its name, for messages */
    const char *base_url; /* without a slash at its end */
    const char *token;    /* static; NULL: a grant with these three */
    const char *client_id;
    const char *client_secret;
    const char *refresh_token_file; /* NULL: client grant */

    /* A lock that is held while the refresh token is exchanged, so that no
     * other process exchanges it at the same time; NULL: no lock. If it fails
     * with ERR_TRANSIENT, the request is retried. */
    bool (*refresh_lock)(void *ctx, struct err *err);
    void (*refresh_unlock)(void *ctx);
    void *ctx;
};

/* To begin, set `source` and `http`, and leave the rest zero. */
struct token {
    struct token_source source;
    struct http *http;
    char *text;          /* owned; NULL: no token yet */
    char *scopes;        /* owned; NULL: not known */
    char *refresh;       /* owned; the last refresh token, or NULL */
    int64_t renew_at_ms; /* clock_now_ms(); CLOCK_NEVER: not by time */
    int64_t ends_at_ms;
    uint64_t generation; /* counts renewals */
    struct task_lock lock;
};

void token_free(struct token *token);

/* Make sure that there is a token that is not about to expire. One task at a
 * time renews it. If that fails with ERR_TRANSIENT while the old token is
 * valid, the failure is only logged. The request for a token ends at
 * `deadline_ms`. `wait_ms`: see answer.h. */
MUST_CHECK bool
token_ensure(struct token *token, const struct log_ctx *log,
             int64_t deadline_ms, int64_t *wait_ms, struct err *err);

/* Renew the token of `generation`, which the store refused, unless another
 * task has renewed it already. */
MUST_CHECK bool token_replace(struct token *token, uint64_t generation,
                              const struct log_ctx *log, int64_t deadline_ms,
                              int64_t *wait_ms, struct err *err);

#endif
