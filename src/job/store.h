/*
 * store - the session of a store, or the API of a source, and the limit on jobs
 * that are prepared at once.
 */
#ifndef JOB_STORE_H
#define JOB_STORE_H

#include "job/context.h"

/* The store's session, created on first use. A refresh token is exchanged under
 * a claim in the journal, so that no other process exchanges the same one. */
struct session *
store_session(struct context *context, struct store_state *store);

/* In a process that lasts: send requests to the store again, if it was given
 * up. */
void store_try_again(struct store_state *store);

/* The API of a source, created on first use. */
struct endpoint *
store_endpoint(struct context *context, struct store_state *store);

/* Send a request to a store or a source, and read its answer into `arena`.
 * `at`: see api/endpoint.h; a store has no moments. */
MUST_CHECK bool store_ask(struct context *context, struct store_state *store,
                          const struct request *request, const char *at,
                          const struct log_ctx *log, struct arena *arena,
                          struct reply *reply, struct err *err);

/* The rate of its requests for pages. */
struct rate *store_rate(struct context *context, struct store_state *store);

/* Wait until one more job may be prepared. The limit bounds memory: a job in
 * preparation holds the store's types, one or two megabytes. While its store
 * does not answer, a job does not count, so that it does not delay the jobs of
 * other stores. */
MUST_CHECK bool
store_begin_preparation(struct context *context, struct store_state *store,
                        struct err *err);
void store_end_preparation(struct context *context, struct store_state *store);

#endif
