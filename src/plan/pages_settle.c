/*
 * What each connection of the query is, and how it is read. A connection must
 * be drained: its pages must follow each other, and if it is below a row, the
 * API must find the row by its id, because the pages after the first are asked
 * for one parent at a time.
 *
 * Whether the first page comes with the parent's page (nested) or is asked for
 * apart does not change the tables.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/pages_build.h"

/* ---- @paged and @unwrap ------------------------------------------------- */

static bool
read_paged(struct builder *b, const struct gql_directive *given)
{
    static const char *const known[] = {"first", "concurrency", "below", NULL};
    const struct dialect_pages *pages = b->dialect->pages;
    struct plan_paged *paged = &b->plan->paged;

    if (pages == NULL)
        return build_error(b, MSG_QUERY_DIRECTIVE, given->pos,
                           "%s cannot be read page by page", b->dialect->name);
    if (!directive_check(b, given, known) ||
        !directive_number(b, given, "first", &paged->rows) ||
        !directive_number(b, given, "concurrency", &paged->concurrency) ||
        !directive_number(b, given, "below", &paged->below))
        return false;
    if (pages->page_max > 0 && paged->rows > pages->page_max)
        return build_error(b, MSG_QUERY_DIRECTIVE, given->pos,
                           "@paged(first:) can be at most %d: %s has no "
                           "larger pages",
                           pages->page_max, b->dialect->name);
    if (paged->below > 0 && pages->always)
        return build_error(b, MSG_QUERY_DIRECTIVE, given->pos,
                           "@paged(below:) has no effect: %s is always read "
                           "page by page",
                           b->dialect->name);
    paged->way = paged->below > 0 ? PLAN_BY_COUNT : PLAN_BY_PAGES;
    return true;
}

bool
pages_begin(struct builder *b)
{
    static const char *const none[] = {NULL};
    struct gql_directive *list = b->document->operations->directives;
    const struct gql_directive *paged = gql_find_directive(list, "paged");
    const struct gql_directive *unwrap = gql_find_directive(list, "unwrap");
    const struct dialect_pages *pages = b->dialect->pages;

    b->unwraps = unwrap != NULL || (pages != NULL && pages->unwraps);
    if (pages != NULL && pages->always)
        b->plan->paged.way = PLAN_BY_PAGES;
    return (paged == NULL || read_paged(b, paged)) &&
           (unwrap == NULL || directive_check(b, unwrap, none));
}

/* ---- connections -------------------------------------------------------- */

static enum pages_kind
kind_of(const struct table_draft *draft)
{
    if (draft->table->is_single)
        return PAGES_ONE;
    if (draft->paging.paging == GQL_PAGES_NONE)
        return PAGES_LIST;
    return draft->paging.paging == GQL_PAGES_CURSOR ? PAGES_RELAY
                                                    : PAGES_OFFSET;
}

static const struct gql_argument *
given_argument(const struct table_draft *draft, const char *name)
{
    const struct gql_argument *a =
        name != NULL ? gql_find_argument(draft->fields[0]->arguments, name)
                     : NULL;

    return a != NULL && a->value->kind != GQL_NULL ? a : NULL;
}

/* Arguments that say where a page begins are bulkpg's own. */
static bool
check_arguments(struct builder *b, const struct table_draft *draft)
{
    const char *const places[] = {"last", "before",
                                  draft->paging.place_argument};

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const struct gql_argument *a = given_argument(draft, places[i]);

        if (a != NULL && draft->paging.paging != GQL_PAGES_NONE)
            return build_error(b, MSG_QUERY_PAGES, a->pos,
                               "\"%s\" of the connection \"%s\" cannot be "
                               "used: bulkpg sets where its pages begin",
                               a->name, draft->table->path);
    }
    return true;
}

/* A literal number of rows. A bulk query ignores it, so it is ignored if the
 * same query may also run as a bulk operation. */
static void
read_only(const struct builder *b, const struct table_draft *draft,
          struct pages_connection *c)
{
    const char *rows =
        c->kind == PAGES_LIST ? "limit" : draft->paging.rows_argument;
    const struct gql_argument *a = given_argument(draft, rows);

    if (a == NULL || a->value->kind != GQL_INT ||
        b->plan->paged.way != PLAN_BY_PAGES)
        return;
    c->only = strtoll(a->value->text, NULL, 10);
    c->is_only = c->kind != PAGES_LIST;
}

static const struct pages_connection *
find_parent(const struct pages_draft *d, const struct plan_table *table)
{
    const struct plan_table *parent = table->parent;

    while (parent != NULL && d->of[parent->index] == NULL)
        parent = parent->parent;
    return parent != NULL ? d->of[parent->index] : NULL;
}

static bool
refuse_pages(struct builder *b, const struct table_draft *draft)
{
    build_error(b, MSG_QUERY_PAGES, draft->table->pos,
                "the connection \"%s\" cannot be read to its end: it has no "
                "argument for the next page",
                draft->table->path);
    return err_hint(b->err,
                    "with a literal %s:, bulkpg reads only that many rows",
                    draft->paging.rows_argument);
}

static bool
fill_connection(struct pages_draft *d, const struct table_draft *draft,
                struct pages_connection *c)
{
    struct builder *b = d->b;

    *c = (struct pages_connection){.index = d->pages->count++,
                                   .kind = kind_of(draft),
                                   .table = draft->table,
                                   .path = draft->table->path,
                                   .parent = find_parent(d, draft->table),
                                   .owner = draft->table->parent};
    d->of[draft->table->index] = c;
    if (c->parent != NULL)
        c->level = c->parent->level + 1;
    if (c->kind == PAGES_ONE)
        return true;
    read_only(b, draft, c);
    c->has_total = draft->paging.total != NULL && c->kind != PAGES_LIST;
    c->is_nested = c->parent != NULL &&
                   (c->kind == PAGES_LIST || b->dialect->pages->nested);
    if (c->kind != PAGES_LIST && draft->paging.place_argument == NULL &&
        !c->is_only)
        return refuse_pages(b, draft);
    return check_arguments(b, draft);
}

/* ---- requests ----------------------------------------------------------- */

static struct pages_maker
begin_request(struct pages_draft *d, const struct pages_connection *c,
              enum pages_by by)
{
    struct builder *b = d->b;
    struct pages_request *request = arena_alloc(b->arena, sizeof(*request));

    request->by = by;
    request->connection = c;
    request->pages = d->pages;
    if (by == PAGES_BY_IDS)
        request->ids_max = b->dialect->pages->ids_max;
    return (struct pages_maker){.draft = d,
                                .b = b,
                                .request = request,
                                .target = b->drafts[c->table->index]};
}

static const struct pages_request *
end_request(struct pages_maker *m)
{
    int *nested;

    if (m->request->document == NULL)
        return NULL;
    nested = arena_array(m->b->arena, PLAN_TABLES_MAX, sizeof(*nested));
    memcpy(nested, m->nested,
           (size_t)m->request->nested_count * sizeof(*nested));
    m->request->nested = nested;
    return m->request;
}

static const struct pages_request *
root_request(struct pages_draft *d, const struct pages_connection *c,
             bool is_bare)
{
    struct pages_maker m = begin_request(d, c, PAGES_BY_ROOT);

    m.is_bare = is_bare;
    m.end = &m.variables;
    m.request->document = pages_root_document(&m);
    pages_root_places(&m);
    return end_request(&m);
}

static const struct pages_request *
child_request(struct pages_draft *d, const struct pages_connection *c,
              const struct pages_way *way, bool is_bare)
{
    struct pages_maker m = begin_request(d, c, way->by);

    m.is_bare = is_bare;
    m.end = &m.variables;
    m.request->document = pages_child_document(&m, way);
    pages_child_places(&m, way);
    return end_request(&m);
}

static const struct pages_request *
row_request(struct pages_draft *d, const struct pages_connection *c)
{
    struct pages_way way = pages_find_way(d->b, d->b->drafts[c->table->index]);
    struct pages_maker m = begin_request(d, c, way.by);

    if (way.by == PAGES_BY_ROOT)
        return NULL;
    m.end = &m.variables;
    m.request->document = pages_row_document(&m, &way);
    pages_row_places(&m, &way);
    return end_request(&m);
}

static bool
refuse_owner(struct builder *b, const struct pages_connection *c)
{
    build_error(
        b, MSG_QUERY_PAGES, c->table->pos,
        "the connection \"%s\" cannot be read to its end: %s finds no "
        "%s by its id, so the pages after the first cannot be asked for",
        c->path, b->dialect->name, c->owner->node_type);
    return err_hint(b->err, "select the connection at the root, or below an "
                            "object that the API finds by its id; or read "
                            "only some rows, with a literal number of rows");
}

/* A part of a connection that comes in its parent's page may be all of it. */
static bool
make_child(struct pages_draft *d, struct pages_connection *c)
{
    struct pages_way way = pages_find_way(d->b, d->b->drafts[c->owner->index]);

    if (c->kind == PAGES_LIST)
        return true;
    if (way.by == PAGES_BY_ROOT && !c->is_only)
        return refuse_owner(d->b, c);
    if (way.by == PAGES_BY_ROOT) {
        c->is_nested = true;
        return true;
    }
    c->read = child_request(d, c, &way, false);
    c->bare = child_request(d, c, &way, true);
    return true;
}

static void
make_rest(struct pages_draft *d, struct pages_connection *c)
{
    if (c->parent == NULL) {
        c->read = root_request(d, c, false);
        c->bare = c->kind == PAGES_ONE ? NULL : root_request(d, c, true);
    }
    if (c->kind != PAGES_ONE)
        c->by_ids = row_request(d, c);
}

static bool
make_pages(struct pages_draft *d)
{
    struct builder *b = d->b;
    struct pages_connection *list =
        arena_array(b->arena, (size_t)b->plan->table_count, sizeof(*list));

    d->pages->connections = list;
    d->pages->dialect = b->dialect->pages;
    for (int i = 0; i < b->plan->table_count; i++)
        if (b->plan->tables[i].kind != PLAN_LIST &&
            !fill_connection(d, b->drafts[i], &list[d->pages->count]))
            return false;
    /* Whether a child is nested must be known before its parent's document is
     * made. */
    for (int i = d->pages->count - 1; i >= 0; i--)
        if (list[i].parent != NULL && !make_child(d, &list[i]))
            return false;
    for (int i = 0; i < d->pages->count; i++)
        make_rest(d, &list[i]);
    return true;
}

bool
pages_settle(struct builder *b)
{
    struct pages_draft *d = arena_alloc(b->scratch, sizeof(*d));
    bool is_needed = b->plan->paged.way != PLAN_BY_BULK;
    struct err *err = b->err;
    bool made;

    d->b = b;
    d->pages = arena_alloc(b->arena, sizeof(*d->pages));
    if (b->dialect->pages == NULL)
        return err_set(&b->plan->no_pages, MSG_QUERY_PAGES,
                       "%s cannot be read page by page", b->dialect->name) ||
               !is_needed;
    if (!is_needed)
        b->err = &b->plan->no_pages;
    pages_sort_sites(b);
    made = make_pages(d);
    b->err = err;
    if (made)
        b->plan->pages = d->pages;
    return made || !is_needed;
}
