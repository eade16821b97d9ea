/* graphql: a printed document must parse, and print as the same text again. A
 * document that passes the checks, without fields that are left out, must have
 * a plan, or an error with a place.
 * The document that bulkpg would submit must pass the checks, too, and so must
 * those of the requests that read it page by page. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialect/shopify.h"
#include "graphql/check.h"
#include "graphql/optional.h"
#include "plan/pages.h"
#include "support/types.h"

enum { PRINT_BYTES = 64 * 1024 * 1024 };

static struct types types;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An error must have the status 78 and a place in the query. */
static void
check_error(const struct err *err)
{
    if (err->kind != ERR_CONFIG || strncmp(err->message, "fuzz:", 5) != 0)
        abort();
}

static struct gql_document *
parse(struct span text)
{
    struct gql_document *document;
    struct err err = {0};

    if (gql_parse(&types.arena, "fuzz", text, &document, &err))
        return document;
    check_error(&err);
    return NULL;
}

static struct buf
print(const struct gql_document *document)
{
    struct buf out = buf_with_ceiling(PRINT_BYTES);

    gql_print(document, &out);
    if (out.overflowed)
        abort();
    return out;
}

/* Parse `text`, which must print as the same text again. */
static struct gql_document *
must_stay(struct span text)
{
    struct gql_document *document = parse(text);
    struct buf out;

    if (document == NULL)
        abort();
    out = print(document);
    if (!span_equal(buf_span(&out), text))
        abort();
    buf_free(&out);
    return document;
}

static void
add_types(const struct gql_document *document)
{
    struct gql_name *name;

    while ((name = gql_schema_missing(types.schema, document, &types.arena)) !=
           NULL)
        for (; name != NULL; name = name->next)
            types_add(&types, name->name);
}

static bool
is_valid(const struct gql_document *document)
{
    struct err err = {0};

    add_types(document);
    if (dialect_shopify.check_query(document, types.schema, &err))
        return true;
    check_error(&err);
    return false;
}

static void
check_request(const struct pages_request *request)
{
    const struct gql_document *document;
    struct err err = {0};

    if (request == NULL)
        return;
    document = must_stay(span_str(request->document));
    add_types(document);
    if (!gql_check_variables(document, types.schema, &err)) {
        fprintf(stderr, "%s\n%s\n", err.message, request->document);
        abort();
    }
}

static void
check_pages(const struct pages *pages)
{
    for (int i = 0; i < pages->count; i++) {
        check_request(pages->connections[i].read);
        check_request(pages->connections[i].bare);
        check_request(pages->connections[i].by_ids);
    }
}

static void
check_plan(const struct plan *plan)
{
    if (plan->table_count < 1 || plan->hash[0] == '\0')
        abort();
    for (int i = 0; i < plan->table_count; i++)
        if (plan->tables[i].name[0] == '\0')
            abort();
    if (plan->paged.way != PLAN_BY_PAGES &&
        !is_valid(must_stay(span_str(plan->document))))
        abort();
    if (plan->pages != NULL)
        check_pages(plan->pages);
}

static void
build_plan(const struct gql_document *document)
{
    struct plan *plan;
    struct err err = {0};

    if (plan_build(&types.arena, "job", document, types.schema,
                   &dialect_shopify, &plan, &err))
        check_plan(plan);
    else
        check_error(&err);
}

static bool
passes_filters(const struct gql_document *document)
{
    struct err err = {0};

    if (!dialect_shopify.check_filter(document, types.schema, &err)) {
        check_error(&err);
        return false;
    }
    (void)dialect_shopify.notes(document, types.schema, &types.arena);
    return true;
}

/* The fields with @optional that the types do not have, and some others. */
static bool
leaves_any(struct gql_document *document, size_t size)
{
    static const char *const denied[] = {"?title", "products.variants", NULL};
    struct err err = {0};

    add_types(document);
    if (gql_leave_out(document, types.schema, size % 2 == 0 ? denied : NULL,
                      &types.arena, &err))
        return true;
    check_error(&err);
    return false;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    types_open(&types, "tests/fakeshop/admin-2026-10.reduced.json");
    arena_free(&types.arena);
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gql_document *document;

    types.arena = (struct arena){0};
    types.schema = gql_schema_new(&types.arena);
    document = parse(span_of((const char *)data, size));
    if (document != NULL) {
        struct buf out = print(document);

        must_stay(buf_span(&out));
        if (leaves_any(document, size) && is_valid(document) &&
            passes_filters(document))
            build_plan(document);
        buf_free(&out);
    }
    arena_free(&types.arena);
    return 0;
}
