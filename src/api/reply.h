/*
 * reply - what the answer of a source means.
 *
 * Any server may answer: GraphQL, a proxy before it, or a limiter. An answer is
 * judged by its body first, because a server may send GraphQL errors with any
 * status. What it says about the rate is read in every case.
 *
 *     redirect, 401            not retried
 *     refused for the rate     retried, when the server allows it
 *     5xx, no JSON, no data    retried
 *     errors and data          see request.partial
 *     errors, and no data      a smaller page, a retry, or the server's message
 *   https://graphql.github.io/graphql-over-http/
 */
#ifndef API_REPLY_H
#define API_REPLY_H

#include "api/request.h"
#include "json/tree.h"

/* The answer to a request. Everything is in the arena of the request. */
struct reply {
    struct span body;    /* the whole answer */
    struct json *data;   /* NULL or a JSON null if there is none */
    struct json *errors; /* NULL: none */
    double cost;         /* in points; -1: not reported */
    int64_t date_s;      /* the server's Date, since 1970; 0: not reported */
    char request_id[64];
};

/* Judge an answer of source `name`. What it says about the rate goes to
 * now->told and now->wait_ms. */
MUST_CHECK bool reply_read(const char *name, struct request_try *now,
                           const struct http_head *head, struct span body,
                           struct reply *reply, struct err *err);

/* What only the head says about the rate, for servers that another file
 * judges. */
void reply_read_rate(const struct http_head *head, struct rate_told *told);

/* The server's Date, in seconds since 1970; 0: not reported. */
int64_t reply_date_s(const struct http_head *head);

/* Retry-After in milliseconds, as seconds, which may have decimals, or as a
 * date, which is compared with the server's Date. 0: the header is absent, or
 * in the past. */
int64_t reply_retry_after_ms(const struct http_head *head);

/* Seconds of a wait as milliseconds, rounded up. 0: not positive, or not a
 * number. A wait of more than 30 days is cut. */
int64_t reply_ms_of(double seconds);

/* A member of what an answer says about its cost; -1: it does not say. */
double reply_number_at(const struct json *object, const char *key);

/* Does the member `errors` of an answer say anything? */
bool reply_has_errors(const struct json *errors);

/* The code of one error; NULL: none. */
const char *reply_code(const struct json *error);

/* Does one error say that access to something is denied? */
bool reply_is_denial(const struct json *error);

/* Does the path of an error lead into a row or a page, not only to the whole
 * answer? */
bool reply_has_path(const struct json *errors);

/* Could the words of an error quote a value? Not if they are about the
 * document: these have a place in it, and no path in the data. */
bool reply_may_quote(const struct json *errors);

/* What is said in place of such words. It says whether they are about a cursor,
 * because that decides what happens next. */
const char *reply_hidden_words(const char *words);

#endif
