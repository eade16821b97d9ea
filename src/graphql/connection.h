/*
 * connection - types that list objects as `edges { node { ... } }`.
 */
#ifndef GRAPHQL_CONNECTION_H
#define GRAPHQL_CONNECTION_H

#include "graphql/schema.h"

/* Is the type of this name a connection, an object with a field `edges` that is
 * a list of objects with a field `node`? False if one of these types is not
 * known. */
bool gql_is_connection(const struct gql_schema *schema, const char *name);

/* The type of the nodes of a connection type; NULL if it is not one. */
const struct gql_type_ref *
gql_connection_node(const struct gql_schema *schema, const char *name);

#endif
