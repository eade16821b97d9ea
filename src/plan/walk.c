/*
 * The walk through the selections, from the root's node down. A field without
 * selections becomes a column. An object becomes a part of the paths of its
 * fields. A connection becomes a table. A list becomes a jsonb column, or with
 * @table a table. A field that is selected twice, for example in two fragments,
 * becomes one column.
 *
 * A scope is a place of the walk: the table, the objects around the place, and
 * the types that fragments have narrowed it to.
 */
#include <string.h>

#include "graphql/connection.h"
#include "plan/build.h"
#include "plan/names.h"

struct scope {
    struct table_draft *draft;
    struct shape_key *key;   /* in the table's shape */
    const char *path;        /* of the objects around; "" in the row itself */
    const char *name;        /* the path in snake_case */
    const char *type_name;   /* type of the object, narrowed by fragments */
    const char *written_for; /* the type that the selections are written for */
    struct gql_selection *siblings; /* these selections */
    const char *row_type;           /* type of the row, narrowed by fragments */
    bool owner_abstract;   /* the object's field has an abstract type */
    bool through_abstract; /* the object's field or a field around it has an
                            * abstract type */
};

static const char *
join(struct builder *b, const char *left, const char *separator,
     const char *right)
{
    if (left[0] == '\0')
        return arena_strdup(b->arena, right);
    return arena_printf(b->arena, "%s%s%s", left, separator, right);
}

static bool
is_composite(enum gql_type_kind kind)
{
    return kind == GQL_OBJECT_TYPE || kind == GQL_INTERFACE_TYPE ||
           kind == GQL_UNION_TYPE;
}

/* ---- columns ----------------------------------------------------------- */

static struct plan_gid *
gid_of_leaf(struct builder *b, const struct scope *scope, const char *field)
{
    bool whole = scope->owner_abstract || scope->through_abstract;

    if (strcmp(field, "id") != 0)
        return columns_make_gid(b, true, NULL);
    if (scope->path[0] == '\0')
        return scope->draft->table->id_gid;
    return columns_make_gid(b, whole, scope->type_name);
}

static void
type_scalar(const struct builder *b, const char *name, struct column_site *site)
{
    enum dialect_scalar scalar = b->dialect->scalar_type(name);

    site->type = columns_scalar_type(scalar);
    site->takes_json = scalar != DIALECT_STRING;
}

static bool
add_leaf(struct builder *b, const struct scope *scope,
         const struct gql_selection *field, const struct gql_field *definition)
{
    const char *key = gql_response_key(field);
    bool is_typename = strcmp(key, "__typename") == 0;
    const char *part = is_typename ? "typename" : key;
    struct column_site site = {
        .name = join(b, scope->name, "_", name_snake_case(b->arena, part)),
        .path = join(b, scope->path, ".", key),
        .directives = field->directives,
        .pos = field->pos,
        .key = shape_add(scope->draft->table->shape, scope->key, key)};

    if (definition == NULL) { /* __typename, with or without alias */
        site.type = PLAN_TEXT;
        site.graphql_type = "String!";
        return columns_add(b, scope->draft, &site);
    }
    site.graphql_type = arena_strdup(b->arena, definition->type.text);
    site.is_list =
        definition->type.list_depth > 0 || is_composite(definition->type.kind);
    if (site.is_list) {
        site.type = PLAN_JSONB;
        site.takes_json = true;
    } else if (strcmp(definition->type.name, "ID") == 0) {
        site.gid = gid_of_leaf(b, scope, field->name);
    } else if (definition->type.kind == GQL_SCALAR_TYPE) {
        type_scalar(b, definition->type.name, &site);
    } else {
        site.type = PLAN_TEXT; /* enumerations */
    }
    return columns_add(b, scope->draft, &site);
}

/* ---- tables ------------------------------------------------------------ */

static struct scope
row_scope(struct table_draft *draft, bool through_abstract)
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

static bool walk_selections(struct builder *b, const struct scope *scope,
                            struct gql_selection *list);

/* Some interfaces, such as HasMetafields, have no id. In a fragment on such an
 * interface the row keeps the type around the fragment. */
static bool
has_field_id(const struct builder *b, const char *type_name)
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
    if (has_field_id(b, scope->row_type) &&
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

/* Refuse directives that have no meaning on this field. Tables may have @table
 * and @position. */
static bool
refuse_misplaced(struct builder *b, const struct gql_selection *field,
                 bool is_table, const char *what, const char *why)
{
    static const char *const ours[] = {"table", "position", "column", "index",
                                       "json"};

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

/* A table below the current row, with the defaults for what @table can set. */
static struct table_site
child_site(struct builder *b, const struct scope *scope,
           const struct gql_selection *field, enum plan_kind kind)
{
    const char *key = gql_response_key(field);
    const char *part =
        join(b, scope->name, "_", name_snake_case(b->arena, key));
    const struct plan_table *parent = scope->draft->table;

    return (struct table_site){
        .kind = kind,
        .parent = scope->draft,
        .name = arena_printf(b->arena, "%s_%s", parent->name, part),
        .path = join(b, parent->path, ".", join(b, scope->path, ".", key)),
        .parent_column = "_parent_id",
        .directives = field->directives,
        .pos = field->pos};
}

static bool
walk_connection(struct builder *b, const struct scope *scope,
                struct gql_selection *field, const struct gql_field *definition)
{
    const struct gql_type_ref *node_ref =
        gql_connection_node(b->schema, definition->type.name);
    struct table_site site = child_site(b, scope, field, PLAN_CONNECTION);
    struct gql_selection *node = expand_connection(b, field);
    struct table_draft *draft;
    struct scope row;

    if (!refuse_misplaced(b, field, true, "connection", "which is a table") ||
        !require_parent_id(b, scope, field->pos, NULL) ||
        !table_draft_open(b, &site, gql_schema_find(b->schema, node_ref->name),
                          node, &draft))
        return false;
    note_child_owner(b, scope);
    counts_note(b, draft,
                &(struct count_place){.parent = scope->draft,
                                      .key = scope->key,
                                      .type_name = scope->written_for,
                                      .siblings = scope->siblings,
                                      .field = field});
    row = row_scope(draft, false);
    return walk_selections(b, &row, node->selections);
}

static bool
walk_list_table(struct builder *b, const struct scope *scope,
                struct gql_selection *field, const struct gql_field *definition)
{
    const char *key = gql_response_key(field);
    struct table_site site = child_site(b, scope, field, PLAN_LIST);
    struct table_draft *draft;
    struct scope row;

    if (definition->type.list_depth > 1 || !is_composite(definition->type.kind))
        return build_error(b, MSG_QUERY_DIRECTIVE, field->pos,
                           "@table belongs on connections and lists of "
                           "objects; %s is %s",
                           key, definition->type.text);
    if (!refuse_misplaced(b, field, true, "list", "which is a table") ||
        !require_parent_id(b, scope, field->pos, key) ||
        !table_draft_open(b, &site,
                          gql_schema_find(b->schema, definition->type.name),
                          field, &draft))
        return false;
    draft->list_key = shape_add(scope->draft->table->shape, scope->key, key);
    row = row_scope(draft, scope->through_abstract ||
                               definition->type.kind != GQL_OBJECT_TYPE);
    return walk_selections(b, &row, field->selections);
}

/* ---- selections -------------------------------------------------------- */

static bool
walk_object(struct builder *b, const struct scope *scope,
            struct gql_selection *field, const struct gql_field *definition)
{
    const char *key = gql_response_key(field);
    bool abstract = definition->type.kind != GQL_OBJECT_TYPE;
    struct scope inside = *scope;

    if (!refuse_misplaced(b, field, false, "object",
                          "whose fields are columns; @json keeps it whole"))
        return false;
    inside.key = shape_add(scope->draft->table->shape, scope->key, key);
    inside.path = join(b, scope->path, ".", key);
    inside.name = join(b, scope->name, "_", name_snake_case(b->arena, key));
    inside.type_name = inside.written_for = definition->type.name;
    inside.owner_abstract = abstract;
    inside.through_abstract = scope->through_abstract || abstract;
    return walk_selections(b, &inside, field->selections);
}

static bool
check_response_key(struct builder *b, const struct gql_selection *field)
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

/* An object that is kept whole must not contain a connection: its rows would be
 * lines of their own, not part of the object. */
static bool
check_kept_whole(struct builder *b, const char *type_name,
                 const struct gql_selection *list)
{
    const struct gql_type *type = gql_schema_find(b->schema, type_name);

    for (; list != NULL; list = list->next) {
        const struct gql_field *definition;

        if (list->kind == GQL_INLINE_FRAGMENT) {
            const char *narrowed =
                list->type_condition != NULL ? list->type_condition : type_name;

            if (!check_kept_whole(b, narrowed, list->selections))
                return false;
            continue;
        }
        if (!refuse_misplaced(b, list, false, "field",
                              "which is part of a value kept whole"))
            return false;
        definition = gql_type_field(type, list->name);
        if (definition == NULL || list->selections == NULL)
            continue;
        if (gql_is_connection(b->schema, definition->type.name))
            return build_error(
                b, MSG_QUERY_BULK_RULE, list->pos,
                "the connection \"%s\" cannot be inside an "
                "object that is stored as one JSON value (@json)",
                gql_response_key(list));
        if (!check_kept_whole(b, definition->type.name, list->selections))
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

    if (!check_response_key(b, field) || !check_row_id(b, scope, field))
        return false;
    if (definition == NULL || !is_composite(definition->type.kind)) {
        if (is_json)
            return build_error(b, MSG_QUERY_DIRECTIVE, field->pos,
                               "@json belongs on objects; \"%s\" is not an "
                               "object",
                               gql_response_key(field));
        return add_leaf(b, scope, field, definition);
    }
    if (gql_is_connection(b->schema, definition->type.name))
        return walk_connection(b, scope, field, definition);
    if (definition->type.list_depth > 0 && is_table && !is_json)
        return walk_list_table(b, scope, field, definition);
    if (definition->type.list_depth > 0 || is_json)
        return check_kept_whole(b, definition->type.name, field->selections) &&
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
static bool
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
        if (list->type_condition != NULL)
            narrowed.written_for = list->type_condition;
        if (list->type_condition != NULL && is_abstract(b, scope->type_name)) {
            narrowed.type_name = list->type_condition;
            if (scope->path[0] == '\0' && has_field_id(b, list->type_condition))
                narrowed.row_type = list->type_condition;
        }
        if (!walk_selections(b, &narrowed, list->selections))
            return false;
    }
    return true;
}

/* Find the root field, and combine its selections. It may be inside fragments,
 * and it may be selected more than once. */
static void
find_root(struct gql_selection *list, struct gql_selection **root)
{
    for (; list != NULL; list = list->next) {
        struct gql_selection **end;

        if (list->kind == GQL_INLINE_FRAGMENT) {
            find_root(list->selections, root);
        } else if (*root == NULL) {
            *root = list;
        } else {
            if ((*root)->directives == NULL)
                (*root)->directives = list->directives;
            end = &(*root)->selections;
            while (*end != NULL)
                end = &(*end)->next;
            *end = list->selections;
        }
    }
}

static bool
walk_root(struct builder *b, struct gql_selection *root)
{
    const struct gql_type *query =
        gql_schema_find(b->schema, gql_schema_query_type(b->schema));
    const struct gql_field *definition = gql_type_field(query, root->name);
    const struct gql_type_ref *node_ref =
        gql_connection_node(b->schema, definition->type.name);
    struct table_site site = {
        .kind = PLAN_ROOT,
        .name = name_snake_case(b->arena, gql_response_key(root)),
        .path = gql_response_key(root),
        .directives = root->directives,
        .pos = root->pos};
    struct gql_selection *node = expand_connection(b, root);
    struct table_draft *draft;
    struct scope row;

    if (!check_response_key(b, root) ||
        !refuse_misplaced(b, root, true, "connection", "which is a table") ||
        !table_draft_open(b, &site, gql_schema_find(b->schema, node_ref->name),
                          node, &draft))
        return false;
    row = row_scope(draft, false);
    return walk_selections(b, &row, node->selections);
}

bool
walk_document(struct builder *b)
{
    struct gql_selection *root = NULL;

    find_root(expand_selections(b, b->document->operations->selections), &root);
    if (root == NULL)
        return build_error(b, MSG_QUERY_BULK_RULE, b->document->operations->pos,
                           "the query selects nothing: @skip and @include "
                           "leave out all its fields");
    root->next = NULL;
    b->plan->root = root;
    return walk_root(b, root);
}
