/*
 * A table is the pair of its parent and its path. Fragments may select it in
 * several places:
 *
 *     first place    check the name, read its @table, create the table
 *     each place     add its selections to the draft, note @position
 *
 * A table is unconditional if at least one place is not narrowed to a type.
 *
 * Hazards. plan->tables has a fixed size, so that pointers to tables stay
 * valid. The draft is freed after the plan was built, and the types belong to
 * another arena, so names that the plan keeps are copied. A name is shortened
 * before it is compared, because two long names may become equal.
 */
#include <string.h>

#include "plan/build.h"
#include "plan/names.h"

bool
table_draft_has_id(const struct builder *b, const struct gql_type *type)
{
    const struct dialect_pages *pages = b->dialect->pages;
    const struct gql_field *id = gql_type_field(type, "id");

    if (id == NULL || id->type.list_depth > 0 ||
        (!id->type.non_null && (pages == NULL || !pages->nullable_ids)))
        return false;
    return strcmp(id->type.name, "ID") == 0 ||
           (pages != NULL && pages->string_ids &&
            strcmp(id->type.name, "String") == 0);
}

static bool
read_table_directive(struct builder *b, struct table_site *site)
{
    static const char *const known[] = {"name", "parent", "key", "skip", NULL};
    const struct gql_directive *given =
        gql_find_directive(site->directives, "table");
    const char *name, *parent;

    if (given == NULL)
        return true;
    if (!directive_check(b, given, known) ||
        !directive_string(b, given, "name", &name) ||
        !directive_string(b, given, "parent", &parent) ||
        !directive_boolean(b, given, "skip", &site->skip))
        return false;
    if (name != NULL)
        site->name = name;
    if (parent != NULL && site->parent == NULL)
        return build_error(b, MSG_QUERY_DIRECTIVE, given->pos,
                           "the root's table has no parent, so @table cannot "
                           "have parent:");
    if (parent != NULL) {
        if (!columns_check_name(b, given->pos, parent))
            return false;
        site->parent_column = parent;
    }
    return name == NULL || columns_check_name(b, given->pos, name);
}

static struct table_draft *
find_draft(const struct builder *b, const struct table_draft *parent,
           const char *path)
{
    for (int i = 0; i < b->plan->table_count; i++) {
        struct plan_table *table = &b->plan->tables[i];

        if (strcmp(table->path, path) == 0 &&
            table->parent == (parent != NULL ? parent->table : NULL))
            return b->drafts[i];
    }
    return NULL;
}

static bool
refuse_same_name(struct builder *b, const struct table_site *site)
{
    for (int i = 0; i < b->plan->table_count; i++) {
        const struct plan_table *other = &b->plan->tables[i];

        if (strcmp(other->name, site->name) != 0 || other->skip || site->skip)
            continue;
        build_error(b, MSG_QUERY_NAME, site->pos,
                    "\"%s\" and \"%s\" both give table \"%s\"", other->path,
                    site->path, site->name);
        return err_hint(b->err, "write: @table(name: \"%.50s_2\")", site->name);
    }
    return true;
}

static struct gql_name *
keep_name(struct builder *b, const char *name)
{
    struct gql_name *own = arena_alloc(b->arena, sizeof(*own));

    own->name = arena_strdup(b->arena, name);
    return own;
}

static struct gql_name *
concrete_types(struct builder *b, const struct gql_type *type)
{
    struct gql_name *list = NULL, **end = &list;

    if (!gql_type_is_abstract(type))
        return keep_name(b, type->name);
    for (const struct gql_name *n = type->possible_types; n; n = n->next) {
        *end = keep_name(b, n->name);
        end = &(*end)->next;
    }
    return list;
}

static void
fill_table(struct builder *b, struct table_draft *draft,
           const struct table_site *site)
{
    struct plan_table *table = draft->table;
    const struct gql_type *type = draft->type;

    table->kind = site->kind;
    table->number = site->kind == PLAN_LIST ? 0 : ++b->connections;
    table->name = site->name;
    table->path = site->path;
    table->pos = site->pos;
    table->parent = site->parent != NULL ? site->parent->table : NULL;
    table->skip = site->skip;
    table->is_single = site->is_single;
    table->node_type = arena_strdup(b->arena, type->name);
    table->is_abstract = gql_type_is_abstract(type);
    table->concrete = concrete_types(b, type);
    table->has_id = table_draft_has_id(b, type);
    table->id_gid = columns_make_gid(b, table->is_abstract, type->name);
    table->parent_column = site->parent_column;
    table->parent_gid = table->parent != NULL ? table->parent->id_gid : NULL;
    table->id_column = -1;
    table->id_slot = table->typename_slot = -1;
    table->list_slot = table->tag_slot = -1;
    if (site->kind == PLAN_LIST) {
        table->shape = arena_alloc(b->arena, sizeof(*table->shape));
        shape_init(table->shape, b->arena);
    } else {
        table->shape = b->plan->line_shape;
    }
}

/* Note a place that selects the table: its selections, to which bulkpg later
 * adds the fields that each row needs, and its @position. */
static bool
note_node(struct builder *b, struct table_draft *draft,
          const struct table_site *site, struct gql_selection *node)
{
    static const char *const none[] = {NULL};
    const struct gql_directive *position =
        gql_find_directive(site->directives, "position");

    if (position != NULL && !directive_check(b, position, none))
        return false;
    if (draft->position == NULL)
        draft->position = position;
    if (draft->node_count == TABLE_SITES_MAX)
        return build_error(b, MSG_QUERY_TOO_LARGE, node->pos,
                           "\"%s\" is selected in more than %d places",
                           draft->table->path, TABLE_SITES_MAX);
    draft->is_unconditional = draft->is_unconditional || !site->is_narrowed;
    draft->fields[draft->node_count] = site->field;
    draft->nodes[draft->node_count++] = node;
    return true;
}

/* A response key that begins with an underscore needs @table(name:). */
static bool
check_table_key(struct builder *b, const struct table_site *site)
{
    const struct gql_directive *given =
        gql_find_directive(site->directives, "table");
    const char *key = columns_last_key(site->path);

    if (key[0] != '_' ||
        (given != NULL && gql_find_argument(given->arguments, "name") != NULL))
        return true;
    build_error(b, MSG_QUERY_NAME, site->pos,
                "\"%s\" begins with \"_\", which is reserved for bulkpg's own "
                "columns",
                site->path);
    return err_hint(b->err, "write: %s @table(name: \"%s\")", key,
                    key + strspn(key, "_"));
}

bool
table_draft_open(struct builder *b, struct table_site *site,
                 const struct gql_type *type, struct gql_selection *node,
                 struct table_draft **draft)
{
    *draft = find_draft(b, site->parent, site->path);
    if (*draft != NULL)
        return note_node(b, *draft, site, node);
    if (!columns_check_path(b, site->pos, site->path) ||
        !check_table_key(b, site))
        return false;
    if (b->plan->table_count == PLAN_TABLES_MAX)
        return build_error(b, MSG_QUERY_TOO_LARGE, site->pos,
                           "the query would have more than %d tables",
                           PLAN_TABLES_MAX);
    if (!read_table_directive(b, site))
        return false;
    site->name = name_shorten(b->arena, site->name);
    if (!refuse_same_name(b, site))
        return false;
    *draft = arena_alloc(b->scratch, sizeof(**draft));
    (*draft)->table = &b->plan->tables[b->plan->table_count];
    (*draft)->table->index = b->plan->table_count;
    (*draft)->type = type;
    (*draft)->directives = site->directives;
    (*draft)->definition = site->definition;
    if (site->paging != NULL)
        (*draft)->paging = *site->paging;
    b->drafts[b->plan->table_count++] = *draft;
    fill_table(b, *draft, site);
    return note_node(b, *draft, site, node);
}
