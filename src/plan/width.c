#include "plan/width.h"

#include <stdlib.h>

#include "base/mem.h"
#include "plan/layout.h"

enum {
    ROW_BYTES_MAX = 8160,  /* a page of 8 kB without its own header */
    ROW_HEADER_BYTES = 24, /* aligned */
    VALUE_BYTES = 24       /* a longer value is replaced by a pointer */
};

/* The width ignores alignment, which depends on the order of the columns. */
static int
width_of(enum plan_type type)
{
    switch (type) {
    case PLAN_BIGINT:
    case PLAN_DOUBLE:
    case PLAN_TIMESTAMPTZ:
        return 8;
    case PLAN_INTEGER:
    case PLAN_DATE:
        return 4;
    case PLAN_BOOLEAN:
        return 1;
    case PLAN_UUID:
        return 16;
    case PLAN_MACADDR:
        return 6;
    case PLAN_TEXT:
    case PLAN_INET:
    case PLAN_CIDR:
    case PLAN_NUMERIC:
    case PLAN_JSONB:
    case PLAN_TYPE_COUNT:
        break;
    }
    return VALUE_BYTES;
}

int
width_of_row(const struct plan_table *table)
{
    struct layout_column *columns = mem_array(
        (size_t)(table->column_count + LAYOUT_OWN_MAX), sizeof(*columns));
    int count = layout_columns(table, columns);
    int width = ROW_HEADER_BYTES;

    for (int i = 0; i < count; i++)
        if (columns[i].in_table)
            width += width_of(columns[i].type);
    free(columns);
    return width;
}

static void
note_width(const struct plan *plan, const struct plan_table *table, int width,
           struct gql_notes *notes)
{
    const char *message = arena_printf(
        notes->arena,
        "table \"%s\" has %d columns from the query: a row with a value in "
        "each may need %d bytes, but a page of PostgreSQL has room for %d",
        table->name, table->column_count, width, ROW_BYTES_MAX);

    gql_notes_add(notes, MSG_ROW_TOO_WIDE, plan->file, table->pos, message, "");
}

struct gql_note *
width_notes(const struct plan *plan, struct arena *arena)
{
    struct gql_notes notes = {.arena = arena};

    for (int i = 0; i < plan->table_count; i++) {
        const struct plan_table *table = &plan->tables[i];
        int width = table->skip ? 0 : width_of_row(table);

        if (width > ROW_BYTES_MAX)
            note_width(plan, table, width, &notes);
    }
    return notes.first;
}
