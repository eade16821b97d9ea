/*
 * check - is a document valid GraphQL, against the types of the server?
 *
 * The October 2021 rules that a query can break, for exactly one operation, a
 * query without variables. What an API demands beyond that is dialect/'s.
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

#endif
