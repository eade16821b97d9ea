#include <string.h>

#include "plan/build.h"

static struct gql_selection *
copy_selection(struct builder *b, const struct gql_selection *from)
{
    struct gql_selection *copy = arena_alloc(b->arena, sizeof(*copy));

    *copy = *from;
    copy->next = NULL;
    return copy;
}

/* Replace a spread by an inline fragment with the same selections. */
static struct gql_selection *
inline_spread(struct builder *b, const struct gql_selection *spread)
{
    const struct gql_fragment *fragment =
        gql_find_fragment(b->document, spread->name);
    struct gql_selection *copy = copy_selection(b, spread);

    copy->kind = GQL_INLINE_FRAGMENT;
    copy->name = NULL;
    copy->type_condition = fragment->type_condition;
    copy->selections = fragment->selections;
    return copy;
}

struct gql_selection *
expand_selections(struct builder *b, const struct gql_selection *list)
{
    struct gql_selection *first = NULL, **end = &first;

    for (; list != NULL; list = list->next) {
        struct gql_selection *copy;
        bool is_leaf;

        if (gql_is_skipped(list->directives))
            continue;
        copy = list->kind == GQL_SPREAD ? inline_spread(b, list)
                                        : copy_selection(b, list);
        is_leaf = copy->selections == NULL;
        copy->selections = expand_selections(b, copy->selections);
        if (is_leaf || copy->selections != NULL) {
            *end = copy;
            end = &copy->next;
        }
    }
    return first;
}

/* ---- connections -------------------------------------------------------- */

/* Append to `*end` the selections of every field `name` in `list`, including
 * those in fragments. The type conditions of these fragments do not matter,
 * because connections and edges have object types. */
static void
gather(struct gql_selection *list, const char *name,
       struct gql_selection ***end)
{
    for (; list != NULL; list = list->next) {
        if (list->kind == GQL_INLINE_FRAGMENT) {
            gather(list->selections, name, end);
        } else if (strcmp(list->name, name) == 0) {
            **end = list->selections;
            while (**end != NULL)
                *end = &(**end)->next;
        }
    }
}

/* Move the fields that are not in `known` to `*end`. */
static void
gather_others(struct gql_selection *list, const char *const *known,
              struct gql_selection ***end)
{
    struct gql_selection *next;

    for (; list != NULL; list = next) {
        next = list->next;
        if (list->kind == GQL_INLINE_FRAGMENT) {
            gather_others(list->selections, known, end);
        } else if (!build_is_in(list->name, known)) {
            list->next = NULL;
            **end = list;
            *end = &list->next;
        }
    }
}

static struct gql_selection *
make_field(struct builder *b, const char *name, struct gql_pos pos)
{
    struct gql_selection *field = arena_alloc(b->arena, sizeof(*field));

    field->kind = GQL_FIELD;
    field->name = name;
    field->pos = pos;
    return field;
}

/* A connection has rows, pageInfo and a total. bulkpg cannot store any other
 * field of it, because a connection is not a row. */
static bool
refuse_others(struct builder *b, const struct gql_selection *field,
              const struct gql_selection *list)
{
    static const char *const known[] = {"edges",    "nodes",      "items",
                                        "pageInfo", "__typename", NULL};

    for (; list != NULL; list = list->next) {
        if (list->kind == GQL_INLINE_FRAGMENT) {
            if (!refuse_others(b, field, list->selections))
                return false;
        } else if (!build_is_in(list->name, known) &&
                   !gql_is_total(list->name)) {
            return build_error(b, MSG_QUERY_PAGES, list->pos,
                               "\"%s\" of the connection \"%s\" is not a "
                               "field of its rows, so no table has a place for "
                               "it",
                               list->name, gql_response_key(field));
        }
    }
    return true;
}

/* The query selects only `nodes` or `items`: combine these. */
static struct gql_selection *
expand_direct(struct builder *b, struct gql_selection *field)
{
    static const char *const names[] = {"nodes", "items"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct gql_selection *node = make_field(b, names[i], field->pos);
        struct gql_selection **end = &node->selections;

        gather(field->selections, names[i], &end);
        if (node->selections == NULL)
            continue;
        field->selections = node;
        return node;
    }
    return NULL;
}

/* The query selects `edges`: combine their nodes, and those of `nodes`. */
static struct gql_selection *
expand_edges(struct builder *b, struct gql_selection *field,
             struct gql_selection *inside, struct gql_selection **others)
{
    static const char *const known[] = {"node", "cursor", "__typename", NULL};
    struct gql_selection *edges = make_field(b, "edges", field->pos);
    struct gql_selection *node = make_field(b, "node", field->pos);
    struct gql_selection **end = &node->selections;

    gather(inside, "node", &end);
    gather(field->selections, "nodes", &end);
    end = others;
    gather_others(inside, known, &end);
    edges->selections = node;
    node->next = *others;
    field->selections = edges;
    return node;
}

bool
expand_connection(struct builder *b, struct gql_selection *field,
                  const struct gql_pages *paging,
                  struct connection_parts *parts)
{
    struct gql_selection *inside = NULL, **end = &inside;

    *parts = (struct connection_parts){.node = field};
    if (paging->is_list) /* its selections are the rows' fields */
        return true;
    if (!refuse_others(b, field, field->selections))
        return false;
    gather(field->selections, "edges", &end);
    parts->node = inside != NULL ? expand_edges(b, field, inside, &parts->edges)
                                 : expand_direct(b, field);
    if (parts->node != NULL && parts->node->selections != NULL)
        return true;
    return build_error(b, MSG_QUERY_PAGES, field->pos,
                       "the connection \"%s\" must select the fields of its "
                       "rows: \"edges { node { ... } }\"",
                       gql_response_key(field));
}
