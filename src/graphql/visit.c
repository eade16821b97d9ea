#include "graphql/visit.h"

static bool visit_list(struct gql_visitor *visitor, const char *type_name,
                       const struct gql_selection *list);

static bool
visit_field(struct gql_visitor *visitor, const struct gql_type *parent,
            const struct gql_selection *selection)
{
    const struct gql_field *field = gql_type_field(parent, selection->name);

    return field == NULL || /* __typename */
           (visitor->field(visitor->ctx, parent, field, selection) &&
            visit_list(visitor, field->type.name, selection->selections));
}

static bool
visit_spread(struct gql_visitor *visitor, const char *name)
{
    const struct gql_fragment *fragment =
        gql_find_fragment(visitor->document, name);

    return !dict_add_name(&visitor->seen, name) ||
           visit_list(visitor, fragment->type_condition, fragment->selections);
}

static bool
visit_list(struct gql_visitor *visitor, const char *type_name,
           const struct gql_selection *list)
{
    const struct gql_type *type = gql_schema_find(visitor->schema, type_name);
    bool goes_on = true;

    for (; type != NULL && list != NULL && goes_on; list = list->next) {
        if (gql_is_skipped(list->directives))
            continue;
        if (list->kind == GQL_FIELD)
            goes_on = visit_field(visitor, type, list);
        else if (list->kind == GQL_SPREAD)
            goes_on = visit_spread(visitor, list->name);
        else
            goes_on = visit_list(
                visitor,
                list->type_condition != NULL ? list->type_condition : type_name,
                list->selections);
    }
    return goes_on;
}

bool
gql_visit(struct gql_visitor *visitor)
{
    visitor->seen.arena = visitor->scratch;
    return visit_list(visitor, gql_schema_query_type(visitor->schema),
                      visitor->document->operations->selections);
}
