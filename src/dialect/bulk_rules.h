/*
 * bulk_rules - will Shopify run a document as a bulk query?
 *
 * The rules of bulk operations, checked before any request is sent:
 *   one root field, a connection; not `node` or `nodes`;
 *   1 to 5 connections, nested at most two below the root one;
 *   selected by `edges { node { ... } }` only (`pageInfo`, `cursor` and
 *   `__typename` beside them are tolerated);
 *   no connection inside a list; every connection's nodes are objects.
 *   https://shopify.dev/docs/api/usage/bulk-operations/queries
 */
#ifndef DIALECT_BULK_RULES_H
#define DIALECT_BULK_RULES_H

#include "base/err.h"
#include "graphql/document.h"
#include "graphql/schema.h"

/* Check the document with gql_check(), then, unless it is always read page by
 * page, with the rules above. Skipped parts do not count for the rules. */
MUST_CHECK bool
bulk_rules_check(const struct gql_document *document,
                 const struct gql_schema *schema, struct err *err);

#endif
