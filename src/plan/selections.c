#include <string.h>

#include "plan/build.h"

struct gql_selection *
selections_field(struct builder *b, const char *alias, const char *name)
{
    struct gql_selection *field = arena_alloc(b->arena, sizeof(*field));

    field->kind = GQL_FIELD;
    field->alias = alias;
    field->name = name;
    return field;
}

bool
selections_have(const struct gql_selection *list, const char *key,
                const char *name)
{
    for (; list != NULL; list = list->next)
        if (list->kind == GQL_FIELD &&
            strcmp(gql_response_key(list), key) == 0 &&
            strcmp(list->name, name) == 0)
            return true;
    return false;
}
