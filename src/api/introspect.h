/*
 * introspect - read GraphQL types from a store or source, by name.
 *
 * A request has several fields `__type(name:)` with aliases. Each answer is an
 * introspection object with deprecated fields, arguments and their
 * descriptions. At Shopify, a type costs 7 to 60 points; a request may cost
 * 1000.
 */
#ifndef API_INTROSPECT_H
#define API_INTROSPECT_H

#include "api/request.h"
#include "json/tree.h"

/* Sends a request and reads its data into `arena`. */
struct introspect_way {
    bool (*ask)(void *ctx, const struct request *request, struct arena *arena,
                struct json **data, struct err *err);
    void *ctx;
    bool asks_one_of; /* the API can say which input types are oneOf */
};

/* Called with each type as JSON text; the span is empty if the store has no
 * type of that name. The text is borrowed for the call. */
typedef bool introspect_type_fn(void *ctx, const char *name, struct span json,
                                struct err *err);

/* Read `count` types, a few per request. */
MUST_CHECK bool
introspect_types(const struct introspect_way *way, const char *const *names,
                 size_t count, introspect_type_fn *on_type, void *ctx,
                 struct err *err);

/* The name of the query type. */
MUST_CHECK bool introspect_query_type(const struct introspect_way *way,
                                      char name[128], struct err *err);

/* What is needed before the types of a mutation are read. `name` is "" if the
 * API has no mutations. */
struct introspect_mutation {
    char name[128];   /* of the mutation type */
    bool asks_one_of; /* types have the field isOneOf */
};

MUST_CHECK bool
introspect_mutation_type(const struct introspect_way *way,
                         struct introspect_mutation *mutation, struct err *err);

#endif
