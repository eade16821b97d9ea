/*
 * The elements of a list are parsed one by one into the list's own record, so
 * that memory does not grow with the list. A list within a list is written
 * after each element.
 *
 * Hazards. If no batch is free, the ring sends a batch by itself, which may
 * have rows of the current line. The ring's counter early_sends shows this. If
 * a row sets the type of a gid domain and its line is rejected, the type must
 * be reset.
 */
#include "load/put.h"

#include <stdlib.h>

#include "base/mem.h"

enum { VOID_LINES_BYTES_MAX = 1024 * 1024 };

/* An upper limit: a domain counts once for each column that has it. */
static size_t
count_gids(const struct plan *plan)
{
    size_t count = 0;

    for (int i = 0; i < plan->table_count; i++)
        count += (size_t)plan->tables[i].column_count + 1;
    return count;
}

void
put_init(struct put *put, struct plan *plan, struct ring *ring,
         struct loader_table *tables)
{
    *put = (struct put){
        .ring = ring,
        .tables = tables,
        .table_count = plan->table_count,
        .arena = plan->arena,
        .void_lines = buf_with_ceiling(VOID_LINES_BYTES_MAX),
        .gids = mem_array(count_gids(plan), sizeof(struct plan_gid *))};
}

void
put_free(struct put *put)
{
    buf_free(&put->void_lines);
    free(put->gids);
}

/* ---- rows and lists ---------------------------------------------------- */

/* Make sure that the table has a batch with room. A full batch is sent even
 * within a line, so that a huge list does not take unlimited memory. */
static bool
make_room(struct put *put, struct loader_table *table, struct err *err)
{
    uint64_t early_sends = put->ring->early_sends;

    if (table->batch != NULL && batch_is_full(table->batch)) {
        if (!ring_send(put->ring, table, err))
            return false;
        put->line_sent = true;
    }
    if (table->batch != NULL)
        return true;
    if (!ring_take(put->ring, put->tables, put->table_count, table, err))
        return false;
    put->line_sent = put->line_sent || put->ring->early_sends > early_sends;
    table->mark_bytes = table->batch->bytes.length;
    table->mark_rows = 0;
    return true;
}

static bool
put_row(struct put *put, struct loader_table *table,
        const struct row_source *source, struct err *err)
{
    return (table->plan->skip && !table->plan->stages_id) ||
           (make_room(put, table, err) &&
            rows_put(table, source, &put->widen, err));
}

struct list_scope {
    struct put *put;
    struct loader_table *table;
    const struct record_value *parent_id;
    int32_t parent_position;
};

static bool
put_lists(struct put *put, const struct plan_table *parent,
          const struct record *record, int32_t position, struct err *err);

static bool
put_element(void *ctx, struct record *record, struct err *err)
{
    struct list_scope *scope = ctx;
    struct loader_table *table = scope->table;
    struct row_source source = {.record = record,
                                .parent_id = scope->parent_id,
                                .line = scope->put->line,
                                .position = table->position++,
                                .parent_position = scope->parent_position,
                                .arena = scope->put->arena};

    return put_row(scope->put, table, &source, err) &&
           put_lists(scope->put, table->plan, record, source.position, err);
}

static bool
put_list(struct put *put, struct loader_table *table,
         const struct record *record, int32_t position, struct err *err)
{
    const struct record_value *list =
        record_get(record, table->plan->list_slot);
    struct list_scope scope = {
        .put = put,
        .table = table,
        .parent_id = record_get(record, table->plan->parent->id_slot),
        .parent_position = position};

    if (list == NULL || list->kind == JSON_NULL)
        return true;
    if (list->kind != JSON_ARRAY)
        return err_set(err, MSG_LINE_VALUE, "%s is not a list",
                       table->plan->path);
    if (scope.parent_id == NULL || scope.parent_id->kind == JSON_NULL)
        return err_set(err, MSG_LINE_KEY,
                       "the id that the rows of %s need is absent or null",
                       table->plan->path);
    if (!record_parse_array(table->record, list->raw, put_element, &scope,
                            err)) {
        err_wrap(err, "%s", table->plan->path);
        return false;
    }
    return true;
}

static bool
put_lists(struct put *put, const struct plan_table *parent,
          const struct record *record, int32_t position, struct err *err)
{
    for (int i = parent->index + 1; i < put->table_count; i++) {
        struct loader_table *table = &put->tables[i];

        if (table->plan->kind == PLAN_LIST && table->plan->parent == parent &&
            !put_list(put, table, record, position, err))
            return false;
    }
    return true;
}

bool
put_line(struct put *put, const struct plan_table *table,
         const struct row_source *source, struct err *err)
{
    struct loader_table *own = &put->tables[table->index];

    if (!put_row(put, own, source, err) ||
        !put_lists(put, table, source->record, 0, err))
        return false;
    rows_keep(own);
    return true;
}

/* ---- the beginning of a line ------------------------------------------- */

static void
note_unknown_gid(struct put *put, struct plan_gid *gid)
{
    if (gid != NULL && !gid->whole && gid->type == NULL)
        put->gids[put->gid_count++] = gid;
}

/* Keep the domains that still have no type. */
static void
forget_known_gids(struct put *put)
{
    int waiting = 0;

    for (int i = 0; i < put->gid_count; i++)
        if (put->gids[i]->type == NULL)
            put->gids[waiting++] = put->gids[i];
    put->gid_count = waiting;
}

/* Only the first line looks at all columns. Later lines look at the domains
 * that were left, usually those of tables without rows. */
static void
note_unknown_gids(struct put *put)
{
    if (put->gids_asked) {
        forget_known_gids(put);
        return;
    }
    put->gids_asked = true;
    for (int i = 0; i < put->table_count; i++) {
        const struct plan_table *plan = put->tables[i].plan;

        note_unknown_gid(put, plan->parent_gid);
        for (int c = 0; c < plan->column_count; c++)
            note_unknown_gid(put, plan->columns[c].gid);
    }
}

void
put_begin(struct put *put, int64_t line)
{
    put->line = line;
    put->line_sent = false;
    put->widen = (struct rows_widen){NULL, NULL};
    for (int i = 0; i < put->table_count; i++) {
        struct loader_table *table = &put->tables[i];

        table->position = 0;
        table->mark = KNOWN_NOT;
        if (table->batch != NULL) {
            table->mark_bytes = table->batch->bytes.length;
            table->mark_rows = table->batch->rows;
        }
    }
    note_unknown_gids(put);
}

/* ---- the end of a line ------------------------------------------------- */

void
put_undo(struct put *put)
{
    for (int i = 0; i < put->table_count; i++) {
        struct loader_table *table = &put->tables[i];

        rows_undo(table);
        if (table->batch == NULL)
            continue;
        table->batch->bytes.length = table->mark_bytes;
        table->batch->bytes.overflowed = false;
        table->batch->rows = table->mark_rows;
    }
    for (int i = 0; i < put->gid_count; i++)
        put->gids[i]->type = NULL;
    if (put->line_sent) {
        buf_append_char(&put->void_lines,
                        put->void_lines.length == 0 ? '{' : ',');
        buf_printf(&put->void_lines, "%lld", (long long)put->line);
    }
}

bool
put_send_full(struct put *put, struct err *err)
{
    for (int i = 0; i < put->table_count; i++) {
        struct loader_table *table = &put->tables[i];

        if (table->batch != NULL && batch_is_full(table->batch) &&
            !ring_send(put->ring, table, err))
            return false;
    }
    return true;
}

bool
put_send_all(struct put *put, struct err *err)
{
    for (int i = 0; i < put->table_count; i++)
        if (put->tables[i].batch != NULL &&
            !ring_send(put->ring, &put->tables[i], err))
            return false;
    return true;
}
