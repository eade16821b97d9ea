/*
 * search_filter - do the filters in a document mean what they say?
 *
 *     orders(query: "status:open AND -(tag:'a b' OR test:true)")
 *
 * Shopify ignores a filter that it does not know and sends everything, so a
 * misspelt name must be found before the query is sent. The names that a root
 * has are in the description of its argument: a table, seldom a list. Where it
 * says nothing, names cannot be told right from wrong and pass. Of a time
 * without quotation marks Shopify takes the date only.
 */
#ifndef DIALECT_SEARCH_FILTER_H
#define DIALECT_SEARCH_FILTER_H

#include "base/err.h"
#include "graphql/document.h"
#include "graphql/schema.h"

/* Every filter that is sent, of the root and of what is below it. Only after
 * gql_check() said yes. ERR_CONFIG at the argument's value: a time without
 * quotation marks, a quotation mark or parenthesis without its fellow, a
 * comparison without a value; of the root also a name that it does not know
 * and @filter does not allow. */
MUST_CHECK bool
search_filter_check(const struct gql_document *document,
                    const struct gql_schema *schema, struct err *err);

/* Of a document that passed: times in quotation marks that have a UTC offset,
 * which Shopify ignores. The texts are gone when the call returns. */
typedef void search_filter_offset_fn(void *ctx, struct gql_pos pos,
                                     const char *message, const char *hint);
void search_filter_offsets(const struct gql_document *document,
                           const struct gql_schema *schema,
                           search_filter_offset_fn *on_offset, void *ctx);

/* Does @filter(allow:) of the query name it? */
bool
search_filter_allows(const struct gql_document *document, const char *name);

/* May results of this root field be filtered by `name`? Also true when the
 * root has a `query` argument that nothing is said about. */
bool search_filter_has(const struct gql_schema *schema, const char *root_field,
                       const char *name);

#endif
