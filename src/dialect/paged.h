/*
 * paged - does the query ask to be read page by page?
 */
#ifndef DIALECT_PAGED_H
#define DIALECT_PAGED_H

#include "graphql/document.h"

/* Does the query have @paged without `below`? Then it never runs as a bulk
 * query. */
bool paged_always(const struct gql_document *document);

#endif
