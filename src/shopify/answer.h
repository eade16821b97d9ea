/*
 * answer - what the store's answer to a request means.
 *
 * The one place where HTTP statuses and GraphQL error codes become ours: what
 * is wrong in a sentence, what the operator can do about it, and whether the
 * same request may work later. The functions are for src/shopify only.
 *   https://shopify.dev/docs/api/usage/response-codes
 */
#ifndef SHOPIFY_ANSWER_H
#define SHOPIFY_ANSWER_H

#include <stdint.h>

#include "http/http.h"
#include "json/tree.h"

/* What an answer told about cost and throttle; -1 where it did not. */
struct answer_cost {
    double requested;
    double actual;
    double maximum_available;
    double currently_available;
    double restore_rate; /* points per second */
};

/* An answer to a GraphQL request. What it points to lives in the arena that
 * it was read into. */
struct answer {
    struct json *data;
    struct json *errors; /* of a request that failed by them; else NULL */
    struct answer_cost cost;
    char api_version[32]; /* that answered; "": not told */
    char request_id[64];
};

/* An answer with a status other than 2xx. `wait_ms`: how long the store asks
 * us to wait, else 0. Always returns false. */
bool answer_refused(const char *store, const struct http_head *head,
                    struct span body, int64_t *wait_ms, struct err *err);

/* An answer to a GraphQL request: its data, in `arena`, or why there is
 * none. The body must live as long as the data. `outer`: the members of data
 * are not taken apart (json_parse_outer()). */
MUST_CHECK bool
answer_read(const char *store, const struct http_head *head, struct span body,
            bool outer, struct arena *arena, struct answer *answer,
            int64_t *wait_ms, struct err *err);

/* The host that a redirect names, for messages. */
const char *
answer_location_host(const struct http_head *head, char *text, size_t size);

/* Retry-After in seconds, decimals included, as milliseconds; 0: not said. */
int64_t answer_retry_after_ms(const struct http_head *head);

#endif
