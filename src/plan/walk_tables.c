/*
 * Tables below a row: connections, and lists with @table. In a single object at
 * the root, connections are roots of their own (walk_roots.c).
 */
#include <string.h>

#include "plan/build.h"
#include "plan/names.h"

struct scope
walk_row_scope(struct table_draft *draft, bool through_abstract)
{
    return (struct scope){.draft = draft,
                          .key = &draft->table->shape->root,
                          .path = "",
                          .name = "",
                          .type_name = draft->type->name,
                          .written_for = draft->type->name,
                          .row_type = draft->type->name,
                          .owner_abstract = draft->table->is_abstract,
                          .through_abstract = through_abstract};
}

/* Some interfaces, such as HasMetafields, have no id. In a fragment on such an
 * interface the row keeps the type around the fragment. */
bool
walk_has_id(const struct builder *b, const char *type_name)
{
    const struct gql_type *type = gql_schema_find(b->schema, type_name);

    return type != NULL && gql_type_field(type, "id") != NULL;
}

/* Record that rows of this type have connections. Such rows need an id. */
static void
note_child_owner(struct builder *b, const struct scope *scope)
{
    struct gql_name *owner;

    for (owner = scope->draft->child_owners; owner; owner = owner->next)
        if (strcmp(owner->name, scope->row_type) == 0)
            return;
    owner = arena_alloc(b->arena, sizeof(*owner));
    owner->name = scope->row_type;
    owner->next = scope->draft->child_owners;
    scope->draft->child_owners = owner;
}

/* Rows of a connection or a list (`what`; NULL: a connection) refer to the id
 * of their parent, so the parent must have one. */
static bool
require_parent_id(struct builder *b, const struct scope *scope,
                  struct gql_pos pos, const char *what)
{
    if (walk_has_id(b, scope->row_type) &&
        (what == NULL || scope->draft->table->has_id))
        return true;
    if (what == NULL)
        return build_error(b, MSG_QUERY_KEY, pos,
                           "the rows of a connection below %s cannot refer to "
                           "their parent: %s has no id",
                           scope->row_type, scope->row_type);
    return build_error(b, MSG_QUERY_KEY, pos,
                       "@table on %s needs a parent with a field id: ID!; %s "
                       "has none",
                       what, scope->draft->type->name);
}

/* A connection in a single object at the root. Its name has the whole path of
 * response keys, so that it does not depend on other fields. */
static void
make_root(struct builder *b, const struct scope *scope, const char *part,
          struct table_site *site)
{
    site->kind = PLAN_ROOT;
    site->parent = NULL;
    site->parent_column = NULL;
    site->name = arena_printf(
        b->arena, "%s_%s", name_snake_case(b->arena, scope->root_path), part);
    site->path = arena_printf(b->arena, "%s.%s", scope->root_path, site->path);
}

/* A table below the current row, with the defaults for what @table can set. */
static struct table_site
child_site(struct builder *b, const struct scope *scope,
           struct gql_selection *field, enum plan_kind kind)
{
    const char *key = gql_response_key(field);
    const char *part =
        walk_join(b, scope->name, "_", name_snake_case(b->arena, key));
    struct table_site site = {.kind = kind,
                              .parent = scope->draft,
                              .path = walk_join(b, scope->path, ".", key),
                              .parent_column = "_parent_id",
                              .directives = field->directives,
                              .pos = field->pos,
                              .is_narrowed = scope->is_narrowed,
                              .field = field};

    if (scope->root_path != NULL && kind == PLAN_CONNECTION) {
        make_root(b, scope, part, &site);
        return site;
    }
    site.name =
        arena_printf(b->arena, "%s_%s", scope->draft->table->name, part);
    site.path = walk_join(b, scope->draft->table->path, ".", site.path);
    return site;
}

bool
walk_find_pages(struct builder *b, const struct gql_field *definition,
                struct gql_pages *paging)
{
    bool by_shape = gql_find_pages(b->schema, definition, paging);

    return b->plan->paged.way == PLAN_BY_BULK
               ? gql_is_connection(b->schema, definition->type.name)
               : by_shape;
}

bool
walk_rows(struct builder *b, struct table_draft *draft,
          const struct connection_parts *parts)
{
    struct scope row = walk_row_scope(draft, false);
    struct scope edge = row;

    if (!walk_selections(b, &row, parts->node->selections))
        return false;
    if (parts->edges == NULL)
        return true;
    edge.path = PAGES_EDGE_KEY;
    edge.key = shape_add(draft->table->shape, row.key, PAGES_EDGE_KEY);
    edge.type_name = edge.written_for = draft->paging.edge->name;
    edge.is_edge = true;
    return walk_selections(b, &edge, parts->edges);
}

/* In a single object at the root, connections are roots. */
static bool
check_place(struct builder *b, const struct scope *scope,
            const struct gql_selection *field)
{
    if (scope->is_edge)
        return build_error(b, MSG_QUERY_PAGES, field->pos,
                           "the connection \"%s\" is beside the node of an "
                           "edge, where it has no parent",
                           gql_response_key(field));
    return scope->root_path != NULL ||
           require_parent_id(b, scope, field->pos, NULL);
}

static void
note_parent(struct builder *b, const struct scope *scope,
            struct table_draft *draft, struct gql_selection *field)
{
    if (scope->root_path != NULL)
        return;
    note_child_owner(b, scope);
    if (scope->draft->table->kind == PLAN_LIST)
        return;
    counts_note(b, draft,
                &(struct count_place){.parent = scope->draft,
                                      .key = scope->key,
                                      .type_name = scope->written_for,
                                      .siblings = scope->siblings,
                                      .field = field});
}

bool
walk_connection(struct builder *b, const struct scope *scope,
                struct gql_selection *field, const struct gql_field *definition,
                const struct gql_pages *paging)
{
    struct table_site site = child_site(b, scope, field, PLAN_CONNECTION);
    struct connection_parts parts;
    struct table_draft *draft;

    site.definition = definition;
    site.paging = paging;
    if (!walk_refuse_misplaced(b, field, true, "connection",
                               "which is a table") ||
        !check_place(b, scope, field) ||
        !expand_connection(b, field, paging, &parts) ||
        !table_draft_open(b, &site,
                          gql_schema_find(b->schema, paging->node->name),
                          parts.node, &draft))
        return false;
    note_parent(b, scope, draft, field);
    return walk_rows(b, draft, &parts);
}

/* In a single object without an id: its rows have no parent to refer to. */
static bool
walk_root_list(struct builder *b, const struct scope *scope,
               struct gql_selection *field, const struct gql_field *definition)
{
    struct gql_pages paging = {.is_list = true, .node = &definition->type};

    return walk_connection(b, scope, field, definition, &paging);
}

bool
walk_list_table(struct builder *b, const struct scope *scope,
                struct gql_selection *field, const struct gql_field *definition)
{
    const char *key = gql_response_key(field);
    struct table_site site;
    struct table_draft *draft;
    struct scope row;

    if (definition->type.list_depth > 1 ||
        !gql_kind_is_composite(definition->type.kind))
        return build_error(b, MSG_QUERY_DIRECTIVE, field->pos,
                           "@table belongs on connections and lists of "
                           "objects; %s is %s",
                           key, definition->type.text);
    if (scope->root_path != NULL &&
        (scope->draft == NULL || !scope->draft->table->has_id))
        return walk_root_list(b, scope, field, definition);
    site = child_site(b, scope, field, PLAN_LIST);
    if (!walk_refuse_misplaced(b, field, true, "list", "which is a table") ||
        !require_parent_id(b, scope, field->pos, key) ||
        !table_draft_open(b, &site,
                          gql_schema_find(b->schema, definition->type.name),
                          field, &draft))
        return false;
    draft->list_key = shape_add(scope->draft->table->shape, scope->key, key);
    row = walk_row_scope(draft, scope->through_abstract ||
                                    definition->type.kind != GQL_OBJECT_TYPE);
    return walk_selections(b, &row, field->selections);
}
