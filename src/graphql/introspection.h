/*
 * introspection - read one type from its introspection object. Private to this
 * folder.
 */
#ifndef GRAPHQL_INTROSPECTION_H
#define GRAPHQL_INTROSPECTION_H

#include "graphql/schema.h"

/* Read `json` into `*type`, which is in `arena`. Unknown keys are ignored, and
 * keys that bulkpg does not need may be absent. `*left` is the number of bytes
 * that the type may take; those that it takes are subtracted. ERR_FAILED if
 * `json` does not describe a type, or if the type takes more. */
MUST_CHECK bool
gql_read_type(struct arena *arena, struct span json, size_t *left,
              struct gql_type **type, struct err *err);

#endif
