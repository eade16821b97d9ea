/* The search looks at every selection once, where it is written. It does not
 * follow spreads, because a fragment's definition names its type. */
#include "graphql/deprecated.h"

struct search {
    const struct gql_schema *schema;
    struct arena *arena;
    struct gql_deprecated *first;
    struct gql_deprecated **end;
};

static void
found(struct search *search, const struct gql_type *type,
      const struct gql_field *field, struct gql_pos pos)
{
    struct gql_deprecated *one = arena_alloc(search->arena, sizeof(*one));

    *one = (struct gql_deprecated){
        .pos = pos,
        .type = arena_strdup(search->arena, type->name),
        .field = arena_strdup(search->arena, field->name),
        .reason = arena_strdup(search->arena, field->deprecation_reason)};
    *search->end = one;
    search->end = &one->next;
}

static void
search_list(struct search *search, const char *type_name,
            const struct gql_selection *list)
{
    const struct gql_type *type = gql_schema_find(search->schema, type_name);

    for (; type != NULL && list != NULL; list = list->next) {
        const struct gql_field *field =
            list->kind == GQL_FIELD ? gql_type_field(type, list->name) : NULL;

        if (field != NULL && field->deprecated)
            found(search, type, field, list->name_pos);
        if (field != NULL)
            search_list(search, field->type.name, list->selections);
        if (list->kind == GQL_INLINE_FRAGMENT)
            search_list(search,
                        list->type_condition != NULL ? list->type_condition
                                                     : type_name,
                        list->selections);
    }
}

struct gql_deprecated *
gql_deprecated(const struct gql_document *document,
               const struct gql_schema *schema, struct arena *arena)
{
    struct search search = {.schema = schema, .arena = arena};

    search.end = &search.first;
    for (const struct gql_operation *operation = document->operations;
         operation != NULL; operation = operation->next)
        search_list(&search, gql_schema_query_type(schema),
                    operation->selections);
    for (const struct gql_fragment *fragment = document->fragments;
         fragment != NULL; fragment = fragment->next)
        search_list(&search, fragment->type_condition, fragment->selections);
    return search.first;
}
