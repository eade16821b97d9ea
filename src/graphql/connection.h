/*
 * connection - types whose objects come by `edges { node { ... } }`.
 */
#ifndef GRAPHQL_CONNECTION_H
#define GRAPHQL_CONNECTION_H

#include "graphql/schema.h"

/* Is a type of this name a connection: has it `edges`, a list of objects with
 * a `node`? False while one of the two types is not known. */
bool gql_is_connection(const struct gql_schema *schema, const char *name);

/* The node type's reference of a connection type; NULL if it is none. */
const struct gql_type_ref *
gql_connection_node(const struct gql_schema *schema, const char *name);

#endif
