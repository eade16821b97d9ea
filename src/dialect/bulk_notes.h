/*
 * bulk_notes - what is valid in a bulk query but does not do what it seems to.
 */
#ifndef DIALECT_BULK_NOTES_H
#define DIALECT_BULK_NOTES_H

#include "graphql/notes.h"
#include "graphql/schema.h"

/* Of a document that search_filter_check() has passed, in `arena`: arguments
 * for pages and order on connections (QUERY_PAGING), and times in filters with
 * a UTC offset (FILTER_OFFSET). */
struct gql_note *
bulk_notes(const struct gql_document *document, const struct gql_schema *schema,
           struct arena *arena);

#endif
