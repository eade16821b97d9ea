/*
 * dialect - the rules of an API for queries, and the form of its results.
 *
 * bulkpg checks and plans all GraphQL in the same way. The dialect, which job/
 * passes to plan/, has everything that differs between APIs. Another API needs
 * another `struct dialect` in a file beside shopify.c. run/, load/ and journal/
 * see plans only, never a dialect.
 *
 * No function keeps its arguments. Errors are ERR_CONFIG with
 * "file:line:column: ...", as in graphql/.
 */
#ifndef DIALECT_DIALECT_H
#define DIALECT_DIALECT_H

#include <stdint.h>

#include "graphql/document.h"
#include "graphql/notes.h"
#include "graphql/schema.h"

/* The values of a scalar in the result's JSON. */
enum dialect_scalar {
    DIALECT_ANY, /* unknown: any value, stored as text */
    DIALECT_STRING,
    DIALECT_BOOLEAN,
    DIALECT_INT32,
    DIALECT_INT64,   /* may be larger: the column is then widened */
    DIALECT_DECIMAL, /* exact; may be a string, "12.50" */
    DIALECT_DOUBLE,
    DIALECT_TIME, /* "2026-01-02T03:04:05Z" */
    DIALECT_DATE,
    DIALECT_JSON,
    DIALECT_SCALAR_COUNT
};

/* What the API charges for a request. */
enum dialect_cost {
    DIALECT_COST_REQUEST, /* 1 for each */
    DIALECT_COST_LOG,     /* 1 for an object; for a connection 2, and for its
                           * rows 2 ln(first) times the cost of one */
    DIALECT_COST_CALLS    /* a hundredth of the connections of all rows */
};

/* How the API is read page by page. */
struct dialect_pages {
    bool always;  /* there is no other way; else only with @paged */
    bool nested;  /* children: the first rows of a child connection come in the
                  * page of its parent; else children are asked for apart */
    int page;     /* rows of a page, unless configured */
    int page_max; /* the most rows that the API allows; 0: not known */
    int ids_max;  /* ids in one request */
    bool string_ids;   /* `id: String!` is a key, as `id: ID!` is */
    bool nullable_ids; /* so is a nullable id: a row without id is rejected */
    bool unwraps;      /* @unwrap applies to every query */
    bool takes_since;  /* windows are the reserved variables $since, $until */
    enum dialect_cost cost;
    double per_second; /* points that the API grants at least; 0: not known */
    const char *sort_argument; /* of a root: "sortKey"; NULL: none. Its values
                                * that keep the order during a walk, */
    const char *sort_steady;   /* "ID", */
    const char *sort_window;   /* and in an incremental window, "UPDATED_AT" */
    const char *reverse_argument; /* of a root: "reverse", to read it from its
                                   * end; NULL: none */
};

/* A query with @incremental or @slice, which cut it into windows by a filter of
 * its root. */
struct dialect_window {
    const struct gql_document *document;
    const struct gql_selection *root;
    const char *field;  /* the filter */
    struct gql_pos pos; /* of the directive */
};

struct dialect {
    const char *name;          /* of the API, for messages: "Shopify" */
    size_t document_bytes_max; /* of the document that is sent */

    /* Values of type ID are gids, gid://shopify/Product/1, with a type and a
     * number. Else ids are text. */
    bool ids_are_gids;

    /* Decimal, Money and integers of 64 bits are strings in JSON. */
    bool decimals_are_strings;

    /* mapping/kinds.h has a table of its mutations. */
    bool lists_mutations;

    /* Without the scope read_all_orders, objects of the type Order are hidden
     * from an app after 60 days: that they did not come says nothing. */
    bool hides_orders;

    /* The argument of a connection with its filter: "query"; NULL if the API
     * has no filter of this kind. Then plan/ calls none of the functions for
     * filters and windows. */
    const char *filter_argument;

    const struct dialect_pages *pages; /* NULL: not by pages */

    /* Is the document valid, and will the API run it? Before this is called,
     * every type that gql_schema_missing() lists is in the schema, or marked
     * as absent. */
    bool (*check_query)(const struct gql_document *document,
                        const struct gql_schema *schema, struct err *err);

    /* Does the API understand the filters? This and the following functions
     * may be called only after check_query() succeeded. */
    bool (*check_filter)(const struct gql_document *document,
                         const struct gql_schema *schema, struct err *err);

    /* Warnings about valid parts of the query that have another effect than
     * they seem to have, in `arena`. */
    struct gql_note *(*notes)(const struct gql_document *document,
                              const struct gql_schema *schema,
                              struct arena *arena);

    /* Can the API combine a window with the other arguments of the root? */
    bool (*check_window)(const struct dialect_window *window, struct err *err);

    /* May results of the root field be filtered by `name`? */
    bool (*has_filter)(const struct gql_document *document,
                       const struct gql_schema *schema, const char *root_field,
                       const char *name);

    /* Combine the filter `own` ("": no filter) with a window: the time `field`
     * is at or after `from`, and before `to`; either may be NULL. The result is
     * in `arena`, or is `own` itself. */
    const char *(*filter_in)(const char *own, const char *field,
                             const char *from, const char *to,
                             struct arena *arena);

    /* The least overlap of incremental windows of this root. */
    int64_t (*least_overlap_ms)(const char *root_field);

    /* The name of the field with the number of a connection's rows:
     * "variantsCount", in `arena`; NULL if the API has no such fields. The
     * caller must check that the type has the field. */
    const char *(*counter_of)(const char *connection, struct arena *arena);

    enum dialect_scalar (*scalar_type)(const char *scalar);

    /* True if the number alone does not identify an object of this type, so
     * that the whole gid must be stored. Used only if ids_are_gids. */
    bool (*keeps_whole_gid)(const char *type);
};

#endif
