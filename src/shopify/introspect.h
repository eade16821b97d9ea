/*
 * introspect - GraphQL types, asked of the store one by one.
 *
 * `__type(name:)` per type, several in a request by aliases, each as one
 * introspection object with deprecated fields, arguments and their
 * descriptions. Costs 7 to 60 points a type, of 1000 a request.
 */
#ifndef SHOPIFY_INTROSPECT_H
#define SHOPIFY_INTROSPECT_H

#include "shopify/session.h"

/* One type as JSON text, or an empty span when the store has none of that
 * name. Borrowed for the call. */
typedef bool introspect_type_fn(void *ctx, const char *name, struct span json,
                                struct err *err);

/* Ask for `count` types, a few per request. */
MUST_CHECK bool
introspect_types(struct session *session, const char *const *names,
                 size_t count, const struct log_ctx *log,
                 introspect_type_fn *on_type, void *ctx, struct err *err);

/* The name of the store's query type. */
MUST_CHECK bool
introspect_query_type(struct session *session, const struct log_ctx *log,
                      char name[128], struct err *err);

#endif
