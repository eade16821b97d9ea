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

static struct gql_selection *
make_field(struct builder *b, const char *name, struct gql_pos pos)
{
    struct gql_selection *field = arena_alloc(b->arena, sizeof(*field));

    field->kind = GQL_FIELD;
    field->name = name;
    field->pos = pos;
    return field;
}

struct gql_selection *
expand_connection(struct builder *b, struct gql_selection *field)
{
    struct gql_selection *edges = make_field(b, "edges", field->pos);
    struct gql_selection *node = make_field(b, "node", field->pos);
    struct gql_selection *inside = NULL, **end = &inside;

    gather(field->selections, "edges", &end);
    end = &node->selections;
    gather(inside, "node", &end);
    edges->selections = node;
    field->selections = edges;
    return node;
}
