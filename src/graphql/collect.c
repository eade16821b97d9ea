#include "graphql/collect.h"

#include <string.h>

enum { COLLECT_STEPS = 20 }; /* per field, because each also takes memory */

static const struct gql_field typename_field = {
    .name = "__typename",
    .type = {.name = "String",
             .kind = GQL_SCALAR_TYPE,
             .non_null = true,
             .text = "String!"},
    .deprecation_reason = "",
};

const struct gql_field *
gql_selected_field(const struct gql_type *parent, const char *name)
{
    if (strcmp(name, typename_field.name) == 0)
        return &typename_field;
    return gql_type_field(parent, name);
}

static struct gql_group *
group_of(struct gql_checker *checker, struct gql_set *set, const char *key)
{
    struct gql_group *group = dict_get(&set->by_key, key);

    if (group != NULL)
        return group;
    group = arena_alloc(&checker->scratch, sizeof(*group));
    set->by_key.arena = &checker->scratch;
    (void)dict_add(&set->by_key, key, group);
    group->key = key;
    group->end = &group->first;
    if (set->groups == NULL)
        set->groups = group;
    else
        set->last->next = group;
    set->last = group;
    return group;
}

static bool
add_field(struct gql_checker *checker, struct gql_set *set,
          const struct gql_type *parent, const struct gql_selection *selection)
{
    struct gql_group *group =
        group_of(checker, set, gql_response_key(selection));
    struct gql_collected *made = arena_alloc(&checker->scratch, sizeof(*made));

    if (!gql_step(checker, COLLECT_STEPS, selection->pos))
        return false;
    made->parent = parent;
    made->selection = selection;
    made->field = gql_selected_field(parent, selection->name);
    *group->end = made;
    group->end = &made->next;
    return true;
}

/* The type that the selections in a fragment are written for. */
static const struct gql_type *
narrowed(const struct gql_checker *checker, const struct gql_type *parent,
         const char *condition)
{
    return condition != NULL ? gql_schema_find(checker->schema, condition)
                             : parent;
}

/* A second spread of a fragment in the same set adds nothing. */
static bool
add_spread(struct gql_checker *checker, struct gql_set *set, const char *name)
{
    const struct gql_fragment *fragment =
        gql_find_fragment(checker->document, name);
    struct gql_name *seen;

    if (gql_name_in(set->spread, name))
        return true;
    seen = arena_alloc(&checker->scratch, sizeof(*seen));
    seen->name = name;
    seen->next = set->spread;
    set->spread = seen;
    return gql_collect(checker, set,
                       narrowed(checker, NULL, fragment->type_condition),
                       fragment->selections);
}

static bool
add_selection(struct gql_checker *checker, struct gql_set *set,
              const struct gql_type *parent,
              const struct gql_selection *selection)
{
    switch (selection->kind) {
    case GQL_FIELD:
        return add_field(checker, set, parent, selection);
    case GQL_INLINE_FRAGMENT:
        parent = narrowed(checker, parent, selection->type_condition);
        return gql_collect(checker, set, parent, selection->selections);
    case GQL_SPREAD:
        return add_spread(checker, set, selection->name);
    }
    return true;
}

bool
gql_collect(struct gql_checker *checker, struct gql_set *set,
            const struct gql_type *parent, const struct gql_selection *list)
{
    for (; list != NULL; list = list->next) {
        if (set->drop_skipped && gql_is_skipped(list->directives))
            continue;
        if (!add_selection(checker, set, parent, list))
            return false;
    }
    return true;
}

bool
gql_collect_below(struct gql_checker *checker, struct gql_set *set,
                  const struct gql_collected *collected)
{
    if (collected->selection->selections == NULL)
        return true;
    return gql_collect(
        checker, set,
        gql_schema_find(checker->schema, collected->field->type.name),
        collected->selection->selections);
}
