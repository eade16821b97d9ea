/*
 * store - a store's session, and the limit on jobs that are prepared at once.
 */
#ifndef JOB_STORE_H
#define JOB_STORE_H

#include "job/context.h"

/* The store's session, created on first use. A refresh token is exchanged under
 * a claim in the journal, so that no other process exchanges the same one. */
struct session *
store_session(struct context *context, struct store_state *store);

/* Wait until one more job may be prepared. The limit bounds memory: a job in
 * preparation holds the store's types, one or two megabytes. While its store
 * does not answer, a job does not count, so that it does not delay the jobs of
 * other stores. */
MUST_CHECK bool
store_begin_preparation(struct context *context, struct store_state *store,
                        struct err *err);
void store_end_preparation(struct context *context, struct store_state *store);

#endif
