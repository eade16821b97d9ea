/*
 * check - check that a document is valid GraphQL for the server's types.
 *
 * The rules are those of the specification of October 2021, as far as a query
 * can break them. The document must have exactly one operation, a query
 * without variables. dialect/ checks what an API demands beyond that.
 */
#ifndef GRAPHQL_CHECK_H
#define GRAPHQL_CHECK_H

#include "base/err.h"
#include "graphql/document.h"
#include "graphql/schema.h"

/* One message reports all unknown fields, up to this number. Any other fault
 * is reported alone, as soon as it is found. */
enum { GQL_UNKNOWN_MAX = 20 };

/* Check `document` against `schema`: fields, arguments and their values, leaves
 * and objects, fragments (known, used, possible, without cycles), fields that
 * merge, and directives (known, and allowed at their place). @skip and
 * @include must have a literal `if`. The arguments of bulkpg's own directives
 * are only checked for duplicates and variables; plan/ and dialect/ check the
 * rest.
 *
 * Every type that gql_schema_missing() lists must be known or absent. Errors
 * are ERR_CONFIG with file:line:column, and suggest a similar name. */
MUST_CHECK bool gql_check(const struct gql_document *document,
                          const struct gql_schema *schema, struct err *err);

/* The same for an API that takes variables: each is declared once, used, of a
 * type that fits the place where it is used, and not in a directive. */
MUST_CHECK bool
gql_check_variables(const struct gql_document *document,
                    const struct gql_schema *schema, struct err *err);

/* The same for a document with exactly one mutation. */
MUST_CHECK bool
gql_check_mutation(const struct gql_document *document,
                   const struct gql_schema *schema, struct err *err);

/* The same for a mutation that was sent before: only what it selects matters,
 * so arguments and variables are not compared with the types. */
MUST_CHECK bool
gql_check_sent(const struct gql_document *document,
               const struct gql_schema *schema, struct err *err);

#endif
