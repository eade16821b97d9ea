/*
 * types - GraphQL types from a file, and queries with them.
 *
 * The file name of a query is "q", as in "q:1:3: ...", and the name of a job is
 * "job". A test fails if one of these functions fails.
 */
#ifndef SUPPORT_TYPES_H
#define SUPPORT_TYPES_H

#include "base/arena.h"
#include "graphql/document.h"
#include "graphql/schema.h"
#include "graphql/types_file.h"
#include "plan/plan.h"

struct types {
    struct arena arena; /* owns everything here; a test may use it, too */
    struct gql_schema *schema;
    struct gql_types_file *file;
};

/* Open an empty schema, and the file that has its types. */
void types_open(struct types *types, const char *path);
void types_close(struct types *types);

/* Add one type from the file, or mark it as absent if the file lacks it. */
void types_add(struct types *types, const char *name);

/* Add types that are given as JSON; `query_type` is the type of queries. */
void types_add_made(struct types *types, const char *query_type,
                    const char *const *texts, int count);

/* Parse a document and add all types that it needs; also check it as a bulk
 * query; also plan it. */
struct gql_document *types_parse(struct types *types, const char *text);
struct gql_document *types_check(struct types *types, const char *text);
struct plan *types_plan(struct types *types, const char *text);

#endif
