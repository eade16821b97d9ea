#include "load/foreign.h"

#include <string.h>

#include "base/buf.h"

enum { SQL_BYTES_MAX = 16 * 1024 * 1024 };

static bool
is_foreign(const struct plan_table *table, const struct target *target,
           const struct target_memory *memory, int column)
{
    return !memory->had_column[column] &&
           target_has(target, table->columns[column].name);
}

/* `like` with a number: a name that neither the table nor the query has. */
static void
append_free_name(struct buf *name, const struct plan_table *table,
                 const struct target *target, const char *like)
{
    bool taken = true;

    for (int n = 2; taken; n++) {
        buf_clear(name);
        buf_printf(name, "%.50s_%d", like, n);
        taken = target_has(target, buf_str(name));
        for (int i = 0; i < table->column_count; i++)
            taken = taken || strcmp(table->columns[i].name, buf_str(name)) == 0;
    }
}

static bool
refuse_columns(const struct plan *plan, const struct plan_table *table,
               const char *schema, const struct target *target,
               const struct target_memory *memory, struct err *err)
{
    struct buf names = buf_with_ceiling(SQL_BYTES_MAX);
    struct buf fields = buf_with_ceiling(SQL_BYTES_MAX);
    struct buf name = buf_with_ceiling(1024);
    const struct plan_column *first = NULL;

    for (int i = 0; i < table->column_count; i++) {
        const struct plan_column *column = &table->columns[i];

        if (!is_foreign(table, target, memory, i))
            continue;
        append_free_name(&name, table, target, column->name);
        buf_printf(&names, "%s%s", first != NULL ? ", " : "", column->name);
        buf_printf(&fields, "%s%s @column(name: \"%s\")",
                   first != NULL ? ", " : "", plan_column_key(column),
                   buf_str(&name));
        first = first != NULL ? first : column;
    }
    err_set(err, MSG_COLUMN_FOREIGN,
            "%s:%u:%u: table %s.%s has columns that bulkpg did not create and "
            "that the query would overwrite: %s",
            plan->file, first->pos.line, first->pos.column, schema, table->name,
            buf_str(&names));
    err_hint(err, "give them other names in the query: %s", buf_str(&fields));
    buf_free(&names);
    buf_free(&fields);
    buf_free(&name);
    return false;
}

static bool
refuse_own(const struct plan_table *table, const char *schema,
           const char *column, const char *directive, struct err *err)
{
    err_set(err, MSG_COLUMN_FOREIGN,
            "table %s.%s has a column %s that bulkpg did not create and that "
            "%s would overwrite",
            schema, table->name, column, directive);
    return err_hint(err,
                    "rename it with ALTER TABLE \"%s\".\"%s\" RENAME COLUMN %s "
                    "TO ..., or remove %s from the query",
                    schema, table->name, column, directive);
}

bool
foreign_check(const struct plan *plan, const struct plan_table *table,
              const char *schema, const struct target *target,
              const struct target_memory *memory, struct err *err)
{
    for (int i = 0; i < table->column_count; i++)
        if (is_foreign(table, target, memory, i))
            return refuse_columns(plan, table, schema, target, memory, err);
    if (table->marks_deleted && !memory->had_mark &&
        target_has(target, "_deleted_at"))
        return refuse_own(table, schema, "_deleted_at", "@deletes(mode: SOFT)",
                          err);
    if (table->has_position && !memory->had_position &&
        target_has(target, "_position"))
        return refuse_own(table, schema, "_position", "@position", err);
    return true;
}
