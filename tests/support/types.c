#include "support/types.h"

#include <check.h>

#include "dialect/shopify.h"

void
types_open(struct types *types, const char *path)
{
    struct err err;

    types->arena = (struct arena){0};
    types->schema = gql_schema_new(&types->arena);
    if (!gql_types_file_open(path, &types->file, &err))
        ck_abort_msg("%s", err.message);
    gql_schema_set_query_type(types->schema,
                              gql_types_file_query_type(types->file));
}

void
types_close(struct types *types)
{
    gql_types_file_free(types->file);
    arena_free(&types->arena);
}

static void
add_json(struct types *types, struct span json)
{
    struct err err;

    if (!gql_schema_add(types->schema, json, &err))
        ck_abort_msg("%s", err.message);
}

void
types_add(struct types *types, const char *name)
{
    struct span json;

    if (gql_types_file_find(types->file, name, &json))
        add_json(types, json);
    else
        gql_schema_add_absent(types->schema, name);
}

void
types_add_made(struct types *types, const char *query_type,
               const char *const *texts, int count)
{
    gql_schema_set_query_type(types->schema, query_type);
    for (int i = 0; i < count; i++)
        add_json(types, span_str(texts[i]));
}

struct gql_document *
types_parse(struct types *types, const char *text)
{
    struct gql_document *document;
    struct gql_name *name;
    struct err err;

    if (!gql_parse(&types->arena, "q", span_str(text), &document, &err))
        ck_abort_msg("%s\n%s", err.message, text);
    while ((name = gql_schema_missing(types->schema, document,
                                      &types->arena)) != NULL)
        for (; name != NULL; name = name->next)
            types_add(types, name->name);
    return document;
}

struct gql_document *
types_check(struct types *types, const char *text)
{
    struct gql_document *document = types_parse(types, text);
    struct err err;

    if (!dialect_shopify.check_query(document, types->schema, &err))
        ck_abort_msg("%s\n%s", err.message, text);
    return document;
}

struct plan *
types_plan(struct types *types, const char *text)
{
    struct gql_document *document = types_check(types, text);
    struct plan *plan;
    struct err err;

    if (!plan_build(&types->arena, "job", document, types->schema,
                    &dialect_shopify, &plan, &err))
        ck_abort_msg("%s\n%s", err.message, text);
    return plan;
}
