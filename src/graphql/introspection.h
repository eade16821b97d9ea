/*
 * introspection - one type, read from its introspection object. Private to
 * this folder.
 */
#ifndef GRAPHQL_INTROSPECTION_H
#define GRAPHQL_INTROSPECTION_H

#include "graphql/schema.h"

/* Unknown keys are ignored, and so are absent ones that are not needed. At most
 * `*left` bytes are kept of the type, and taken off it. ERR_FAILED if it is not
 * the description of a type, or larger. */
MUST_CHECK bool
gql_read_type(struct arena *arena, struct span json, size_t *left,
              struct gql_type **type, struct err *err);

#endif
