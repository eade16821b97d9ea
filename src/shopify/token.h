/*
 * token - the access token of one store, and where a new one comes from.
 *
 *   static          given; never renewed
 *   client grant    POST /admin/oauth/access_token, client id and secret
 *   refresh grant   the same, and a refresh token that changes each time: read
 *                   from its file, the new one written in its place
 *
 * Private to this folder. Every secret ends here: nothing below is printed.
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
    const char *token;    /* static; or NULL and these: */
    const char *client_id;
    const char *client_secret;
    const char *refresh_token_file; /* rotating refresh token; or NULL */

    /* Held while the refresh token is exchanged for the next one, so that no
     * other process does so at the same time; NULL: there is none. When it
     * fails with ERR_TRANSIENT, the request is retried. */
    bool (*refresh_lock)(void *ctx, struct err *err);
    void (*refresh_unlock)(void *ctx);
    void *ctx;
};

/* With its source and client, and otherwise all zero: none yet. */
struct token {
    struct token_source source;
    struct http *http;
    char *text;          /* owned; NULL: none yet */
    char *scopes;        /* owned; NULL: not told */
    char *refresh;       /* owned; the refresh token seen last, or NULL */
    int64_t renew_at_ms; /* clock_now_ms(); CLOCK_NEVER: static */
    int64_t ends_at_ms;
    uint64_t generation; /* counts renewals */
    struct task_lock lock;
};

void token_free(struct token *token);

/* Have a token that is not about to end. It is renewed by one task at a time;
 * while the old one is valid, a renewal that fails for now is only logged. A
 * request for it ends at `deadline_ms`. `wait_ms` as in answer.h. */
MUST_CHECK bool
token_ensure(struct token *token, const struct log_ctx *log,
             int64_t deadline_ms, int64_t *wait_ms, struct err *err);

/* The token of `generation` was refused: renew it, unless that was done. */
MUST_CHECK bool token_replace(struct token *token, uint64_t generation,
                              const struct log_ctx *log, int64_t deadline_ms,
                              int64_t *wait_ms, struct err *err);

#endif
