/*
 * check - is a document one that Shopify will run as a bulk query?
 *
 * Two questions, answered before any request is sent: is it valid GraphQL
 * against the store's types, and does it keep the rules of bulk operations
 * (https://shopify.dev/docs/api/usage/bulk-operations/queries):
 *   exactly one operation, a query without variables;
 *   one root field, a connection; not `node` or `nodes`;
 *   1 to 5 connections, nested at most two below the root one;
 *   selected by `edges { node { ... } }` only (`pageInfo`, `cursor` and
 *   `__typename` beside them are tolerated);
 *   no connection inside a list; every connection's nodes are objects.
 * That a query has at most 65,535 bytes is for whoever prints it.
 */
#ifndef GRAPHQL_CHECK_H
#define GRAPHQL_CHECK_H

#include "base/err.h"
#include "graphql/document.h"
#include "graphql/schema.h"

/* Fields that the types do not have are all reported in one message, up to
 * GQL_UNKNOWN_MAX of them; anything else when it is met first. */
enum { GQL_UNKNOWN_MAX = 20 };

/* One query without variables, valid against the types: fields, arguments
 * and their values, leaves and objects, fragments (known, used, acyclic,
 * possible), fields that merge, directives that are known and in their place.
 * @skip and @include must have a literal `if`; the arguments of our own
 * directives are for whoever reads them. ERR_CONFIG with file:line:column,
 * and for a misspelt name the nearest one. Every type that
 * gql_schema_missing() asks for must be known or absent. */
MUST_CHECK bool gql_check(const struct gql_document *document,
                          const struct gql_schema *schema, struct err *err);

/* Keeps the other bulk rules, with what is skipped left out. Only after
 * gql_check() said yes. */
MUST_CHECK bool
gql_check_bulk(const struct gql_document *document,
               const struct gql_schema *schema, struct err *err);

/* Is a type of this name a connection: has it `edges`, a list of objects with
 * a `node`? False while one of the two types is not known. */
bool gql_is_connection(const struct gql_schema *schema, const char *name);

/* The node type's reference of a connection type; NULL if it is none. */
const struct gql_type_ref *
gql_connection_node(const struct gql_schema *schema, const char *name);

#endif
