#include "graphql/schema.h"

#include <stdint.h>
#include <string.h>

#include "graphql/introspection.h"

enum { BUCKETS = 1024 }; /* a query uses some dozens of types */

struct gql_schema {
    struct arena *arena;
    const char *query_type;
    struct gql_type *types[BUCKETS];
    struct gql_name *absent;
};

struct gql_schema *
gql_schema_new(struct arena *arena)
{
    struct gql_schema *schema = arena_alloc(arena, sizeof(*schema));

    schema->arena = arena;
    schema->query_type = "QueryRoot";
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

static size_t
bucket_of(const char *name)
{
    uint32_t hash = 2166136261U; /* FNV-1a */

    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619U;
    return hash % BUCKETS;
}

struct gql_type *
gql_schema_find(const struct gql_schema *schema, const char *name)
{
    struct gql_type *type = schema->types[bucket_of(name)];

    while (type != NULL && strcmp(type->name, name) != 0)
        type = type->next;
    return type;
}

bool
gql_schema_add(struct gql_schema *schema, struct span json, struct err *err)
{
    struct gql_type *type;
    struct gql_type **bucket;

    if (!gql_read_type(schema->arena, json, &type, err))
        return false;
    if (gql_schema_find(schema, type->name) != NULL)
        return true;
    bucket = &schema->types[bucket_of(type->name)];
    type->next = *bucket;
    *bucket = type;
    return true;
}

void
gql_schema_add_absent(struct gql_schema *schema, const char *name)
{
    struct gql_name *made;

    if (gql_schema_is_absent(schema, name))
        return;
    made = arena_alloc(schema->arena, sizeof(*made));
    made->name = arena_strdup(schema->arena, name);
    made->next = schema->absent;
    schema->absent = made;
}

bool
gql_schema_is_absent(const struct gql_schema *schema, const char *name)
{
    return gql_name_in(schema->absent, name);
}

void
gql_schema_each(const struct gql_schema *schema,
                void (*visit)(void *ctx, const struct gql_type *type),
                void *ctx)
{
    for (size_t i = 0; i < BUCKETS; i++)
        for (const struct gql_type *type = schema->types[i]; type != NULL;
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
    struct gql_field *field = type->fields;

    while (field != NULL && strcmp(field->name, name) != 0)
        field = field->next;
    return field;
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
        return gql_name_in(type->possible_types, object);
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
