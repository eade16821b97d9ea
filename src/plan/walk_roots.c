/*
 * The roots of a query. A bulk query has one, a connection. A query that is
 * read by pages may have several:
 *
 *     a connection       a table, as in a bulk query
 *     a list of objects  a table as well
 *     a single object    a table of one row, if a field is selected on it that
 *                        gives a column or a list. Connections below it are
 *                        roots, and if it has no id, so are lists with @table
 */
#include <string.h>

#include "plan/build.h"
#include "plan/names.h"

/* Collect the root fields, which may be inside fragments. The selections of a
 * field that is selected more than once are combined. */
static void
collect_roots(struct gql_selection *list, struct gql_selection **first)
{
    struct gql_selection *next;

    for (; list != NULL; list = next) {
        struct gql_selection **root = first, **end;

        next = list->next;
        if (list->kind == GQL_INLINE_FRAGMENT) {
            collect_roots(list->selections, first);
            continue;
        }
        while (*root != NULL &&
               strcmp(gql_response_key(*root), gql_response_key(list)) != 0)
            root = &(*root)->next;
        if (*root == NULL) {
            *root = list;
            list->next = NULL;
            continue;
        }
        if ((*root)->directives == NULL)
            (*root)->directives = list->directives;
        end = &(*root)->selections;
        while (*end != NULL)
            end = &(*end)->next;
        *end = list->selections;
    }
}

static struct table_site
root_site(struct builder *b, struct gql_selection *root,
          const struct gql_field *definition)
{
    return (struct table_site){
        .kind = PLAN_ROOT,
        .name = name_snake_case(b->arena, gql_response_key(root)),
        .path = gql_response_key(root),
        .directives = root->directives,
        .pos = root->pos,
        .field = root,
        .definition = definition};
}

/* ---- connections and lists ---------------------------------------------- */

static bool
walk_root_rows(struct builder *b, struct gql_selection *root,
               const struct gql_field *definition,
               const struct gql_pages *paging)
{
    struct table_site site = root_site(b, root, definition);
    struct connection_parts parts;
    struct table_draft *draft;

    site.paging = paging;
    return walk_refuse_misplaced(b, root, true, "connection",
                                 "which is a table") &&
           expand_connection(b, root, paging, &parts) &&
           table_draft_open(b, &site,
                            gql_schema_find(b->schema, paging->node->name),
                            parts.node, &draft) &&
           walk_rows(b, draft, &parts);
}

/* ---- single objects ----------------------------------------------------- */

static bool
has_table(const struct gql_selection *field)
{
    return gql_find_directive(field->directives, "table") != NULL;
}

/* Does the object have a field that gives a column, or, if it has an id, a list
 * with @table? Objects in it are part of it. */
static bool
has_columns(struct builder *b, bool has_id, const char *type_name,
            const struct gql_selection *list)
{
    const struct gql_type *type = gql_schema_find(b->schema, type_name);

    for (; list != NULL; list = list->next) {
        const struct gql_field *field;
        struct gql_pages paging;

        if (list->is_filler)
            continue;
        if (list->kind == GQL_INLINE_FRAGMENT) {
            const char *narrowed =
                list->type_condition != NULL ? list->type_condition : type_name;

            if (has_columns(b, has_id, narrowed, list->selections))
                return true;
            continue;
        }
        field = gql_type_field(type, list->name);
        if (field == NULL || list->selections == NULL ||
            gql_find_directive(list->directives, "json") != NULL)
            return true;
        if (walk_find_pages(b, field, &paging))
            continue;
        if (field->type.list_depth > 0
                ? has_id || !has_table(list)
                : has_columns(b, has_id, field->type.name, list->selections))
            return true;
    }
    return false;
}

/* The scope of an object that has only connections. */
static struct scope
bare_scope(const struct gql_selection *root, const char *type_name)
{
    return (struct scope){.path = "",
                          .name = "",
                          .type_name = type_name,
                          .written_for = type_name,
                          .row_type = type_name,
                          .root_path = gql_response_key(root)};
}

static bool
walk_single(struct builder *b, struct gql_selection *root,
            const struct gql_field *definition)
{
    struct table_site site = root_site(b, root, definition);
    struct table_draft *draft;
    struct scope row;

    site.is_single = true;
    if (!walk_refuse_misplaced(b, root, true, "object", "which is a table") ||
        !table_draft_open(b, &site,
                          gql_schema_find(b->schema, definition->type.name),
                          root, &draft))
        return false;
    row = walk_row_scope(draft, definition->type.kind != GQL_OBJECT_TYPE);
    row.root_path = gql_response_key(root);
    return walk_selections(b, &row, root->selections);
}

static bool
walk_root_object(struct builder *b, struct gql_selection *root,
                 const struct gql_field *definition)
{
    struct scope bare = bare_scope(root, definition->type.name);

    bool has_id = table_draft_has_id(
        b, gql_schema_find(b->schema, definition->type.name));

    if (has_columns(b, has_id, definition->type.name, root->selections))
        return walk_single(b, root, definition);
    return walk_refuse_misplaced(b, root, false, "object",
                                 "which is not a table, because only "
                                 "connections are selected on it") &&
           walk_selections(b, &bare, root->selections);
}

/* ---- all of them -------------------------------------------------------- */

static bool
walk_root(struct builder *b, struct gql_selection *root)
{
    const struct gql_type *query =
        gql_schema_find(b->schema, gql_schema_query_type(b->schema));
    const struct gql_field *definition = gql_type_field(query, root->name);
    struct gql_pages paging;

    if (!walk_check_response_key(b, root))
        return false;
    if (definition != NULL && walk_find_pages(b, definition, &paging))
        return walk_root_rows(b, root, definition, &paging);
    if (definition == NULL || definition->type.list_depth > 1 ||
        !gql_kind_is_composite(definition->type.kind))
        return build_error(b, MSG_QUERY_PAGES, root->pos,
                           "\"%s\" cannot be a root: a root is a connection, "
                           "an object, or a list of objects",
                           root->name);
    if (definition->type.list_depth == 0)
        return walk_root_object(b, root, definition);
    paging = (struct gql_pages){.is_list = true, .node = &definition->type};
    return walk_root_rows(b, root, definition, &paging);
}

bool
walk_document(struct builder *b)
{
    collect_roots(expand_selections(b, b->document->operations->selections),
                  &b->plan->root);
    if (b->plan->root == NULL)
        return build_error(b, MSG_QUERY_BULK_RULE, b->document->operations->pos,
                           "the query selects nothing: @skip and @include "
                           "leave out all its fields");
    for (struct gql_selection *r = b->plan->root; r != NULL; r = r->next)
        if (!walk_root(b, r))
            return false;
    return b->plan->table_count > 0 ||
           build_error(b, MSG_QUERY_TYPES, b->document->operations->pos,
                       "no table is left: all fields of the query are "
                       "@optional and left out");
}
