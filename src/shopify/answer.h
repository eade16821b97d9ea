/*
 * answer - what the store's answer to a request means.
 *
 * For the Admin API's own answers, only this file translates HTTP statuses and
 * GraphQL error codes into bulkpg's errors: a sentence, a remedy, and whether
 * the same request may work later.
 * The functions are for src/shopify only.
 *   https://shopify.dev/docs/api/usage/response-codes
 */
#ifndef SHOPIFY_ANSWER_H
#define SHOPIFY_ANSWER_H

#include <stdint.h>

#include "http/http.h"
#include "json/tree.h"

/* Cost and throttle status of an answer; -1 if the answer does not say. */
struct answer_cost {
    double requested;
    double actual;
    double maximum_available;
    double currently_available;
    double restore_rate; /* points per second */
};

/* An answer to a GraphQL request. Its pointers live in the arena that it was
 * read into. */
struct answer {
    struct span body; /* the whole answer */
    int64_t date_s;   /* the store's Date, since 1970; 0: not reported */
    struct json *data;
    struct json *errors; /* why the request failed; NULL: it did not */
    struct answer_cost cost;
    char api_version[32]; /* that the store used; "": not known */
    char request_id[64];
};

/* Turn an answer with a status other than 2xx into an error. `wait_ms`: how
 * long the store asks bulkpg to wait, else 0. Always returns false. */
bool answer_refused(const char *store, const struct http_head *head,
                    struct span body, int64_t *wait_ms, struct err *err);

/* Read the answer to a GraphQL request into `arena`: its data, or the error.
 * The body must live as long as the data. `outer`: the members of data stay
 * JSON text (json_parse_outer()). */
MUST_CHECK bool
answer_read(const char *store, const struct http_head *head, struct span body,
            bool outer, struct arena *arena, struct answer *answer,
            int64_t *wait_ms, struct err *err);

/* The host that a redirect leads to, for messages. */
const char *
answer_location_host(const struct http_head *head, char *text, size_t size);

/* Retry-After as milliseconds, an hour at most. 0: the header is absent. */
int64_t answer_retry_after_ms(const struct http_head *head);

#endif
