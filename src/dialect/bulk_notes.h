/*
 * bulk_notes - warnings about valid parts of a bulk query that have another
 * effect than they seem to have.
 */
#ifndef DIALECT_BULK_NOTES_H
#define DIALECT_BULK_NOTES_H

#include "graphql/notes.h"
#include "graphql/schema.h"

/* The warnings for a document that passed search_filter_check(), in `arena`:
 * arguments of connections for pages and order (QUERY_PAGING), and times with a
 * UTC offset in filters (FILTER_OFFSET). */
struct gql_note *
bulk_notes(const struct gql_document *document, const struct gql_schema *schema,
           struct arena *arena);

#endif
