/*
 * notes - what is valid in a document but does not do what it seems to.
 */
#ifndef GRAPHQL_NOTES_H
#define GRAPHQL_NOTES_H

#include "graphql/schema.h"

struct gql_note {
    enum msg msg;        /* QUERY_PAGING, FILTER_OFFSET, ROW_TOO_WIDE */
    struct gql_pos pos;  /* of the argument or connection */
    const char *message; /* "file:line:column: ..." */
    const char *hint;    /* "" when the code's remedy says it */
    struct gql_note *next;
};

/* Of a document that gql_check_filter() has passed, in `arena`: arguments for
 * pages and order on connections, and times in filters with a UTC offset. */
struct gql_note *
gql_notes(const struct gql_document *document, const struct gql_schema *schema,
          struct arena *arena);

#endif
