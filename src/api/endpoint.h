/*
 * endpoint - a source's API: its address, its headers and its rate.
 *
 * All jobs of the source share it. Each request is a POST to the URL, with the
 * configured headers, which go to that host only. Answers are judged by
 * reply.h, requests are retried by request.h and wait for their turn in rate.h.
 */
#ifndef API_ENDPOINT_H
#define API_ENDPOINT_H

#include "api/reply.h"
#include "api/request.h"

/* "name: before" and the secret. */
struct endpoint_header {
    const char *name;
    const char *before;
    const char *secret; /* NULL: none */
};

/* Strings are borrowed for the endpoint's life. Secrets are never printed. */
struct endpoint_config {
    const char *name; /* of the source, for messages */
    const char *url;  /* may have the mark {at} */
    const struct endpoint_header *headers;
    size_t header_count;
    int concurrency;
    double share;
    int64_t retry_initial_ms; /* up to resume: see api/patience.h */
    int64_t retry_max_ms;
    int64_t retry_budget_ms;
    void (*suspend)(void *ctx, const char *what);
    void (*resume)(void *ctx, const char *what);
    void *ctx; /* for the two functions */
};

struct endpoint;

struct endpoint *endpoint_new(struct http *http, struct rate_pool *pool,
                              const struct endpoint_config *config);
void endpoint_free(struct endpoint *endpoint); /* NULL is allowed */

/* Send a request and read its answer into `arena`. `at`: the moment whose data
 * is read, for {at} in the URL, else as the parameter `at`; NULL: now. Errors
 * are those of reply.h; ERR_LATER when the budget is spent. */
MUST_CHECK bool
endpoint_send(struct endpoint *endpoint, const struct request *request,
              const char *at, const struct log_ctx *log, struct arena *arena,
              struct reply *reply, struct err *err);

struct rate *endpoint_rate(struct endpoint *endpoint);

/* Later requests fail with `why`; only the first call has an effect. */
void endpoint_give_up(struct endpoint *endpoint, const struct err *why);

/* Why the source was given up, or NULL. */
const struct err *endpoint_given_up(const struct endpoint *endpoint);

#endif
