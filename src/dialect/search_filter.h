/*
 * search_filter - check the filters in a document.
 *
 *     orders(query: "status:open AND -(tag:'a b' OR test:true)")
 *
 * Shopify ignores a filter that it does not know and sends everything.
 * Therefore bulkpg must find a misspelt name before it sends the query. The
 * filters of a root are in the description of its argument (filter_names.h). If
 * the description lists no filters, any name passes. Shopify also reads only
 * the date of a time without quotation marks (filter_time.h).
 */
#ifndef DIALECT_SEARCH_FILTER_H
#define DIALECT_SEARCH_FILTER_H

#include "base/err.h"
#include "graphql/document.h"
#include "graphql/schema.h"

/* Check every filter of the document, of the root and of fields below it. Call
 * this only after gql_check() succeeded. ERR_CONFIG, with the place of the
 * argument's value, for: a time without quotation marks, an unbalanced
 * quotation mark or parenthesis, a comparison without a value; and for the
 * root also an unknown name that @filter does not allow. */
MUST_CHECK bool
search_filter_check(const struct gql_document *document,
                    const struct gql_schema *schema, struct err *err);

/* For a document that passed the check: call `on_offset` for each time in
 * quotation marks with a UTC offset, which Shopify ignores. The texts are
 * borrowed for the call. */
typedef void search_filter_offset_fn(void *ctx, struct gql_pos pos,
                                     const char *message, const char *hint);
void search_filter_offsets(const struct gql_document *document,
                           const struct gql_schema *schema,
                           search_filter_offset_fn *on_offset, void *ctx);

/* Does @filter(allow:) of the query list this name? */
bool
search_filter_allows(const struct gql_document *document, const char *name);

/* Can this root field be filtered by `name`? Also true if its `query` argument
 * has no description. */
bool search_filter_has(const struct gql_schema *schema, const char *root_field,
                       const char *name);

#endif
