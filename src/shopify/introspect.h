/*
 * introspect - read GraphQL types from the store, by name.
 *
 * A request has several fields `__type(name:)` with aliases. Each answer is an
 * introspection object with deprecated fields, arguments and their
 * descriptions. A type costs 7 to 60 points; a request may cost 1000.
 */
#ifndef SHOPIFY_INTROSPECT_H
#define SHOPIFY_INTROSPECT_H

#include "shopify/session.h"

/* Called with each type as JSON text; the span is empty if the store has no
 * type of that name. The text is borrowed for the call. */
typedef bool introspect_type_fn(void *ctx, const char *name, struct span json,
                                struct err *err);

/* Read `count` types, a few per request. */
MUST_CHECK bool
introspect_types(struct session *session, const char *const *names,
                 size_t count, const struct log_ctx *log,
                 introspect_type_fn *on_type, void *ctx, struct err *err);

/* The name of the store's query type. */
MUST_CHECK bool
introspect_query_type(struct session *session, const struct log_ctx *log,
                      char name[128], struct err *err);

#endif
