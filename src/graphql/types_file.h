/*
 * types_file - types from a file: a standard introspection result, or a schema
 * in GraphQL's schema definition language (sdl.h).
 */
#ifndef GRAPHQL_TYPES_FILE_H
#define GRAPHQL_TYPES_FILE_H

#include "base/err.h"
#include "base/span.h"

/* The file is mapped into memory and indexed by type name, so that only the
 * types that a query needs are read. */
struct gql_types_file;

/* Open a file that contains {"data":{"__schema":…}}, {"__schema":…}, or type
 * definitions. Errors are ERR_CONFIG with the file's name. Free with
 * gql_types_file_free(). */
MUST_CHECK bool
gql_types_file_open(const char *path, struct gql_types_file **file,
                    struct err *err);
const char *gql_types_file_query_type(const struct gql_types_file *file);

/* NULL if the API has no mutations. */
const char *gql_types_file_mutation_type(const struct gql_types_file *file);

/* Find the introspection object of one type, which is valid until the file is
 * freed; false if the file has no type of this name. */
bool gql_types_file_find(struct gql_types_file *file, const char *name,
                         struct span *json);
void gql_types_file_free(struct gql_types_file *file);

#endif
