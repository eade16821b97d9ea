#include "plan/history.h"

#include <stdlib.h>

#include "plan/ddl.h"
#include "plan/names.h"
#include "plan/template.h"
#include "sql.h"

enum { COLUMNS_CEILING = 1024 * 1024 };

bool
history_has(const struct layout_column *column)
{
    return column->in_table && column->role != LAYOUT_HASH &&
           column->role != LAYOUT_LOADED_AT &&
           column->role != LAYOUT_DELETED_AT;
}

const char *
history_key_name(struct arena *arena, const struct plan_table *table)
{
    return name_shorten(arena, arena_printf(arena, "%s_pkey", table->history));
}

static void
append_columns(struct buf *sql, const struct plan_table *table)
{
    int count;
    struct layout_column *columns = layout_of(table, &count);

    for (int i = 0; i < count; i++) {
        if (!history_has(&columns[i]))
            continue;
        buf_append_str(sql, sql->length > 0 ? ",\n    " : "");
        name_append_quoted(sql, columns[i].name);
        buf_printf(sql, " %s%s", plan_type_name(columns[i].type),
                   columns[i].in_key ? " NOT NULL" : "");
    }
    free(columns);
}

void
history_create(struct buf *sql, const struct plan_table *table,
               const char *schema)
{
    struct template_values values = {.count = 0};
    struct buf columns = buf_with_ceiling(COLUMNS_CEILING);
    const char *keys[LAYOUT_KEY_MAX];

    append_columns(&columns, table);
    sql->overflowed = sql->overflowed || columns.overflowed;
    template_name(&values, "history", schema, table->history);
    template_sql(&values, "columns", buf_str(&columns));
    template_name(&values, "key_name", NULL,
                  history_key_name(&values.arena, table));
    template_columns(&values, "keys", keys, layout_key(table, keys));
    template_literal(&values, "comment",
                     arena_printf(&values.arena, "%sversions of the rows of %s",
                                  HISTORY_MARK, table->name));
    template_append(sql, sql_create_history, &values);
    template_free(&values);
    buf_free(&columns);
}

/* ---- changes ------------------------------------------------------------- */

static void
add_column(struct buf *sql, const struct plan_table *table, const char *schema,
           const struct layout_column *column)
{
    struct template_values values = {.count = 0};

    template_name(&values, "table", schema, table->history);
    template_name(&values, "column", NULL, column->name);
    template_sql(&values, "type", plan_type_name(column->type));
    template_append(sql, sql_add_column, &values);
    template_free(&values);
}

static void
change_data(struct buf *sql, const struct plan_table *table, const char *schema,
            const struct history_state *state,
            const struct layout_column *column)
{
    const struct plan_column *data = &table->columns[column->data];
    enum plan_type has = state->has_type[column->data];

    enum mask_change mask = state->mask_change != NULL
                                ? state->mask_change[column->data]
                                : MASK_KEEPS;

    if (!state->has_column[column->data])
        add_column(sql, table, schema, column);
    else if (mask != MASK_KEEPS)
        ddl_change_mask(sql, schema, table->history, data, mask, has,
                        state->plain_gids[column->data]);
    else if (has != column->type && data->gid != NULL && has == PLAN_BIGINT)
        ddl_widen_gid(sql, schema, table->history, column->name,
                      data->gid->type);
    else if (has != column->type && plan_type_widens(has, column->type))
        ddl_widen_type(sql, schema, table->history, column->name, has,
                       column->type);
}

static void
change_own(struct buf *sql, const struct plan_table *table, const char *schema,
           const struct history_state *state,
           const struct layout_column *column)
{
    if (column->role == LAYOUT_PARENT && state->parent_is_number &&
        table->parent_gid->whole)
        ddl_widen_gid(sql, schema, table->history, column->name,
                      table->parent_gid->type);
    else if ((column->role == LAYOUT_PLACE && !state->has_position) ||
             (column->role == LAYOUT_TYPENAME && !state->has_typename))
        add_column(sql, table, schema, column);
}

void
history_change(struct buf *sql, const struct plan_table *table,
               const char *schema, const struct history_state *state)
{
    int count;
    struct layout_column *columns;

    if (!state->exists)
        return;
    columns = layout_of(table, &count);
    for (int i = 0; i < count; i++)
        if (columns[i].role == LAYOUT_DATA)
            change_data(sql, table, schema, state, &columns[i]);
        else
            change_own(sql, table, schema, state, &columns[i]);
    free(columns);
}
