/*
 * Keys: a row is identified by its id, by the columns that @table(key:) names,
 * or by its ordinal; below the root, together with the id of its parent.
 *
 * This stage also decides which ids, types and tags the lines must contain, so
 * that the load can find the table of a line (load/route.c), and it sets the
 * slot of each value that the load reads from a line.
 */
#include <string.h>

#include "plan/build.h"

/* ---- lines of different connections ------------------------------------ */

static bool
share_a_type(struct builder *b, const struct plan_table *one,
             const struct plan_table *other)
{
    struct dict names = {.arena = b->scratch};

    for (const struct gql_name *n = one->concrete; n != NULL; n = n->next)
        (void)dict_add_name(&names, n->name);
    for (const struct gql_name *n = other->concrete; n != NULL; n = n->next)
        if (dict_get(&names, n->name) != NULL)
            return true;
    return false;
}

/* If another connection has rows of the same type, the lines of this one need a
 * tag: an alias that only they have. */
static bool
needs_tag(struct builder *b, const struct plan_table *table)
{
    const struct plan *plan = b->plan;

    for (int i = 0; i < plan->table_count; i++) {
        const struct plan_table *other = &plan->tables[i];

        if (other != table && other->kind == PLAN_CONNECTION &&
            share_a_type(b, table, other))
            return true;
    }
    return false;
}

static int
nested_connections(const struct plan *plan)
{
    int count = 0;

    for (int i = 0; i < plan->table_count; i++)
        count += plan->tables[i].kind == PLAN_CONNECTION;
    return count;
}

/* ---- keys -------------------------------------------------------------- */

/* Make the column `id` the key and the first column. If the query does not
 * select it, add it. */
static void
place_id_first(struct builder *b, struct table_draft *draft)
{
    struct plan_table *table = draft->table;
    struct plan_column *id = NULL;
    struct shape_key *key = NULL;
    int at = 0;

    while (at < table->column_count &&
           strcmp(draft->columns[at]->path, "id") != 0)
        at++;
    if (at < table->column_count) {
        id = draft->columns[at];
        key = draft->keys[at];
    } else {
        id = arena_alloc(b->arena, sizeof(*id));
        *id = (struct plan_column){
            .name = "id",
            .path = "id",
            .graphql_type = arena_strdup(
                b->arena, gql_type_field(draft->type, "id")->type.text),
            .pos = table->pos,
            .gid = table->id_gid};
        key = shape_add(table->shape, &table->shape->root, "id");
        table->column_count++;
    }
    for (; at > 0; at--) {
        draft->columns[at] = draft->columns[at - 1];
        draft->keys[at] = draft->keys[at - 1];
    }
    draft->columns[0] = id;
    draft->keys[0] = key;
    table->id_column = 0;
}

static bool
check_twins(struct builder *b, const struct table_draft *draft)
{
    const struct plan_table *table = draft->table;

    for (int i = 1; i < table->column_count; i++)
        if (strcmp(draft->columns[i]->name, draft->columns[0]->name) == 0) {
            build_error(b, MSG_QUERY_NAME, draft->columns[i]->pos,
                        "\"%s\" gives column \"%s\" of table \"%s\", which "
                        "is its key",
                        draft->columns[i]->path, draft->columns[0]->name,
                        table->name);
            return err_hint(b->err, "write: %s @column(name: \"%.50s_2\")",
                            columns_last_key(draft->columns[i]->path),
                            draft->columns[0]->name);
        }
    return true;
}

/* No column may have the name of the parent's column, @table(parent:). */
static bool
check_parent_column(struct builder *b, const struct table_draft *draft)
{
    const struct plan_table *table = draft->table;

    for (int i = 0; i < table->column_count && table->parent != NULL; i++)
        if (strcmp(draft->columns[i]->name, table->parent_column) == 0) {
            build_error(b, MSG_QUERY_NAME, draft->columns[i]->pos,
                        "\"%s\" gives column \"%s\" of table \"%s\", which "
                        "@table(parent:) uses for the id of the parent",
                        draft->columns[i]->path, table->parent_column,
                        table->name);
            return err_hint(b->err, "write: %s @column(name: \"%.50s_2\")",
                            columns_last_key(draft->columns[i]->path),
                            table->parent_column);
        }
    return true;
}

static int
find_column(const struct table_draft *draft, const char *name)
{
    for (int i = 0; i < draft->table->column_count; i++)
        if (strcmp(draft->columns[i]->name, name) == 0)
            return i;
    return -1;
}

/* Read @table(key: ["namespace", "key"]). */
static bool
read_natural_key(struct builder *b, struct table_draft *draft)
{
    const struct gql_directive *given =
        gql_find_directive(draft->directives, "table");
    const struct gql_argument *key =
        given != NULL ? gql_find_argument(given->arguments, "key") : NULL;
    int *columns;

    if (key == NULL || key->value->kind == GQL_NULL)
        return true;
    if (key->value->kind != GQL_LIST || key->value->items == NULL)
        return build_error(b, MSG_QUERY_KEY, key->value->pos,
                           "key of @table must be a list of column names");
    columns = arena_array(b->arena, PLAN_KEY_COLUMNS_MAX, sizeof(*columns));
    for (const struct gql_value *v = key->value->items; v; v = v->next) {
        int column = v->kind == GQL_STRING ? find_column(draft, v->text) : -1;

        if (column < 0)
            return build_error(b, MSG_QUERY_KEY, v->pos,
                               "key of @table: table \"%s\" has no column "
                               "\"%s\"",
                               draft->table->name,
                               v->text != NULL ? v->text : "");
        if (draft->columns[column]->is_optional)
            return build_error(b, MSG_QUERY_KEY, v->pos,
                               "column \"%s\" is @optional and cannot be a "
                               "key",
                               v->text);
        if (draft->columns[column]->type == PLAN_JSONB &&
            draft->columns[column]->gid == NULL)
            return build_error(b, MSG_QUERY_KEY, v->pos,
                               "column \"%s\" is jsonb and cannot be a key",
                               v->text);
        if (draft->table->natural_key_count == PLAN_KEY_COLUMNS_MAX)
            return build_error(b, MSG_QUERY_KEY, v->pos,
                               "a key can have at most %d columns",
                               PLAN_KEY_COLUMNS_MAX);
        columns[draft->table->natural_key_count++] = column;
    }
    draft->table->natural_key = columns;
    return true;
}

/* @position is only for rows that have another key than their ordinal. */
static bool
settle_position(struct builder *b, const struct table_draft *draft)
{
    struct plan_table *table = draft->table;

    if (draft->position == NULL)
        return true;
    table->has_position = !table->skip && !table->has_ordinal;
    if (table->has_position)
        return true;
    if (table->skip)
        return build_error(b, MSG_QUERY_DIRECTIVE, draft->position->pos,
                           "\"%s\" is skipped, so its rows cannot have a "
                           "@position",
                           table->path);
    build_error(b, MSG_QUERY_DIRECTIVE, draft->position->pos,
                "the rows of table \"%s\" have no id, so they are keyed by "
                "_ordinal, which already is their position",
                table->name);
    return err_hint(b->err, "remove @position, or give the rows a key with "
                            "@table(key:)");
}

static bool
settle_key(struct builder *b, struct table_draft *draft)
{
    struct plan_table *table = draft->table;

    if (!read_natural_key(b, draft))
        return false;
    if (table->natural_key != NULL)
        return check_parent_column(b, draft);
    if (table->has_id) {
        place_id_first(b, draft);
        return check_twins(b, draft) && check_parent_column(b, draft);
    }
    table->has_ordinal = true;
    return check_parent_column(b, draft);
}

/* ---- routing ----------------------------------------------------------- */

static void
settle_routing(struct builder *b, struct table_draft *draft)
{
    struct plan *plan = b->plan;
    struct plan_table *table = draft->table;
    struct shape_key *top = &table->shape->root;

    draft->wants_id = table->has_id || draft->child_owners != NULL;
    if (draft->wants_id)
        draft->id_key = shape_add(table->shape, top, "id");
    draft->wants_typename =
        table->is_abstract ||
        (table->kind == PLAN_CONNECTION && nested_connections(plan) > 1);
    if (draft->wants_typename)
        draft->typename_key = shape_add(table->shape, top, "__typename");
    if (table->kind == PLAN_CONNECTION && needs_tag(b, table)) {
        table->tag = arena_printf(b->arena, "bulkpg_t%d", table->number);
        draft->tag_key = shape_add(table->shape, top, table->tag);
    }
    if (table->kind == PLAN_LIST)
        return;
    table->page_tag = arena_printf(b->arena, "bulkpg_t%d", table->number);
    table->page_head =
        span_str(arena_printf(b->arena, "{\"%s\":true", table->page_tag));
    draft->page_tag_key = shape_add(table->shape, top, table->page_tag);
}

/* ---- slots ------------------------------------------------------------- */

static void
see_top(const struct plan_table *table, const struct shape_key *key, bool *seen)
{
    if (key == NULL)
        return;
    while (key->parent != &table->shape->root)
        key = key->parent;
    seen[key->slot] = true;
}

/* List the top-level keys that lines of this table have. The load compares them
 * with those of a line if nothing else identifies its table. */
static void
collect_key_slots(struct builder *b, struct table_draft *draft)
{
    struct plan_table *table = draft->table;
    bool *seen = arena_array(b->scratch, (size_t)table->shape->slot_count + 1,
                             sizeof(*seen));
    int *slots = arena_array(b->arena, (size_t)table->shape->slot_count + 1,
                             sizeof(*slots));

    for (int i = 0; i < table->column_count; i++)
        see_top(table, draft->keys[i], seen);
    if (draft->id_key != NULL)
        seen[draft->id_key->slot] = true;
    for (int i = 0; i < b->plan->table_count; i++) {
        const struct table_draft *child = b->drafts[i];

        if (child->table->parent != table)
            continue;
        see_top(table, child->list_key, seen);
        see_top(table, child->count_key, seen);
        see_top(table, child->updated_key, seen);
    }
    for (int slot = 0; slot < table->shape->slot_count; slot++)
        if (seen[slot])
            slots[table->key_slot_count++] = slot;
    table->key_slots = slots;
}

static void
settle_slots(struct builder *b, struct table_draft *draft)
{
    struct plan_table *table = draft->table;

    table->columns = arena_array(b->arena, (size_t)table->column_count,
                                 sizeof(*table->columns));
    for (int i = 0; i < table->column_count; i++) {
        table->columns[i] = *draft->columns[i];
        table->columns[i].slot = shape_slot(draft->keys[i]);
    }
    table->id_slot = shape_slot(draft->id_key);
    table->typename_slot = shape_slot(draft->typename_key);
    table->tag_slot = shape_slot(draft->tag_key);
    table->page_tag_slot = shape_slot(draft->page_tag_key);
    table->list_slot = shape_slot(draft->list_key);
    counts_settle_slots(draft);
    collect_key_slots(b, draft);
}

/* Two statements need the id of a parent in its staging, even if the parent's
 * table has no such column: the one that deletes a list's rows if their parent
 * appears again, and the one that compares the counts of a connection's
 * rows. */
static void
settle_staged_ids(struct plan *plan)
{
    for (int i = 0; i < plan->table_count; i++) {
        struct plan_table *parent = plan->tables[i].parent;

        if (plan->tables[i].kind == PLAN_LIST || plan->tables[i].count != NULL)
            parent->stages_id = parent->skip || parent->id_column < 0;
    }
}

bool
keys_settle(struct builder *b)
{
    struct plan *plan = b->plan;
    struct shape *shape = plan->line_shape;
    struct shape_key *parent_id = shape_add(shape, &shape->root, "__parentId");
    struct shape_key *id, *type_name;

    for (int i = 0; i < plan->table_count; i++) {
        if (!settle_key(b, b->drafts[i]) || !settle_position(b, b->drafts[i]))
            return false;
        settle_routing(b, b->drafts[i]);
    }
    counts_settle(b);
    settle_staged_ids(plan);
    /* A saved result may lack __typename; then the type in the gid identifies
     * the line's table. */
    id = shape_add(shape, &shape->root, "id");
    type_name = shape_add(shape, &shape->root, "__typename");
    shape_number(shape);
    for (int i = 0; i < plan->table_count; i++)
        if (plan->tables[i].kind == PLAN_LIST)
            shape_number(plan->tables[i].shape);
    plan->parent_id_slot = parent_id->slot;
    plan->id_slot = id->slot;
    plan->typename_slot = type_name->slot;
    for (int i = 0; i < plan->table_count; i++)
        settle_slots(b, b->drafts[i]);
    return true;
}
