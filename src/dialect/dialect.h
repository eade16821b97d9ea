/*
 * dialect - what an API demands of a query and promises of its result.
 *
 * All GraphQL is checked and planned alike; what differs from API to API is
 * asked of the dialect that job/ hands to plan/. Another API is another struct
 * of this kind in a file beside shopify.c: run/, load/ and journal/ see plans
 * only, and never a dialect.
 *
 * No function keeps what it is given. Errors are ERR_CONFIG with
 * "file:line:column: ...", as graphql/ reports them.
 */
#ifndef DIALECT_DIALECT_H
#define DIALECT_DIALECT_H

#include <stdint.h>

#include "graphql/document.h"
#include "graphql/notes.h"
#include "graphql/schema.h"

/* What the values of a scalar are in the result's JSON. */
enum dialect_scalar {
    DIALECT_ANY, /* nothing is known: kept as text, whatever it is */
    DIALECT_STRING,
    DIALECT_BOOLEAN,
    DIALECT_INT32,
    DIALECT_INT64,   /* or larger: a column of it may grow */
    DIALECT_DECIMAL, /* exact; also as a string, "12.50" */
    DIALECT_DOUBLE,
    DIALECT_TIME, /* "2026-01-02T03:04:05Z" */
    DIALECT_DATE,
    DIALECT_JSON,
    DIALECT_SCALAR_COUNT
};

/* A query that is cut into windows by a filter of its root: @incremental and
 * @slice. */
struct dialect_window {
    const struct gql_document *document;
    const struct gql_selection *root;
    const char *field;  /* the filter */
    struct gql_pos pos; /* of the directive */
};

struct dialect {
    const char *name;          /* of the API, for messages: "Shopify" */
    size_t document_bytes_max; /* of a document as it is sent */

    /* Are the values of fields of type ID gids, gid://shopify/Product/1, whose
     * type and number are two things? Else ids are text. */
    bool ids_are_gids;

    /* The argument of a connection that is its filter: "query". */
    const char *filter_argument;

    /* Is it valid GraphQL that the API will run? Every type that
     * gql_schema_missing() asks for is known or absent. */
    bool (*check_query)(const struct gql_document *document,
                        const struct gql_schema *schema, struct err *err);

    /* Do its filters mean what they say? This and what follows only after
     * check_query() said yes. */
    bool (*check_filter)(const struct gql_document *document,
                         const struct gql_schema *schema, struct err *err);

    /* What is valid in it but does not do what it seems to, in `arena`. */
    struct gql_note *(*notes)(const struct gql_document *document,
                              const struct gql_schema *schema,
                              struct arena *arena);

    /* Does the API take a window beside what the root's arguments say? */
    bool (*check_window)(const struct dialect_window *window, struct err *err);

    /* May results of the root field be filtered by `name`? */
    bool (*has_filter)(const struct gql_document *document,
                       const struct gql_schema *schema, const char *root_field,
                       const char *name);

    /* A filter for what `own` finds ("": everything) and whose time `field` is
     * at or after `from` and before `to`; either may be NULL. In `arena`, or
     * `own` itself. */
    const char *(*filter_in)(const char *own, const char *field,
                             const char *from, const char *to,
                             struct arena *arena);

    /* The overlap of incremental windows that the root's filters need. */
    int64_t (*least_overlap_ms)(const char *root_field);

    /* The field beside a connection that has the number of its rows:
     * "variantsCount", in `arena`; NULL: the API counts nothing. Whether the
     * types have it is for the caller to see. */
    const char *(*counter_of)(const char *connection, struct arena *arena);

    enum dialect_scalar (*scalar_type)(const char *scalar);

    /* Is the number of a gid of this object type not enough to know the
     * object? Asked only where ids_are_gids. */
    bool (*keeps_whole_gid)(const char *type);
};

#endif
