/* The document as an ordinary query, whose answer shows denied fields. */
#include <string.h>

#include "plan/build.h"

/* In a document that the bulk rules passed, only connections have edges. */
static bool
is_connection(const struct gql_selection *field)
{
    for (const struct gql_selection *s = field->selections; s != NULL;
         s = s->next)
        if (s->kind == GQL_FIELD && strcmp(s->name, "edges") == 0)
            return true;
    return false;
}

static bool
is_paging(const char *name)
{
    static const char *const paging[] = {"first", "last", "after", "before"};

    for (size_t i = 0; i < sizeof(paging) / sizeof(paging[0]); i++)
        if (strcmp(name, paging[i]) == 0)
            return true;
    return false;
}

/* Copy arguments, with `first: rows` in place of other paging. */
static struct gql_argument *
few_rows(const struct gql_argument *list, int rows, struct arena *arena)
{
    struct gql_value *value = arena_alloc(arena, sizeof(*value));
    struct gql_argument *first = arena_alloc(arena, sizeof(*first));
    struct gql_argument *last = first;

    *value = (struct gql_value){.kind = GQL_INT,
                                .text = arena_printf(arena, "%d", rows)};
    *first = (struct gql_argument){.name = "first", .value = value};
    for (; list != NULL; list = list->next) {
        if (is_paging(list->name))
            continue;
        last->next = arena_alloc(arena, sizeof(*last));
        last = last->next;
        *last = *list;
        last->next = NULL;
    }
    return first;
}

static struct gql_selection *
copy_for_few(const struct gql_selection *list, int rows, struct arena *arena)
{
    struct gql_selection *first = NULL, **end = &first;

    for (; list != NULL; list = list->next) {
        struct gql_selection *copy = arena_alloc(arena, sizeof(*copy));

        *copy = *list;
        copy->next = NULL;
        if (is_connection(list))
            copy->arguments = few_rows(list->arguments, rows, arena);
        copy->selections = copy_for_few(list->selections, rows, arena);
        *end = copy;
        end = &copy->next;
    }
    return first;
}

const char *
plan_document_for_few(const struct plan *plan, int rows, struct arena *arena)
{
    struct gql_operation operation = *plan->operation;

    operation.selections = copy_for_few(plan->root, rows, arena);
    return submit_text(&operation, plan->file, arena);
}

/* ---- paths in its reply ------------------------------------------------- */

static const struct gql_selection *
find_key(const struct gql_selection *list, const char *key)
{
    const struct gql_selection *below;

    for (; list != NULL; list = list->next) {
        if (list->kind == GQL_FIELD && strcmp(gql_response_key(list), key) == 0)
            return list;
        if (list->kind != GQL_INLINE_FRAGMENT)
            continue;
        below = find_key(list->selections, key);
        if (below != NULL)
            return below;
    }
    return NULL;
}

struct gql_pos
plan_find_field(const struct plan *plan, const char *const *keys, size_t count)
{
    const struct gql_selection *list = plan->root, *field = NULL;

    for (size_t i = 0; i < count; i++) {
        const struct gql_selection *next = find_key(list, keys[i]);

        if (next == NULL)
            break;
        field = next;
        list = field->selections;
    }
    return field != NULL ? field->name_pos : (struct gql_pos){0, 0};
}
