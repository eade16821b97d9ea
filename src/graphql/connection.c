#include "graphql/connection.h"

#include <string.h>

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

/* ---- pages -------------------------------------------------------------- */

static const char *const totals[] = {"totalCount", "count", "total"};

enum { TOTAL_COUNT = sizeof(totals) / sizeof(totals[0]) };

bool
gql_is_total(const char *name)
{
    for (size_t i = 0; i < TOTAL_COUNT; i++)
        if (strcmp(totals[i], name) == 0)
            return true;
    return false;
}

static const struct gql_field *
find_total(const struct gql_type *type)
{
    for (size_t i = 0; i < TOTAL_COUNT; i++) {
        const struct gql_field *total = gql_type_field(type, totals[i]);

        if (total != NULL && total->type.list_depth == 0 &&
            strcmp(total->type.name, "Int") == 0)
            return total;
    }
    return NULL;
}

/* The name of the argument if the field has it, otherwise NULL. */
static const char *
has_argument(const struct gql_field *field, const char *name)
{
    return gql_find_input(field->arguments, name) != NULL ? name : NULL;
}

static bool
is_list_of_objects(const struct gql_field *field)
{
    return field != NULL && field->type.list_depth == 1 &&
           gql_kind_is_composite(field->type.kind);
}

/* By its arguments. A connection with `first` alone has pages, but only its
 * first one can be read. */
static void
find_paging(const struct gql_field *field, bool has_info,
            struct gql_pages *pages)
{
    if (has_info && has_argument(field, "first") != NULL) {
        pages->paging = GQL_PAGES_CURSOR;
        pages->rows_argument = "first";
        pages->place_argument = has_argument(field, "after");
        return;
    }
    if (has_argument(field, "limit") == NULL)
        return;
    pages->place_argument = has_argument(field, "offset");
    if (pages->place_argument == NULL)
        pages->place_argument = has_argument(field, "skip");
    if (pages->place_argument == NULL)
        return;
    pages->paging = GQL_PAGES_OFFSET;
    pages->rows_argument = "limit";
}

/* The type of the rows of an object with `edges`, `nodes` or `items`. */
static const struct gql_type_ref *
find_rows(const struct gql_schema *schema, const struct gql_type *type,
          const struct gql_pages *pages)
{
    const struct gql_type_ref *node = gql_connection_node(schema, type->name);
    const struct gql_field *nodes = gql_type_field(type, "nodes");
    const struct gql_field *items = gql_type_field(type, "items");

    if (node != NULL || pages->paging == GQL_PAGES_NONE)
        return node;
    if (is_list_of_objects(nodes))
        return &nodes->type;
    return is_list_of_objects(items) ? &items->type : NULL;
}

bool
gql_find_pages(const struct gql_schema *schema, const struct gql_field *field,
               struct gql_pages *pages)
{
    const struct gql_type *type = gql_schema_find(schema, field->type.name);
    const struct gql_field *edges;

    *pages = (struct gql_pages){.paging = GQL_PAGES_NONE};
    if (type == NULL)
        return false;
    if (field->type.list_depth > 0) {
        find_paging(field, false, pages);
        pages->is_list = true;
        pages->node = &field->type;
        return is_list_of_objects(field) && pages->paging == GQL_PAGES_OFFSET;
    }
    if (type->kind != GQL_OBJECT_TYPE)
        return false;
    find_paging(field, gql_type_field(type, "pageInfo") != NULL, pages);
    pages->node = find_rows(schema, type, pages);
    pages->total = find_total(type);
    edges = gql_type_field(type, "edges");
    if (edges != NULL && edges->type.list_depth > 0)
        pages->edge = gql_schema_find(schema, edges->type.name);
    return pages->node != NULL;
}
