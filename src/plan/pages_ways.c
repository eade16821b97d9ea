/*
 * How an API finds rows by their ids. The ways, the best first:
 *
 *     nodes(ids:)      objects of any type that implements Node
 *     Device(ids:)     a connection or list of the rows' own type
 *     node(id:)        one object
 *     issue(id:)       one object of the rows' own type
 *
 * Hazard. A root such as attachmentIssue(id:) also gives issues, but takes the
 * id of something else, and draftOrders(ids:) gives only some orders. A row
 * that is not found counts as gone, so only a root that has the name of the
 * rows' type, perhaps in the plural, is such a way.
 */
#include <string.h>
#include <strings.h>

#include "plan/pages_build.h"

/* The argument of the field if it is the only one that must be given. */
static const struct gql_input *
only_argument(const struct gql_field *field, const char *name, bool is_list)
{
    const struct gql_input *found = NULL;

    for (const struct gql_input *a = field->arguments; a; a = a->next) {
        if (strcmp(a->name, name) == 0)
            found = a;
        else if (a->type.non_null && !a->has_default)
            return NULL;
    }
    return found != NULL && (found->type.list_depth == 1) == is_list &&
                   (strcmp(found->type.name, "ID") == 0 ||
                    strcmp(found->type.name, "String") == 0)
               ? found
               : NULL;
}

static bool
implements(const struct builder *b, const char *type_name,
           const char *interface)
{
    const struct gql_type *type = gql_schema_find(b->schema, type_name);

    return strcmp(type_name, interface) == 0 ||
           (type != NULL && gql_name_in(type->interfaces, interface));
}

/* Do all rows that can be parents implement the interface? If the rows' type
 * does not say so, those of its types that have connections must. */
static bool
rows_implement(const struct builder *b, const struct table_draft *draft,
               const char *interface)
{
    const struct gql_name *owner = draft->child_owners;

    if (implements(b, draft->type->name, interface))
        return true;
    for (; owner != NULL; owner = owner->next)
        if (!implements(b, owner->name, interface))
            return false;
    return draft->child_owners != NULL;
}

/* Is it `Device`, `devices`, `boxes` or `entries`, for the type Device, Box, or
 * Entry? */
static bool
is_named_after(const char *field, const char *type)
{
    size_t length = strlen(type);
    const char *end = field + length;

    if (length > 1 && strncasecmp(field, type, length - 1) == 0 &&
        strcmp(field + length - 1, "ies") == 0)
        return type[length - 1] == 'y';
    return strncasecmp(field, type, length) == 0 &&
           (*end == '\0' || strcmp(end, "s") == 0 || strcmp(end, "es") == 0);
}

static bool
try_nodes(const struct builder *b, const struct table_draft *draft,
          const struct gql_type *query, struct pages_way *way)
{
    const struct gql_field *field = gql_type_field(query, "nodes");

    if (field == NULL || field->type.list_depth != 1 ||
        !rows_implement(b, draft, field->type.name))
        return false;
    *way = (struct pages_way){.by = PAGES_BY_IDS,
                              .field = field,
                              .argument = only_argument(field, "ids", true),
                              .by_interface = true};
    return way->argument != NULL;
}

static bool
try_node(const struct builder *b, const struct table_draft *draft,
         const struct gql_type *query, struct pages_way *way)
{
    const struct gql_field *field = gql_type_field(query, "node");

    if (field == NULL || field->type.list_depth != 0 ||
        !rows_implement(b, draft, field->type.name))
        return false;
    *way = (struct pages_way){.by = PAGES_BY_ID,
                              .field = field,
                              .argument = only_argument(field, "id", false),
                              .by_interface = true};
    return way->argument != NULL;
}

static bool
try_own_list(const struct builder *b, const struct table_draft *draft,
             const struct gql_type *query, struct pages_way *way)
{
    for (const struct gql_field *f = query->fields; f; f = f->next) {
        *way = (struct pages_way){.by = PAGES_BY_IDS,
                                  .field = f,
                                  .argument = only_argument(f, "ids", true)};
        if (way->argument == NULL ||
            !is_named_after(f->name, draft->type->name))
            continue;
        way->is_connection = gql_find_pages(b->schema, f, &way->paging);
        if (way->is_connection
                ? strcmp(way->paging.node->name, draft->type->name) == 0
                : f->type.list_depth == 1 &&
                      strcmp(f->type.name, draft->type->name) == 0)
            return true;
    }
    return false;
}

static bool
try_own(const struct table_draft *draft, const struct gql_type *query,
        struct pages_way *way)
{
    for (const struct gql_field *f = query->fields; f; f = f->next) {
        if (f->type.list_depth > 0 ||
            strcmp(f->type.name, draft->type->name) != 0 ||
            !is_named_after(f->name, draft->type->name))
            continue;
        *way = (struct pages_way){.by = PAGES_BY_ID,
                                  .field = f,
                                  .argument = only_argument(f, "id", false)};
        if (way->argument != NULL)
            return true;
    }
    return false;
}

struct pages_way
pages_find_way(const struct builder *b, const struct table_draft *draft)
{
    const struct gql_type *query =
        gql_schema_find(b->schema, gql_schema_query_type(b->schema));
    struct pages_way way;

    if (try_nodes(b, draft, query, &way) ||
        try_own_list(b, draft, query, &way) ||
        try_node(b, draft, query, &way) || try_own(draft, query, &way))
        return way;
    return (struct pages_way){.by = PAGES_BY_ROOT};
}
