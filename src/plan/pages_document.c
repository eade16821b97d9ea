/*
 * The documents of requests. A document is a copy of the query's selections, as
 * walk.c and expand.c left them, with these changes:
 *
 *   - connections that are asked for apart are left out; nested ones get a page
 *     size;
 *   - the target gets the variables of its page; every connection gets pageInfo
 *     and its total;
 *   - rows get their id first, and __typename if their type is abstract;
 *   - directives are left out.
 *
 * For children only the path from their parent to them is copied. The query's
 * own selections are not changed, because submit.c prints them, too.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/pages_build.h"

/* ---- small parts -------------------------------------------------------- */

static int
compare_places(const void *a, const void *b)
{
    const struct table_place *one = a, *other = b;

    return (one->field > other->field) - (one->field < other->field);
}

void
pages_sort_sites(struct builder *b)
{
    b->places =
        arena_array(b->scratch, (size_t)b->plan->table_count * TABLE_SITES_MAX,
                    sizeof(*b->places));
    for (int i = 0; i < b->plan->table_count; i++)
        for (int n = 0; n < b->drafts[i]->node_count; n++)
            b->places[b->place_count++] =
                (struct table_place){b->drafts[i]->fields[n], b->drafts[i]};
    qsort(b->places, b->place_count, sizeof(*b->places), compare_places);
}

const struct table_draft *
pages_find_site(const struct builder *b, const struct gql_selection *field)
{
    struct table_place wanted = {field, NULL};
    const struct table_place *found = bsearch(
        &wanted, b->places, b->place_count, sizeof(wanted), compare_places);

    return found != NULL ? found->draft : NULL;
}

static struct gql_selection *
copy_field(struct pages_maker *m, const struct gql_selection *from)
{
    struct gql_selection *copy = arena_alloc(m->b->arena, sizeof(*copy));

    *copy = *from;
    copy->directives = NULL;
    copy->selections = NULL;
    copy->next = NULL;
    return copy;
}

static void
append(struct gql_selection **list, struct gql_selection *more)
{
    while (*list != NULL)
        list = &(*list)->next;
    *list = more;
}

static struct gql_value *
variable(struct pages_maker *m, const char *name)
{
    struct gql_value *value = arena_alloc(m->b->arena, sizeof(*value));

    *value = (struct gql_value){.kind = GQL_VARIABLE, .text = name};
    return value;
}

/* Declare a variable, unless it is declared already. If it is not `needed`,
 * requests may leave it out, so it is nullable. */
static void
declare(struct pages_maker *m, const char *name, const char *type, bool needed)
{
    struct gql_variable *v = m->variables;
    size_t length = strlen(type);

    while (v != NULL && strcmp(v->name, name) != 0)
        v = v->next;
    if (v != NULL)
        return;
    v = arena_alloc(m->b->arena, sizeof(*v));
    v->name = arena_strdup(m->b->arena, name);
    if (length > 0 && type[length - 1] == '!')
        length--;
    v->type = arena_printf(m->b->arena, "%.*s%s", (int)length, type,
                           needed ? "!" : "");
    *m->end = v;
    m->end = &v->next;
}

static void
add_argument(struct pages_maker *m, struct gql_argument ***end,
             const char *name, struct gql_value *value)
{
    struct gql_argument *a = arena_alloc(m->b->arena, sizeof(*a));

    *a = (struct gql_argument){.name = arena_strdup(m->b->arena, name),
                               .value = value};
    **end = a;
    *end = &a->next;
}

/* ---- arguments ---------------------------------------------------------- */

/* Is it the filter that windows change? */
static bool
is_window_filter(const struct pages_maker *m, const struct table_draft *draft,
                 const char *argument)
{
    const struct plan *plan = m->b->plan;

    return m->b->dialect->filter_argument != NULL && m->target == draft &&
           draft->table->kind == PLAN_ROOT &&
           (plan->incremental != NULL || plan->slice != NULL) &&
           strcmp(argument, m->b->dialect->filter_argument) == 0;
}

static bool
is_page_argument(const struct gql_pages *paging, const char *name)
{
    static const char *const others[] = {"first", "last", "after", "before"};

    if (strcmp(name, paging->rows_argument) == 0 ||
        (paging->place_argument != NULL &&
         strcmp(name, paging->place_argument) == 0))
        return true;
    for (size_t i = 0; i < 4 && paging->paging == GQL_PAGES_CURSOR; i++)
        if (strcmp(others[i], name) == 0)
            return true;
    return false;
}

static const char *
argument_type(const struct table_draft *draft, const char *name)
{
    return gql_find_input(draft->definition->arguments, name)->type.text;
}

/* The argument that sorts the connection, if it has the value `key` and the
 * query gives none. Rows that are known by their position keep their order. */
static const struct gql_input *
sort_argument(const struct pages_maker *m, const struct table_draft *draft,
              const struct gql_selection *field, const char *key)
{
    const struct dialect_pages *pages = m->b->dialect->pages;
    const struct gql_input *sort;
    const struct gql_type *values;

    if (pages->sort_argument == NULL || key == NULL ||
        draft->table->has_ordinal || draft->table->has_position ||
        gql_find_argument(field->arguments, pages->sort_argument) != NULL)
        return NULL;
    sort = gql_find_input(draft->definition->arguments, pages->sort_argument);
    values =
        sort != NULL ? gql_schema_find(m->b->schema, sort->type.name) : NULL;
    return values != NULL && gql_type_has_value(values, key) ? sort : NULL;
}

/* A root whose order is known can be read from its end, too. */
static void
add_reverse(struct pages_maker *m, const struct table_draft *draft,
            const struct gql_selection *field, struct gql_argument ***end)
{
    const char *name = m->b->dialect->pages->reverse_argument;
    const struct gql_input *reverse =
        name != NULL ? gql_find_input(draft->definition->arguments, name)
                     : NULL;

    if (reverse == NULL || draft != m->target ||
        draft->table->kind != PLAN_ROOT || !draft->wants_id ||
        gql_find_argument(field->arguments, name) != NULL)
        return;
    m->request->takes_reverse = true;
    declare(m, "reverse", reverse->type.text, false);
    add_argument(m, end, name, variable(m, "reverse"));
}

static void
add_sort(struct pages_maker *m, const struct table_draft *draft,
         const struct gql_selection *field, struct gql_argument ***end)
{
    const struct dialect_pages *pages = m->b->dialect->pages;
    const struct gql_input *sort =
        sort_argument(m, draft, field, pages->sort_steady);
    struct gql_value *value;

    if (sort == NULL)
        return;
    if (draft == m->target && m->b->plan->incremental != NULL &&
        sort_argument(m, draft, field, pages->sort_window) != NULL) {
        m->request->sort_steady = pages->sort_steady;
        m->request->sort_window = pages->sort_window;
        declare(m, "sort", sort->type.text, true);
        value = variable(m, "sort");
    } else {
        value = arena_alloc(m->b->arena, sizeof(*value));
        *value =
            (struct gql_value){.kind = GQL_ENUM, .text = pages->sort_steady};
    }
    add_argument(m, end, sort->name, value);
    add_reverse(m, draft, field, end);
}

/* The page of a nested connection is the first one; only its size is given. */
static void
add_page(struct pages_maker *m, const struct table_draft *draft,
         struct gql_argument ***end)
{
    const struct gql_pages *paging = &draft->paging;
    bool is_offset = paging->paging == GQL_PAGES_OFFSET;
    const char *name = "first";

    if (draft != m->target) {
        name = arena_printf(m->b->arena, "first%d", draft->table->number);
        m->nested[m->request->nested_count++] = draft->table->number;
    }
    declare(m, name, argument_type(draft, paging->rows_argument), true);
    add_argument(m, end, paging->rows_argument, variable(m, name));
    if (draft != m->target)
        return;
    name = is_offset ? "offset" : "after";
    m->request->takes_rows = true;
    m->request->takes_offset = is_offset;
    m->request->takes_after = !is_offset;
    declare(m, name, argument_type(draft, paging->place_argument), false);
    add_argument(m, end, paging->place_argument, variable(m, name));
}

static struct gql_argument *
page_arguments(struct pages_maker *m, const struct table_draft *draft,
               const struct gql_selection *field)
{
    const struct pages_connection *c = m->draft->of[draft->table->index];
    const char *filter = m->b->dialect->filter_argument;
    struct gql_argument *first = NULL, **end = &first;

    if (c->kind == PAGES_LIST || c->is_only)
        return field->arguments;
    add_page(m, draft, &end);
    for (const struct gql_argument *a = field->arguments; a; a = a->next)
        if (!is_page_argument(&draft->paging, a->name) &&
            !is_window_filter(m, draft, a->name))
            add_argument(m, &end, a->name, a->value);
    if (filter != NULL && is_window_filter(m, draft, filter)) {
        m->request->takes_filter = true;
        declare(m, "query", argument_type(draft, filter), false);
        add_argument(m, &end, filter, variable(m, "query"));
    }
    add_sort(m, draft, field, &end);
    return first;
}

/* ---- rows --------------------------------------------------------------- */

static struct gql_selection *
copy_list(struct pages_maker *m, const struct gql_selection *list);

/* Leave out `id`, also in fragments, where it may have another type than in the
 * row: String! in a type of an interface whose own id is a String. */
static void
drop_ids(struct gql_selection **list)
{
    while (*list != NULL) {
        struct gql_selection *s = *list;
        bool is_id = s->kind == GQL_FIELD && s->alias == NULL &&
                     strcmp(s->name, "id") == 0;

        if (s->kind != GQL_FIELD)
            drop_ids(&s->selections);
        if (is_id || (s->kind != GQL_FIELD && s->selections == NULL))
            *list = s->next;
        else
            list = &s->next;
    }
}

/* Put the ids of rows first. Rows of a union have them in fragments. */
static void
put_ids(struct pages_maker *m, const struct table_draft *draft,
        struct gql_selection **list)
{
    struct gql_selection *id = selections_field(m->b, NULL, "id");

    if (gql_type_field(draft->type, "id") != NULL) {
        drop_ids(list);
        id->next = *list;
        *list = id;
        return;
    }
    for (const struct gql_name *o = draft->child_owners; o; o = o->next) {
        struct gql_selection *fragment = selections_field(m->b, NULL, NULL);

        fragment->kind = GQL_INLINE_FRAGMENT;
        fragment->type_condition = arena_strdup(m->b->arena, o->name);
        fragment->selections = selections_field(m->b, NULL, "id");
        fragment->next = *list;
        *list = fragment;
    }
}

/* What is selected of a row whose fields are in `list`. */
static struct gql_selection *
row_of(struct pages_maker *m, const struct table_draft *draft,
       const struct gql_selection *list)
{
    bool is_bare = m->is_bare && draft == m->target;
    struct gql_selection *row = is_bare ? NULL : copy_list(m, list);
    struct gql_selection *name;

    if (draft->table->is_abstract && !is_bare &&
        !selections_have(row, "__typename", "__typename")) {
        name = selections_field(m->b, NULL, "__typename");
        name->next = row;
        row = name;
    }
    if (draft->wants_id)
        put_ids(m, draft, &row);
    return row;
}

/* pageInfo and the total, after the rows. */
static void
append_ends(struct pages_maker *m, const struct table_draft *draft,
            struct gql_selection **list)
{
    struct gql_selection *info;

    if (draft->paging.paging == GQL_PAGES_CURSOR) {
        info = selections_field(m->b, NULL, "pageInfo");
        info->selections = selections_field(m->b, NULL, "hasNextPage");
        append(&info->selections, selections_field(m->b, NULL, "endCursor"));
        append(list, info);
    }
    if (m->draft->of[draft->table->index]->has_total)
        append(list, selections_field(
                         m->b, NULL,
                         arena_strdup(m->b->arena, draft->paging.total->name)));
}

/* edges { node { … } … }, or nodes { … }. */
static struct gql_selection *
rows_field(struct pages_maker *m, const struct table_draft *draft,
           const struct gql_selection *from)
{
    struct gql_selection *rows = copy_field(m, from), *node;

    if (strcmp(from->name, "edges") != 0) {
        rows->selections = row_of(m, draft, from->selections);
        return rows;
    }
    node = copy_field(m, from->selections);
    node->selections = row_of(m, draft, from->selections->selections);
    rows->selections = node;
    if (!m->is_bare || draft != m->target)
        node->next = copy_list(m, from->selections->next);
    return rows;
}

static struct gql_selection *
page_field(struct pages_maker *m, const struct table_draft *draft,
           const struct gql_selection *field)
{
    struct gql_selection *copy = copy_field(m, field);

    copy->arguments = page_arguments(m, draft, field);
    if (draft->paging.is_list) {
        copy->selections = row_of(m, draft, field->selections);
        return copy;
    }
    copy->selections = rows_field(m, draft, field->selections);
    append_ends(m, draft, &copy->selections);
    return copy;
}

/* NULL if nothing of the field is left. */
static struct gql_selection *
copy_one(struct pages_maker *m, const struct gql_selection *from)
{
    const struct table_draft *site = pages_find_site(m->b, from);
    struct gql_selection *copy;

    if (site != NULL && site->table->kind != PLAN_LIST)
        return m->draft->of[site->table->index]->is_nested
                   ? page_field(m, site, from)
                   : NULL;
    copy = copy_field(m, from);
    if (from->selections == NULL)
        return copy;
    copy->selections = site != NULL ? row_of(m, site, from->selections)
                                    : copy_list(m, from->selections);
    return copy->selections != NULL ? copy : NULL;
}

static struct gql_selection *
copy_list(struct pages_maker *m, const struct gql_selection *list)
{
    struct gql_selection *first = NULL, **end = &first;

    for (; list != NULL; list = list->next) {
        *end = copy_one(m, list);
        if (*end != NULL)
            end = &(*end)->next;
    }
    return first;
}

/* Copy only what leads to the target. */
static struct gql_selection *
path_to(struct pages_maker *m, const struct gql_selection *list)
{
    struct gql_selection *first = NULL, **end = &first;

    for (; list != NULL; list = list->next) {
        const struct table_draft *site = pages_find_site(m->b, list);
        struct gql_selection *below = NULL;

        if (site == m->target) {
            *end = page_field(m, site, list);
            end = &(*end)->next;
            continue;
        }
        if (site == NULL || site->table->is_single)
            below = path_to(m, list->selections);
        if (below == NULL)
            continue;
        *end = copy_field(m, list);
        (*end)->selections = below;
        end = &(*end)->next;
    }
    return first;
}

/* ---- documents ---------------------------------------------------------- */

static bool
value_uses(const struct gql_value *value, const char *name)
{
    if (value->kind == GQL_VARIABLE)
        return strcmp(value->text, name) == 0;
    for (const struct gql_value *item = value->items; item; item = item->next)
        if (value_uses(item, name))
            return true;
    for (const struct gql_argument *f = value->fields; f; f = f->next)
        if (value_uses(f->value, name))
            return true;
    return false;
}

static bool
list_uses(const struct gql_selection *list, const char *name)
{
    for (; list != NULL; list = list->next) {
        for (const struct gql_argument *a = list->arguments; a; a = a->next)
            if (value_uses(a->value, name))
                return true;
        if (list_uses(list->selections, name))
            return true;
    }
    return false;
}

/* Declare the query's own variables that the selections use. */
static void
declare_reserved(struct pages_maker *m, const struct gql_selection *list)
{
    const struct gql_variable *v = m->b->document->operations->variables;

    for (; v != NULL; v = v->next) {
        if (!list_uses(list, v->name))
            continue;
        declare(m, v->name, v->type, false);
        if (strcmp(v->name, "since") == 0)
            m->request->takes_since = true;
        else if (strcmp(v->name, "until") == 0)
            m->request->takes_until = true;
    }
}

static const char *
print(struct pages_maker *m, struct gql_selection *list)
{
    struct gql_operation operation = *m->b->document->operations;

    declare_reserved(m, list);
    operation.variables = m->variables;
    operation.directives = NULL;
    operation.selections = list;
    operation.next = NULL;
    return submit_text(&operation, m->b->plan->file, m->b->arena);
}

const char *
pages_root_document(struct pages_maker *m)
{
    const struct table_draft *target = m->target;
    struct gql_selection *root;

    if (m->is_bare && !target->wants_id)
        return NULL;
    if (!target->table->is_single)
        return print(m, path_to(m, m->b->plan->root));
    root = copy_field(m, target->fields[0]);
    root->selections = row_of(m, target, target->nodes[0]->selections);
    return print(m, root);
}

struct pages_keys
pages_keys_of(const struct table_draft *draft)
{
    const char *rows = draft->fields[0]->selections->name;

    if (draft->paging.is_list)
        return (struct pages_keys){NULL, NULL};
    return (struct pages_keys){rows,
                               strcmp(rows, "edges") == 0 ? "node" : NULL};
}

struct pages_keys
pages_way_keys(const struct pages_way *way)
{
    if (!way->is_connection || way->paging.is_list)
        return (struct pages_keys){NULL, NULL};
    if (way->paging.edge != NULL)
        return (struct pages_keys){"edges", "node"};
    return (struct pages_keys){
        way->paging.paging == GQL_PAGES_OFFSET ? "items" : "nodes", NULL};
}

/* The arguments of the query's root also say what its objects look like, such
 * as a channel or a language, so the root that finds them by ids gets those
 * that it knows. */
static void
add_root_arguments(struct pages_maker *m, const struct pages_way *way,
                   struct gql_argument ***end)
{
    const struct plan_table *root = m->target->table;
    const struct table_draft *draft;

    while (root->parent != NULL)
        root = root->parent;
    draft = m->b->drafts[root->index];
    for (const struct gql_argument *a = draft->fields[0]->arguments; a;
         a = a->next) {
        bool is_page = draft->paging.rows_argument != NULL &&
                       is_page_argument(&draft->paging, a->name);

        if (!is_page && strcmp(a->name, way->argument->name) != 0 &&
            gql_find_input(way->field->arguments, a->name) != NULL)
            add_argument(m, end, a->name, a->value);
    }
}

/* The root that finds objects by their ids. A root with pages needs a page that
 * is large enough for all of them. */
static struct gql_selection *
root_by_ids(struct pages_maker *m, const struct pages_way *way)
{
    struct gql_selection *root = selections_field(
        m->b, NULL, arena_strdup(m->b->arena, way->field->name));
    struct gql_argument **end = &root->arguments;
    const char *name = way->by == PAGES_BY_IDS ? "ids" : "id";
    const char *rows = way->is_connection ? way->paging.rows_argument : NULL;

    declare(m, name, way->argument->type.text, true);
    add_argument(m, &end, way->argument->name, variable(m, name));
    add_root_arguments(m, way, &end);
    if (rows == NULL)
        return root;
    m->request->takes_count = true;
    declare(m, "count", gql_find_input(way->field->arguments, rows)->type.text,
            true);
    add_argument(m, &end, rows, variable(m, "count"));
    return root;
}

/* The same, with `list` selected on each object, which is a row of `of`. */
static struct gql_selection *
by_ids(struct pages_maker *m, const struct pages_way *way,
       const struct table_draft *of, struct gql_selection *list)
{
    struct gql_selection *root = root_by_ids(m, way), *node = root;
    struct pages_keys keys = pages_way_keys(way);

    if (keys.rows != NULL)
        node = node->selections = selections_field(m->b, NULL, keys.rows);
    if (keys.node != NULL)
        node = node->selections = selections_field(m->b, NULL, keys.node);
    if (!way->by_interface) {
        put_ids(m, of, &list);
        node->selections = list;
        return root;
    }
    node->selections = selections_field(m->b, NULL, "id");
    node = node->selections->next = selections_field(m->b, NULL, NULL);
    node->kind = GQL_INLINE_FRAGMENT;
    node->type_condition = arena_strdup(m->b->arena, of->type->name);
    node->selections = list;
    return root;
}

const char *
pages_child_document(struct pages_maker *m, const struct pages_way *way)
{
    const struct table_draft *owner =
        m->b->drafts[m->target->table->parent->index];
    struct gql_selection *list = NULL;

    if (m->is_bare && !m->target->wants_id)
        return NULL;
    for (int i = 0; i < owner->node_count; i++)
        append(&list, path_to(m, owner->nodes[i]->selections));
    return print(m, by_ids(m, way, owner, list));
}

static bool
has_edge_fields(const struct table_draft *draft)
{
    return pages_keys_of(draft).node != NULL &&
           draft->fields[0]->selections->selections->next != NULL;
}

const char *
pages_row_document(struct pages_maker *m, const struct pages_way *way)
{
    const struct table_draft *target = m->target;
    struct gql_selection *list = NULL;

    if (!target->wants_id || target->table->is_single ||
        has_edge_fields(target))
        return NULL;
    for (int i = 0; i < target->node_count; i++)
        append(&list, copy_list(m, target->nodes[i]->selections));
    if (target->table->is_abstract &&
        !selections_have(list, "__typename", "__typename"))
        append(&list, selections_field(m->b, NULL, "__typename"));
    if (list == NULL)
        list = selections_field(m->b, NULL, "id");
    return print(m, by_ids(m, way, target, list));
}
