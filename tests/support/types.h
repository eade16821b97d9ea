/*
 * types - GraphQL types from an introspection file, and queries against them.
 *
 * Queries are called "q", as in "q:1:3: ...", and jobs "job". What is not
 * under test here must go well: anything that fails ends the test.
 */
#ifndef SUPPORT_TYPES_H
#define SUPPORT_TYPES_H

#include "base/arena.h"
#include "graphql/document.h"
#include "graphql/schema.h"
#include "graphql/types_file.h"
#include "plan/plan.h"

struct types {
    struct arena arena; /* owns all that is made; the test's to use too */
    struct gql_schema *schema;
    struct gql_types_file *file;
};

/* An empty schema, and the file its types will come from. */
void types_open(struct types *types, const char *path);
void types_close(struct types *types);

/* One type from the file; without one there, it is absent. */
void types_add(struct types *types, const char *name);

/* Types that no file has, as JSON; `query_type` is the query's. */
void types_add_made(struct types *types, const char *query_type,
                    const char *const *texts, int count);

/* The document, with every type that it needs added; the same, checked as a
 * bulk query; and its plan. */
struct gql_document *types_parse(struct types *types, const char *text);
struct gql_document *types_check(struct types *types, const char *text);
struct plan *types_plan(struct types *types, const char *text);

#endif
