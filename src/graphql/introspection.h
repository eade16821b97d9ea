/*
 * introspection - one type, read from its introspection object.
 */
#ifndef GRAPHQL_INTROSPECTION_H
#define GRAPHQL_INTROSPECTION_H

#include "graphql/schema.h"

/* Keys that we do not know are passed over, and so are absent ones that can
 * be done without. ERR_FAILED when it is no description of a type. */
MUST_CHECK bool gql_read_type(struct arena *arena, struct span json,
                              struct gql_type **type, struct err *err);

#endif
