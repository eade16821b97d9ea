/*
 * connection - fields that list objects, which can be read page by page.
 *
 * A field is known by its shape, not by its name:
 *
 *     cursor   first:, after:            edges { node } or nodes, and pageInfo
 *     offset   limit:, offset: or skip:  edges { node }, or items, or a list
 *     whole    no page arguments         edges { node }, or a list
 *
 * A plain list of objects is not a connection for gql_find_pages(); the caller
 * decides what to do with it.
 */
#ifndef GRAPHQL_CONNECTION_H
#define GRAPHQL_CONNECTION_H

#include "graphql/schema.h"

/* Is the type of this name a connection, an object with a field `edges` that is
 * a list of objects with a field `node`? False if one of these types is not
 * known. */
bool gql_is_connection(const struct gql_schema *schema, const char *name);

/* The type of the nodes of a connection type; NULL if it is not one. */
const struct gql_type_ref *
gql_connection_node(const struct gql_schema *schema, const char *name);

/* How the pages of a connection follow each other. */
enum gql_paging {
    GQL_PAGES_NONE,   /* there are no pages: the answer has all rows */
    GQL_PAGES_CURSOR, /* pageInfo has the cursor of the next page */
    GQL_PAGES_OFFSET
};

struct gql_pages {
    enum gql_paging paging;
    bool is_list;                    /* the field itself is the list */
    const struct gql_type_ref *node; /* the type of the rows */
    const struct gql_type *edge;     /* of edges; NULL: there are none */
    const char *rows_argument;       /* "first" or "limit"; NULL: none */
    const char *place_argument;      /* "after", "offset" or "skip"; NULL: the
                                      * pages after the first cannot be asked
                                      * for */
    const struct gql_field *total;   /* the number of all rows, an Int;
                                      * NULL: none */
};

/* Is this field a connection? False if it is not, or if its types are not
 * known. */
bool gql_find_pages(const struct gql_schema *schema,
                    const struct gql_field *field, struct gql_pages *pages);

/* Is it the name of a total: totalCount, count, or total? */
bool gql_is_total(const char *name);

#endif
