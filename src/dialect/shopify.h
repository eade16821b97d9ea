/*
 * shopify - the dialect of Shopify's Admin API, for bulk operations.
 *   https://shopify.dev/docs/api/usage/bulk-operations/queries
 */
#ifndef DIALECT_SHOPIFY_H
#define DIALECT_SHOPIFY_H

#include "dialect/dialect.h"

extern const struct dialect dialect_shopify;

#endif
