#include "load/swallowed.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "json/write.h"
#include "pg/queue.h"
#include "sql.h"

enum { JSON_BYTES_MAX = 64 * 1024, TEXT_BYTES_MAX = 4096 };

/* Columns of sql_table_triggers. */
enum { TABLE, WHAT, IS_KEY };

/* ---- triggers and rules -------------------------------------------------- */

static void
take_found(struct merge *merge, const struct pg_result *result, int row)
{
    for (int i = 0; i < merge->table_count; i++) {
        struct merge_table *table = &merge->tables[i];

        if (strcmp(table->table->name, pg_text(result, row, TABLE)) != 0)
            continue;
        table->interferers =
            arena_strdup(merge->arena, pg_text(result, row, WHAT));
        table->is_read_back = !pg_bool(result, row, IS_KEY);
    }
}

/* The names of the tables as JSON. False if there are none. */
static bool
list_tables(const struct merge *merge, struct buf *names)
{
    struct json_out *json = json_out_new(names);
    bool any = false;

    json_out_open(json, '[');
    for (int i = 0; i < merge->table_count; i++) {
        const struct merge_table *table = &merge->tables[i];

        if (table->stage == NULL ||
            (!table->exists && table->not_inserted == 0))
            continue;
        json_out_string(json, table->table->name);
        any = true;
    }
    json_out_close(json, ']');
    json_out_free(json);
    return any;
}

void
swallowed_queue_look(struct merge *merge)
{
    struct buf names = buf_with_ceiling(JSON_BYTES_MAX);
    const char *values[] = {merge->schema, NULL};

    if (list_tables(merge, &names)) {
        values[1] = buf_str(&names);
        pg_queue(merge->conn, sql_table_triggers, 2, values,
                 &(struct pg_answer){.result = &merge->triggers});
    }
    buf_free(&names);
}

void
swallowed_take(struct merge *merge)
{
    for (int row = 0; merge->triggers != NULL && row < pg_rows(merge->triggers);
         row++)
        take_found(merge, merge->triggers, row);
    pg_result_free(merge->triggers);
    merge->triggers = NULL;
}

bool
swallowed_look(struct merge *merge, struct err *err)
{
    swallowed_queue_look(merge);
    if (!pg_settle(merge->conn, err))
        return false;
    swallowed_take(merge);
    return true;
}

/* ---- lost rows ----------------------------------------------------------- */

static void
append_count(struct buf *text, int64_t lost, int64_t done, const char *what)
{
    if (lost == 0)
        return;
    buf_printf(text, "%s%" PRId64 " of %" PRId64 " rows %s",
               text->length > 0 ? ", " : "", lost, lost + done, what);
}

bool
swallowed_report(struct merge *merge, const struct merge_table *table,
                 struct err *err)
{
    struct buf counts = buf_with_ceiling(TEXT_BYTES_MAX);
    struct buf text = buf_with_ceiling(TEXT_BYTES_MAX);
    bool is_explained = table->interferers != NULL;

    append_count(&counts, table->not_inserted, table->inserted,
                 "were not inserted");
    append_count(&counts, table->not_updated, table->updated,
                 "were not updated");
    append_count(&counts, table->not_deleted, table->deleted,
                 "were not removed");
    if (counts.length == 0)
        is_explained = true;
    else if (!is_explained)
        err_set(err, MSG_ROWS_LOST,
                "%s, and the table has no trigger or rule that explains this",
                buf_str(&counts));
    else {
        buf_printf(&text, "table %s.%s: %s; its own triggers and rules: %s",
                   merge->schema, table->table->name, buf_str(&counts),
                   table->interferers);
        merge->warn(merge->warn_ctx, MSG_ROWS_SWALLOWED, buf_str(&text));
    }
    buf_free(&counts);
    buf_free(&text);
    return is_explained;
}
