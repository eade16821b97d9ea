#include "dialect/bulk_notes.h"

#include "dialect/paged.h"
#include "dialect/search_filter.h"
#include "graphql/connection.h"
#include "graphql/visit.h"

struct bulk_notes {
    const struct gql_document *document;
    const struct gql_schema *schema;
    struct gql_notes list;
};

static void
add(struct bulk_notes *notes, enum msg msg, struct gql_pos pos,
    const char *message, const char *hint)
{
    gql_notes_add(&notes->list, msg, notes->document->file, pos, message, hint);
}

/* ---- pages and order ---------------------------------------------------- */

static const struct {
    const char *argument;
    const char *effect;
} effects[] = {
    {"first", "has no effect in a bulk query, which fetches all rows"},
    {"sortKey", "does not order the rows of a table, and sorted bulk queries "
                "can lose rows"},
    {"reverse", "does not order the rows of a table, and sorted bulk queries "
                "can lose rows"},
};

/* Does the argument have the value that applies without it? */
static bool
is_default(const struct gql_value *value)
{
    return value->kind == GQL_NULL ||
           (value->kind == GQL_BOOLEAN && !value->boolean);
}

static bool
note_field(void *ctx, const struct gql_type *parent,
           const struct gql_field *field, const struct gql_selection *selection)
{
    struct bulk_notes *notes = ctx;

    (void)parent;
    if (!gql_is_connection(notes->schema, field->type.name))
        return true;
    for (size_t i = 0; i < sizeof(effects) / sizeof(effects[0]); i++) {
        const struct gql_argument *given =
            gql_find_argument(selection->arguments, effects[i].argument);
        const char *message;

        if (given == NULL || is_default(given->value))
            continue;
        message = arena_printf(notes->list.arena,
                               "\"%s\" of the connection \"%s\" %s",
                               given->name, selection->name, effects[i].effect);
        add(notes, MSG_QUERY_PAGING, given->pos, message, "");
    }
    return true;
}

/* ---- times -------------------------------------------------------------- */

static void
note_offset(void *ctx, struct gql_pos pos, const char *message,
            const char *hint)
{
    add(ctx, MSG_FILTER_OFFSET, pos, message, hint);
}

struct gql_note *
bulk_notes(const struct gql_document *document, const struct gql_schema *schema,
           struct arena *arena)
{
    struct arena scratch = {0};
    struct bulk_notes notes = {
        .document = document, .schema = schema, .list.arena = arena};
    struct gql_visitor visitor = {.document = document,
                                  .schema = schema,
                                  .scratch = &scratch,
                                  .field = note_field,
                                  .ctx = &notes};

    if (!paged_always(document))
        gql_visit(&visitor);
    search_filter_offsets(document, schema, note_offset, &notes);
    arena_free(&scratch);
    return notes.list.first;
}
