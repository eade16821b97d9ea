/*
 * store - a store's session, and how many of its jobs are prepared at once.
 */
#ifndef JOB_STORE_H
#define JOB_STORE_H

#include "job/context.h"

/* The store's session, made on first use. Its tokens are exchanged under a
 * claim in the journal, so that no other process exchanges the same one. */
struct session *
store_session(struct context *context, struct store_state *store);

/* Wait until one more job may be prepared: it holds the store's types
 * meanwhile, a megabyte or two. While its store does not answer it does not
 * count, so that it holds up no other store. */
MUST_CHECK bool
store_begin_preparation(struct context *context, struct store_state *store,
                        struct err *err);
void store_end_preparation(struct context *context, struct store_state *store);

#endif
