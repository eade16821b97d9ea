/*
 * The types are in a list and in tables of names, and so are the fields, input
 * fields and values of each type. They all live in the caller's arena.
 *
 * Hazards. The types come from outside. The length of all texts together is
 * limited. A type that is added twice is ignored the second time.
 */
#include "graphql/schema.h"

#include <string.h>

#include "graphql/introspection.h"

enum {
    /* Limits: the memory for all types, the JSON text of one type, and that of
     * all types. The whole Admin API is 10 MB of text, its largest type 1 MB.
     */
    TYPES_BYTES = 24 * 1024 * 1024,
    TEXT_BYTES = 8 * 1024 * 1024,
    TEXTS_BYTES = 16 * 1024 * 1024
};

struct gql_schema {
    struct arena *arena;
    const char *query_type;
    const char *mutation_type;
    struct gql_type *types; /* the newest first */
    struct dict by_name;
    struct dict absent;
    size_t left;       /* of TYPES_BYTES */
    size_t texts_left; /* of TEXTS_BYTES */
};

struct gql_schema *
gql_schema_new(struct arena *arena)
{
    struct gql_schema *schema = arena_alloc(arena, sizeof(*schema));

    schema->arena = schema->by_name.arena = schema->absent.arena = arena;
    schema->query_type = "QueryRoot";
    schema->mutation_type = "Mutation";
    schema->left = TYPES_BYTES;
    schema->texts_left = TEXTS_BYTES;
    return schema;
}

const char *
gql_schema_query_type(const struct gql_schema *schema)
{
    return schema->query_type;
}

void
gql_schema_set_query_type(struct gql_schema *schema, const char *name)
{
    schema->query_type = arena_strdup(schema->arena, name);
}

const char *
gql_schema_mutation_type(const struct gql_schema *schema)
{
    return schema->mutation_type;
}

void
gql_schema_set_mutation_type(struct gql_schema *schema, const char *name)
{
    schema->mutation_type = arena_strdup(schema->arena, name);
}

struct gql_type *
gql_schema_find(const struct gql_schema *schema, const char *name)
{
    return dict_get(&schema->by_name, name);
}

/* A type may have thousands of names, and a query may look up as many. */
static void
index_names(struct arena *arena, struct gql_type *type)
{
    type->fields_by_name.arena = type->possible_by_name.arena = arena;
    type->values_by_name.arena = type->inputs_by_name.arena = arena;
    for (struct gql_field *f = type->fields; f != NULL; f = f->next)
        (void)dict_add(&type->fields_by_name, f->name, f);
    for (struct gql_name *n = type->enum_values; n != NULL; n = n->next)
        (void)dict_add(&type->values_by_name, n->name, n);
    for (struct gql_input *i = type->input_fields; i != NULL; i = i->next)
        (void)dict_add(&type->inputs_by_name, i->name, i);
    for (struct gql_name *n = type->possible_types; n != NULL; n = n->next)
        (void)dict_add(&type->possible_by_name, n->name, n);
}

static bool
take_text(struct gql_schema *schema, size_t length, struct err *err)
{
    if (length > TEXT_BYTES || length > schema->texts_left)
        return err_set(err, MSG_TOO_LARGE,
                       "the store's types are too large: %zu bytes for one "
                       "type, after %zu bytes for others",
                       length, TEXTS_BYTES - schema->texts_left);
    schema->texts_left -= length;
    return true;
}

bool
gql_schema_add(struct gql_schema *schema, struct span json, struct err *err)
{
    struct gql_type *type;

    if (!take_text(schema, json.length, err) ||
        !gql_read_type(schema->arena, json, &schema->left, &type, err))
        return false;
    if (gql_schema_find(schema, type->name) != NULL)
        return true;
    index_names(schema->arena, type);
    type->next = schema->types;
    schema->types = type;
    return dict_add(&schema->by_name, type->name, type);
}

void
gql_schema_add_absent(struct gql_schema *schema, const char *name)
{
    if (!gql_schema_is_absent(schema, name))
        (void)dict_add_name(&schema->absent, arena_strdup(schema->arena, name));
}

bool
gql_schema_is_absent(const struct gql_schema *schema, const char *name)
{
    return dict_get(&schema->absent, name) != NULL;
}

void
gql_schema_each(const struct gql_schema *schema,
                void (*visit)(void *ctx, const struct gql_type *type),
                void *ctx)
{
    for (const struct gql_type *type = schema->types; type != NULL;
         type = type->next)
        visit(ctx, type);
}

bool
gql_name_in(const struct gql_name *list, const char *name)
{
    while (list != NULL && strcmp(list->name, name) != 0)
        list = list->next;
    return list != NULL;
}

struct gql_field *
gql_type_field(const struct gql_type *type, const char *name)
{
    return dict_get(&type->fields_by_name, name);
}

struct gql_input *
gql_type_input_field(const struct gql_type *type, const char *name)
{
    return dict_get(&type->inputs_by_name, name);
}

bool
gql_type_has_value(const struct gql_type *type, const char *name)
{
    return dict_get(&type->values_by_name, name) != NULL;
}

bool
gql_type_is_abstract(const struct gql_type *type)
{
    return type->kind == GQL_INTERFACE_TYPE || type->kind == GQL_UNION_TYPE;
}

bool
gql_type_admits(const struct gql_type *type, const char *object)
{
    if (gql_type_is_abstract(type))
        return dict_get(&type->possible_by_name, object) != NULL;
    return strcmp(type->name, object) == 0;
}

bool
gql_kind_is_composite(enum gql_type_kind kind)
{
    return kind == GQL_OBJECT_TYPE || kind == GQL_INTERFACE_TYPE ||
           kind == GQL_UNION_TYPE;
}

struct gql_input *
gql_find_input(struct gql_input *list, const char *name)
{
    while (list != NULL && strcmp(list->name, name) != 0)
        list = list->next;
    return list;
}

/* ---- references ---------------------------------------------------------- */

bool
gql_is_builtin_scalar(const char *name)
{
    static const char *const names[] = {"ID", "String", "Int", "Float",
                                        "Boolean"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

bool
gql_schema_read_ref(const struct gql_schema *schema, struct arena *arena,
                    const char *text, struct gql_type_ref *ref)
{
    struct span rest = span_str(text);
    const struct gql_type *type;

    *ref = (struct gql_type_ref){.text = text};
    ref->non_null = rest.length > 0 && rest.bytes[rest.length - 1] == '!';
    while (rest.length > 0 && rest.bytes[0] == '[') {
        ref->list_depth++;
        rest = span_tail(rest, 1);
    }
    while (rest.length > 0 && strchr("!]", rest.bytes[rest.length - 1]) != NULL)
        rest.length--;
    ref->name = arena_dup(arena, rest);
    ref->kind = GQL_SCALAR_TYPE;
    if (gql_is_builtin_scalar(ref->name))
        return true;
    type = gql_schema_find(schema, ref->name);
    if (type == NULL)
        return false;
    ref->kind = type->kind;
    return true;
}

static bool
ends_in(const char *name, const char *end)
{
    size_t length = strlen(name), end_length = strlen(end);

    return length >= end_length && strcmp(name + length - end_length, end) == 0;
}

bool
gql_is_error_list(const struct gql_field *field)
{
    const struct gql_type_ref *type = &field->type;
    bool is_named = strcmp(field->name, "errors") == 0 ||
                    strcmp(field->name, "userErrors") == 0 ||
                    ends_in(field->name, "UserErrors");

    if (type->list_depth != 1)
        return false;
    if (!gql_kind_is_composite(type->kind))
        return is_named && strcmp(type->name, "String") == 0;
    return is_named || ends_in(type->name, "UserError");
}
