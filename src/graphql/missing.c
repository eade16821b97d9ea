/* The search looks at every selection once, where it is written. It does not
 * follow spreads, because a fragment's definition names its type. */
#include <string.h>

#include "graphql/schema.h"

struct search {
    const struct gql_schema *schema;
    struct arena *arena;
    struct gql_name *missing;
    struct gql_name **end;
    struct dict listed;  /* the names in `missing` */
    struct dict visited; /* input types, by need_whole() */
    bool is_paged;       /* the query has @paged */
    bool is_mutation;
};

/* Return the type if it is known. Otherwise list it as missing, unless it is
 * known to be absent, and return NULL. */
static struct gql_type *
need(struct search *search, const char *name)
{
    struct gql_type *type = gql_schema_find(search->schema, name);
    struct gql_name *made;

    if (type != NULL || gql_schema_is_absent(search->schema, name) ||
        dict_get(&search->listed, name) != NULL)
        return type;
    made = arena_alloc(search->arena, sizeof(*made));
    made->name = arena_strdup(search->arena, name);
    (void)dict_add(&search->listed, made->name, made);
    *search->end = made;
    search->end = &made->next;
    return NULL;
}

static void
need_for_value(struct search *search, const struct gql_type_ref *ref,
               const struct gql_value *value);

static void
need_for_arguments(struct search *search, struct gql_input *inputs,
                   const struct gql_argument *given)
{
    for (; given != NULL; given = given->next) {
        struct gql_input *input = gql_find_input(inputs, given->name);

        if (input != NULL)
            need_for_value(search, &input->type, given->value);
    }
}

static void
need_for_object(struct search *search, const struct gql_type *type,
                const struct gql_argument *given)
{
    for (; given != NULL; given = given->next) {
        struct gql_input *input = gql_type_input_field(type, given->name);

        if (input != NULL)
            need_for_value(search, &input->type, given->value);
    }
}

/* Checking a literal needs the type only if it is an enumeration or an input
 * object: scalars are checked by their name. */
static void
need_for_value(struct search *search, const struct gql_type_ref *ref,
               const struct gql_value *value)
{
    struct gql_type *type;

    if (ref->kind != GQL_ENUM_TYPE && ref->kind != GQL_INPUT_TYPE)
        return;
    if (value->kind == GQL_LIST) {
        for (value = value->items; value != NULL; value = value->next)
            need_for_value(search, ref, value);
        return;
    }
    if (value->kind == GQL_NULL)
        return;
    type = need(search, ref->name);
    if (type != NULL && value->kind == GQL_OBJECT)
        need_for_object(search, type, value->fields);
}

/* gql_is_connection() needs the type of the edges, even if the document does
 * not select them. */
static void
need_for_connection(struct search *search, const struct gql_type *type)
{
    struct gql_field *edges = gql_type_field(type, "edges");

    if (edges != NULL && edges->type.list_depth > 0 &&
        edges->type.kind == GQL_OBJECT_TYPE)
        need(search, edges->type.name);
}

/* Rows are found by their ids through a root that has the name of their type,
 * if there is one with an argument `ids`. */
static void
need_for_ids(struct search *search, const struct gql_type *type)
{
    const struct gql_type *query =
        gql_schema_find(search->schema, gql_schema_query_type(search->schema));
    const struct gql_field *own =
        query != NULL ? gql_type_field(query, type->name) : NULL;

    if (own == NULL || gql_find_input(own->arguments, "ids") == NULL ||
        !gql_kind_is_composite(own->type.kind))
        return;
    type = need(search, own->type.name);
    if (type != NULL)
        need_for_connection(search, type);
}

/* Pages are read in an order that does not change, so bulkpg must know the
 * values of the arguments that sort. */
static void
need_for_order(struct search *search, const struct gql_field *field)
{
    const struct gql_input *a = search->is_paged ? field->arguments : NULL;

    for (; a != NULL; a = a->next)
        if (a->type.kind == GQL_ENUM_TYPE)
            need(search, a->type.name);
}

static void
need_for_selections(struct search *search, const struct gql_type *parent,
                    const struct gql_selection *list);

/* The lists of errors in the payload of a mutation: bulkpg selects them. */
static void
need_for_errors(struct search *search, const struct gql_type *payload)
{
    for (const struct gql_field *f = payload->fields; f != NULL; f = f->next)
        if (gql_is_error_list(f) && gql_kind_is_composite(f->type.kind))
            need(search, f->type.name);
}

static void
need_below(struct search *search, const char *name,
           const struct gql_selection *list)
{
    struct gql_type *type = need(search, name);

    if (type == NULL)
        return;
    need_for_connection(search, type);
    if (search->is_mutation)
        need_for_errors(search, type);
    else
        need_for_ids(search, type);
    need_for_selections(search, type, list);
}

static void
need_for_field(struct search *search, const struct gql_type *parent,
               const struct gql_selection *selection)
{
    struct gql_field *field = gql_type_field(parent, selection->name);

    if (field == NULL)
        return;
    need_for_arguments(search, field->arguments, selection->arguments);
    need_for_order(search, field);
    if (gql_kind_is_composite(field->type.kind))
        need_below(search, field->type.name, selection->selections);
}

static void
need_for_selections(struct search *search, const struct gql_type *parent,
                    const struct gql_selection *list)
{
    for (; list != NULL; list = list->next) {
        if (list->kind == GQL_FIELD)
            need_for_field(search, parent, list);
        else if (list->kind == GQL_INLINE_FRAGMENT)
            need_below(search,
                       list->type_condition != NULL ? list->type_condition
                                                    : parent->name,
                       list->selections);
    }
}

static void need_whole(struct search *search, const char *name);

/* An input object with all that it may contain. Types may contain themselves,
 * so each is visited once. */
static void
need_fields(struct search *search, const struct gql_type *type)
{
    for (const struct gql_input *i = type->input_fields; i != NULL; i = i->next)
        if (i->type.kind == GQL_INPUT_TYPE || i->type.kind == GQL_ENUM_TYPE)
            need_whole(search, i->type.name);
}

static void
need_whole(struct search *search, const char *name)
{
    const struct gql_type *type = need(search, name);

    search->visited.arena = search->arena;
    if (type != NULL && type->kind == GQL_INPUT_TYPE &&
        dict_add_name(&search->visited, type->name))
        need_fields(search, type);
}

/* The document says only the name of a variable's type. */
static void
need_for_variables(struct search *search, const struct gql_variable *variable)
{
    for (; variable != NULL; variable = variable->next) {
        const char *text = variable->type + strspn(variable->type, "[");
        const char *name =
            arena_dup(search->arena, span_of(text, strcspn(text, "]!")));

        if (!gql_is_builtin_scalar(name))
            need_whole(search, name);
    }
}

static void
need_for_mutation(struct search *search, const struct gql_operation *operation)
{
    search->is_mutation = true;
    need_for_variables(search, operation->variables);
    need_below(search, gql_schema_mutation_type(search->schema),
               operation->selections);
}

struct gql_name *
gql_schema_missing(const struct gql_schema *schema,
                   const struct gql_document *document, struct arena *arena)
{
    struct search search = {.schema = schema, .arena = arena};
    const char *root = gql_schema_query_type(schema);

    search.end = &search.missing;
    search.listed.arena = arena;
    if (document->operations == NULL ||
        document->operations->kind != GQL_MUTATION)
        need(&search, root);
    for (const struct gql_operation *operation = document->operations;
         operation != NULL; operation = operation->next)
        if (operation->kind == GQL_QUERY) {
            search.is_paged =
                gql_find_directive(operation->directives, "paged") != NULL;
            need_below(&search, root, operation->selections);
        } else if (operation->kind == GQL_MUTATION) {
            need_for_mutation(&search, operation);
        }
    for (const struct gql_fragment *fragment = document->fragments;
         fragment != NULL; fragment = fragment->next)
        need_below(&search, fragment->type_condition, fragment->selections);
    return search.missing;
}
