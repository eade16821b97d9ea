/*
 * The walk through the selections of a row. A field without selections becomes
 * a column. An object becomes a part of the paths of its fields. A connection
 * becomes a table (walk_tables.c). A list becomes a jsonb column, or with
 * @table a table. A field that is selected twice, for example in two fragments,
 * becomes one column.
 *
 * With @unwrap two kinds of objects leave no trace in names: an attribute,
 * whose field `value` gives a column with the attribute's own name, and the
 * `node` of a to-one edge.
 */
#include <string.h>

#include "plan/build.h"
#include "plan/names.h"

const char *
walk_join(struct builder *b, const char *left, const char *separator,
          const char *right)
{
    if (left[0] == '\0')
        return arena_strdup(b->arena, right);
    return arena_printf(b->arena, "%s%s%s", left, separator, right);
}

/* ---- columns ----------------------------------------------------------- */

static struct plan_gid *
gid_of_leaf(struct builder *b, const struct scope *scope, const char *field)
{
    bool whole = scope->owner_abstract || scope->through_abstract;

    if (strcmp(field, "id") != 0 || scope->is_edge)
        return columns_make_gid(b, true, NULL);
    if (scope->path[0] == '\0')
        return scope->draft->table->id_gid;
    return columns_make_gid(b, whole, scope->type_name);
}

static void
type_scalar(const struct builder *b, const char *name, struct column_site *site)
{
    enum dialect_scalar scalar = b->dialect->scalar_type(name);

    site->type = plan_scalar_type(scalar);
    site->takes_json = scalar != DIALECT_STRING;
}

/* Is it the id by which rows are known? Its type need not be ID. */
static bool
is_row_id(const struct scope *scope, const struct gql_selection *field)
{
    return scope->path[0] == '\0' && scope->draft->table->has_id &&
           strcmp(field->name, "id") == 0;
}

/* The name of a column: its path in snake_case. */
static const char *
leaf_name(struct builder *b, const struct scope *scope, const char *key)
{
    const char *part = strcmp(key, "__typename") == 0 ? "typename" : key;

    if (scope->is_attribute && strcmp(key, "value") == 0)
        return scope->name;
    return walk_join(b, scope->name, "_", name_snake_case(b->arena, part));
}

void
walk_type_column(struct builder *b, const struct gql_field *definition,
                 struct column_site *site)
{
    site->graphql_type = arena_strdup(b->arena, definition->type.text);
    site->is_list = definition->type.list_depth > 0 ||
                    gql_kind_is_composite(definition->type.kind);
    if (site->is_list) {
        site->type = PLAN_JSONB;
        site->takes_json = true;
    } else if (definition->type.kind == GQL_SCALAR_TYPE) {
        type_scalar(b, definition->type.name, site);
    } else {
        site->type = PLAN_TEXT; /* enumerations */
    }
}

static bool
is_optional(const struct scope *scope, const struct gql_selection *field)
{
    return scope->is_optional ||
           gql_find_directive(field->directives, "optional") != NULL;
}

static bool
add_leaf(struct builder *b, const struct scope *scope,
         const struct gql_selection *field, const struct gql_field *definition)
{
    const char *key = gql_response_key(field);
    struct column_site site = {
        .name = leaf_name(b, scope, key),
        .path = walk_join(b, scope->path, ".", key),
        .directives = field->directives,
        .pos = field->pos,
        .key = shape_add(scope->draft->table->shape, scope->key, key)};

    site.is_optional = is_optional(scope, field);
    if (definition == NULL) { /* __typename, with or without alias */
        if (!mask_rules_refuse(b, field->directives, "the name of a type"))
            return false;
        site.type = PLAN_TEXT;
        site.graphql_type = "String!";
        return columns_add(b, scope->draft, &site);
    }
    if (gql_kind_is_composite(definition->type.kind) &&
        !mask_rules_refuse(b, field->directives, "kept whole"))
        return false;
    if (is_row_id(scope, field) && site.is_optional)
        return build_error(b, MSG_QUERY_KEY, field->pos,
                           "the id of a row is its key, so it cannot be "
                           "@optional");
    walk_type_column(b, definition, &site);
    if (!site.is_list &&
        (strcmp(definition->type.name, "ID") == 0 || is_row_id(scope, field)))
        site.gid = gid_of_leaf(b, scope, field->name);
    return columns_add(b, scope->draft, &site);
}

/* ---- objects ----------------------------------------------------------- */

bool
walk_refuse_misplaced(struct builder *b, const struct gql_selection *field,
                      bool is_table, const char *what, const char *why)
{
    static const char *const ours[] = {"table", "position", "column",
                                       "index", "json",     "mask"};

    enum { OF_TABLES = 2 };

    for (const struct gql_directive *d = field->directives; d; d = d->next) {
        for (size_t i = is_table ? OF_TABLES : 0;
             i < sizeof(ours) / sizeof(ours[0]); i++)
            if (strcmp(d->name, ours[i]) == 0)
                return build_error(b, MSG_QUERY_DIRECTIVE, d->pos,
                                   "@%s does not belong on the %s \"%s\", %s",
                                   d->name, what, gql_response_key(field), why);
    }
    return true;
}

/* @unwrap: an attribute has a field `value` beside what all attributes have. */
static bool
is_attribute(const struct builder *b, const struct gql_type *type)
{
    return b->unwraps && gql_type_field(type, "value") != NULL &&
           gql_name_in(type->interfaces, "AttributeInterface");
}

/* @unwrap: a to-one edge has a field `node`, one object. */
static bool
is_to_one(const struct builder *b, const struct gql_type *type)
{
    const struct gql_field *node = gql_type_field(type, "node");

    return b->unwraps && node != NULL && node->type.list_depth == 0 &&
           gql_kind_is_composite(node->type.kind);
}

static struct scope
object_scope(struct builder *b, const struct scope *scope,
             const struct gql_selection *field,
             const struct gql_field *definition)
{
    const struct gql_type *type =
        gql_schema_find(b->schema, definition->type.name);
    const char *key = gql_response_key(field);
    bool abstract = definition->type.kind != GQL_OBJECT_TYPE;
    struct scope inside = *scope;

    if (scope->draft != NULL)
        inside.key = shape_add(scope->draft->table->shape, scope->key, key);
    inside.path = walk_join(b, scope->path, ".", key);
    if (!scope->is_to_one || strcmp(key, "node") != 0)
        inside.name =
            walk_join(b, scope->name, "_", name_snake_case(b->arena, key));
    inside.type_name = inside.written_for = definition->type.name;
    inside.owner_abstract = abstract;
    inside.through_abstract = scope->through_abstract || abstract;
    inside.is_attribute = is_attribute(b, type);
    inside.is_to_one = is_to_one(b, type);
    inside.is_optional = is_optional(scope, field);
    return inside;
}

static bool
walk_object(struct builder *b, const struct scope *scope,
            struct gql_selection *field, const struct gql_field *definition)
{
    struct scope inside;

    if (!walk_refuse_misplaced(b, field, false, "object",
                               "whose fields are columns; @json keeps it "
                               "whole"))
        return false;
    inside = object_scope(b, scope, field, definition);
    return walk_selections(b, &inside, field->selections);
}

bool
walk_check_response_key(struct builder *b, const struct gql_selection *field)
{
    const char *key = gql_response_key(field);

    if (strcmp(key, "__typename") == 0 && field->alias == NULL)
        return true;
    if (strncmp(key, "__", 2) == 0)
        return build_error(b, MSG_QUERY_NAME, field->pos,
                           "\"%s\" begins with \"__\", which is reserved for "
                           "GraphQL; give it another alias",
                           key);
    if (strncmp(key, "bulkpg_", 7) == 0)
        return build_error(b, MSG_QUERY_NAME, field->pos,
                           "\"%s\" begins with \"bulkpg_\", which is reserved "
                           "for bulkpg's own aliases; give it another alias",
                           key);
    return true;
}

/* In the row itself, the response key `id` must be the row's id, because the
 * lines of its children refer to it. */
static bool
check_row_id(struct builder *b, const struct scope *scope,
             const struct gql_selection *field)
{
    if (scope->path[0] != '\0' || strcmp(gql_response_key(field), "id") != 0 ||
        strcmp(field->name, "id") == 0)
        return true;
    return build_error(b, MSG_QUERY_KEY, field->pos,
                       "the response key \"id\" of a row must be its id, not "
                       "%s",
                       field->name);
}

static bool
refuse_in_json(struct builder *b, const struct gql_selection *outer,
               const struct gql_selection *connection)
{
    if (gql_find_directive(outer->directives, "json") != NULL)
        return build_error(b, MSG_QUERY_BULK_RULE, connection->pos,
                           "the connection \"%s\" cannot be inside an object "
                           "that is stored as one JSON value (@json)",
                           gql_response_key(connection));
    build_error(b, MSG_QUERY_PAGES, connection->pos,
                "the connection \"%s\" cannot be inside the list \"%s\", "
                "which is stored as one JSON value",
                gql_response_key(connection), gql_response_key(outer));
    return err_hint(b->err, "give the list a table of its own: %s @table",
                    gql_response_key(outer));
}

/* A value that is kept whole must not contain a connection: its rows would be
 * lines of their own, not part of the value. `outer` is the field of the value,
 * and `list` are selections in it. */
static bool
check_kept_whole(struct builder *b, const struct gql_selection *outer,
                 const char *type_name, const struct gql_selection *list)
{
    const struct gql_type *type = gql_schema_find(b->schema, type_name);

    for (; list != NULL; list = list->next) {
        const struct gql_field *definition;
        struct gql_pages paging;

        if (list->kind == GQL_INLINE_FRAGMENT) {
            const char *narrowed =
                list->type_condition != NULL ? list->type_condition : type_name;

            if (!check_kept_whole(b, outer, narrowed, list->selections))
                return false;
            continue;
        }
        if (!walk_refuse_misplaced(b, list, false, "field",
                                   "which is part of a value kept whole"))
            return false;
        definition = gql_type_field(type, list->name);
        if (definition == NULL || list->selections == NULL)
            continue;
        if (walk_find_pages(b, definition, &paging))
            return refuse_in_json(b, outer, list);
        if (!check_kept_whole(b, outer, definition->type.name,
                              list->selections))
            return false;
    }
    return true;
}

static bool
walk_field(struct builder *b, const struct scope *scope,
           struct gql_selection *field)
{
    const struct gql_type *type = gql_schema_find(b->schema, scope->type_name);
    const struct gql_field *definition = gql_type_field(type, field->name);
    bool is_table = gql_find_directive(field->directives, "table") != NULL;
    bool is_json = gql_find_directive(field->directives, "json") != NULL;
    struct gql_pages paging;

    if (field->is_filler)
        return true;
    if (!walk_check_response_key(b, field) || !check_row_id(b, scope, field))
        return false;
    if (definition == NULL || !gql_kind_is_composite(definition->type.kind)) {
        if (is_json)
            return build_error(b, MSG_QUERY_DIRECTIVE, field->pos,
                               "@json belongs on objects; \"%s\" is not an "
                               "object",
                               gql_response_key(field));
        return add_leaf(b, scope, field, definition);
    }
    if (walk_find_pages(b, definition, &paging))
        return walk_connection(b, scope, field, definition, &paging);
    if (definition->type.list_depth > 0 && is_table && !is_json)
        return walk_list_table(b, scope, field, definition);
    if (definition->type.list_depth > 0 || is_json)
        return check_kept_whole(b, field, definition->type.name,
                                field->selections) &&
               add_leaf(b, scope, field, definition);
    return walk_object(b, scope, field, definition);
}

static bool
is_abstract(const struct builder *b, const char *type_name)
{
    return gql_type_is_abstract(gql_schema_find(b->schema, type_name));
}

/* A fragment narrows the type only if the object's type is abstract. A fragment
 * on an interface does not change the type of an object that is known. */
bool
walk_selections(struct builder *b, const struct scope *scope,
                struct gql_selection *list)
{
    struct scope here = *scope;

    here.siblings = list;
    for (; list != NULL; list = list->next) {
        struct scope narrowed = here;

        if (list->kind == GQL_FIELD) {
            if (!walk_field(b, &here, list))
                return false;
            continue;
        }
        narrowed.is_narrowed = here.is_narrowed || list->type_condition != NULL;
        if (list->type_condition != NULL)
            narrowed.written_for = list->type_condition;
        if (list->type_condition != NULL && is_abstract(b, scope->type_name)) {
            narrowed.type_name = list->type_condition;
            if (scope->path[0] == '\0' && walk_has_id(b, list->type_condition))
                narrowed.row_type = list->type_condition;
        }
        if (!walk_selections(b, &narrowed, list->selections))
            return false;
    }
    return true;
}
