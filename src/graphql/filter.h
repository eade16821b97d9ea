/*
 * filter - do the filters in the root's `query:` argument exist?
 *
 *     orders(query: "status:open AND -(tag:'a b' OR test:true)")
 *
 * Shopify passes over a filter that it does not know and sends everything, so
 * a misspelt name must be found before the query is sent. The names that a
 * root has stand in the description of its argument: a table, seldom a list.
 * Where it says nothing, names cannot be told right from wrong and pass.
 */
#ifndef GRAPHQL_FILTER_H
#define GRAPHQL_FILTER_H

#include "base/err.h"
#include "graphql/document.h"
#include "graphql/schema.h"

/* Only after gql_check_bulk() said yes. ERR_CONFIG at the argument's value:
 * an unknown name, a quotation mark or parenthesis without its fellow, a
 * comparison without a value. */
MUST_CHECK bool
gql_check_filter(const struct gql_document *document,
                 const struct gql_schema *schema, struct err *err);

/* May results of this root field be filtered by `name`? Also true when the
 * root has a `query` argument that nothing is said about. */
bool gql_root_has_filter(const struct gql_schema *schema,
                         const char *root_field, const char *name);

#endif
