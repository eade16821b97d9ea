#include "load/swallowed.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "json/write.h"
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

bool
swallowed_look(struct merge *merge, struct err *err)
{
    struct buf names = buf_with_ceiling(JSON_BYTES_MAX);
    struct json_out *json = json_out_new(&names);
    const char *values[] = {merge->schema, NULL};
    struct pg_result *result;
    bool any = false, asked = true;

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
    values[1] = buf_str(&names);
    if (any)
        asked =
            pg_exec(merge->conn, sql_table_triggers, 2, values, &result, err);
    if (any && asked) {
        for (int row = 0; row < pg_rows(result); row++)
            take_found(merge, result, row);
        pg_result_free(result);
    }
    buf_free(&names);
    return asked;
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
