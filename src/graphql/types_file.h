/*
 * types_file - a standard introspection result in a file, as a source of types.
 */
#ifndef GRAPHQL_TYPES_FILE_H
#define GRAPHQL_TYPES_FILE_H

#include "base/err.h"
#include "base/span.h"

/* An introspection result in a file, indexed by type name and mapped, so that
 * only the types asked for are ever parsed. */
struct gql_types_file;

/* Accepts {"data":{"__schema":…}} and {"__schema":…}. ERR_CONFIG with the
 * file's name. Free with gql_types_file_free(). */
MUST_CHECK bool
gql_types_file_open(const char *path, struct gql_types_file **file,
                    struct err *err);
const char *gql_types_file_query_type(const struct gql_types_file *file);

/* The introspection object of one type, borrowed until free; false when the
 * file has none of that name. */
bool gql_types_file_find(const struct gql_types_file *file, const char *name,
                         struct span *json);
void gql_types_file_free(struct gql_types_file *file);

#endif
