#include "graphql/connection.h"

/* The field `node` of a connection's edges; NULL if the type `name` is not a
 * connection. */
static const struct gql_field *
find_node(const struct gql_schema *schema, const char *name)
{
    const struct gql_type *type = gql_schema_find(schema, name);
    const struct gql_field *edges;
    const struct gql_type *edge;

    if (type == NULL || type->kind != GQL_OBJECT_TYPE)
        return NULL;
    edges = gql_type_field(type, "edges");
    if (edges == NULL || edges->type.list_depth == 0)
        return NULL;
    edge = gql_schema_find(schema, edges->type.name);
    return edge != NULL ? gql_type_field(edge, "node") : NULL;
}

bool
gql_is_connection(const struct gql_schema *schema, const char *name)
{
    return find_node(schema, name) != NULL;
}

const struct gql_type_ref *
gql_connection_node(const struct gql_schema *schema, const char *name)
{
    const struct gql_field *node = find_node(schema, name);

    return node != NULL ? &node->type : NULL;
}
