/*
 * Build the tree by which paged/split.h reads an answer:
 *
 *     a.b.rows, a.c.rows   a ─┬─► b ─► rows    objects are shared
 *                             └─► c ─► rows
 *     below rows           nested connection: ROWS, with all below it
 *                          list with connections: ELEMENTS
 *                          any other connection: its index in `apart`
 *
 * Lists without connections are part of their row's line and have no place.
 *
 * Hazard. The tree must match the document that pages_document.c writes: the
 * same connections are nested, and a bare request has nothing below its rows.
 */
#include <string.h>

#include "plan/pages_build.h"

static struct pages_place *
add_place(struct pages_maker *m, const struct pages_place **list,
          enum pages_place_kind kind, const char *key)
{
    struct pages_place *place = arena_alloc(m->b->arena, sizeof(*place));

    *place = (struct pages_place){.kind = kind, .key = key};
    while (*list != NULL)
        list = (const struct pages_place **)&(*list)->next;
    *list = place;
    return place;
}

/* The place of the object `key`, which is added if it is new. */
static struct pages_place *
object_place(struct pages_maker *m, const struct pages_place **list,
             const char *key)
{
    for (const struct pages_place *p = *list; p != NULL; p = p->next)
        if (p->kind == PAGES_OBJECT && strcmp(p->key, key) == 0)
            return (struct pages_place *)p;
    return add_place(m, list, PAGES_OBJECT, key);
}

/* Add the place at the end of `path`, response keys joined by dots. */
static struct pages_place *
place_at(struct pages_maker *m, const struct pages_place **list,
         enum pages_place_kind kind, const char *path)
{
    const char *dot;

    while ((dot = strchr(path, '.')) != NULL) {
        const char *key =
            arena_dup(m->b->arena, span_of(path, (size_t)(dot - path)));

        list = &object_place(m, list, key)->first;
        path = dot + 1;
    }
    return add_place(m, list, kind, path);
}

/* The path of a table in the rows of its parent. */
static const char *
path_in_row(const struct plan_table *table)
{
    return table->parent != NULL ? table->path + strlen(table->parent->path) + 1
                                 : table->path;
}

/* ---- below rows --------------------------------------------------------- */

static int
count_objects(const struct builder *b, const struct gql_selection *list)
{
    int count = 0;

    for (; list != NULL; list = list->next) {
        const struct table_draft *site = pages_find_site(b, list);

        if (list->selections == NULL ||
            (site != NULL && site->table->kind != PLAN_LIST))
            continue;
        count += list->kind == GQL_FIELD;
        count += count_objects(b, list->selections);
    }
    return count;
}

/* Are there connections in the elements of this list, or of lists in them? */
static bool
has_connections(const struct builder *b, const struct plan_table *list)
{
    for (int i = list->index + 1; i < b->plan->table_count; i++) {
        const struct plan_table *table = &b->plan->tables[i];

        if (table->parent == list &&
            (table->kind != PLAN_LIST || has_connections(b, table)))
            return true;
    }
    return false;
}

static void
add_apart(struct pages_maker *m, struct pages_place *place, int connection)
{
    int *apart = arena_array(m->b->arena, (size_t)place->apart_count + 1,
                             sizeof(*apart));

    for (int i = 0; i < place->apart_count; i++)
        apart[i] = place->apart[i];
    apart[place->apart_count++] = connection;
    place->apart = apart;
}

static void fill_rows(struct pages_maker *m, struct pages_place *place,
                      const struct table_draft *draft);

static void
add_below(struct pages_maker *m, struct pages_place *place,
          const struct table_draft *draft)
{
    const struct plan_table *table = draft->table;
    const struct pages_connection *c = m->draft->of[table->index];
    struct pages_place *below;

    if (table->kind == PLAN_LIST) {
        if (!has_connections(m->b, table))
            return;
        below = place_at(m, &place->first, PAGES_ELEMENTS, path_in_row(table));
        below->is_optional = !draft->is_unconditional;
        fill_rows(m, below, draft);
    } else if (c->is_nested) {
        below = place_at(m, &place->first, PAGES_ROWS, path_in_row(table));
        below->is_optional = !draft->is_unconditional;
        fill_rows(m, below, draft);
    } else {
        add_apart(m, place, c->index);
    }
}

/* A place whose objects are whole rows of the table. */
static void
fill_rows(struct pages_maker *m, struct pages_place *place,
          const struct table_draft *draft)
{
    const struct pages_connection *c = m->draft->of[draft->table->index];
    struct pages_keys keys;

    place->connection = c;
    place->table = draft->table;
    if (c != NULL && !draft->table->is_single) {
        keys = pages_keys_of(draft);
        place->rows_key = keys.rows;
        place->node_key = keys.node;
        if (c->has_total)
            place->total_key =
                arena_strdup(m->b->arena, draft->paging.total->name);
    }
    if (m->is_bare && draft == m->target)
        return;
    for (int n = 0; n < draft->node_count; n++)
        place->objects += count_objects(m->b, draft->nodes[n]->selections);
    for (int i = draft->table->index + 1; i < m->b->plan->table_count; i++)
        if (m->b->drafts[i]->table->parent == draft->table)
            add_below(m, place, m->b->drafts[i]);
}

/* ---- answers ------------------------------------------------------------ */

void
pages_root_places(struct pages_maker *m)
{
    const struct plan_table *table = m->target->table;
    struct pages_place *place =
        place_at(m, &m->request->places,
                 table->is_single ? PAGES_ROW : PAGES_ROWS, path_in_row(table));

    place->is_optional = !m->target->is_unconditional;
    fill_rows(m, place, m->target);
}

static const char *
way_key(struct pages_maker *m, const struct pages_way *way)
{
    return arena_strdup(m->b->arena, way->field->name);
}

void
pages_child_places(struct pages_maker *m, const struct pages_way *way)
{
    const struct plan_table *table = m->target->table;
    struct pages_place *parents =
        add_place(m, &m->request->places, PAGES_PARENTS, way_key(m, way));
    struct pages_keys keys = pages_way_keys(way);
    struct pages_place *place =
        place_at(m, &parents->first, PAGES_ROWS, path_in_row(table));

    parents->table = table->parent;
    parents->rows_key = keys.rows;
    parents->node_key = keys.node;
    place->is_optional = !m->target->is_unconditional;
    fill_rows(m, place, m->target);
}

/* The rows are not those of the connection, but of the root that finds them. */
void
pages_row_places(struct pages_maker *m, const struct pages_way *way)
{
    struct pages_keys keys = pages_way_keys(way);
    struct pages_place *place = add_place(
        m, &m->request->places,
        way->by == PAGES_BY_IDS ? PAGES_ROWS : PAGES_ROW, way_key(m, way));

    fill_rows(m, place, m->target);
    place->rows_key = keys.rows;
    place->node_key = keys.node;
    place->total_key = NULL;
}
