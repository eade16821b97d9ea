#include "load/versions.h"

#include <string.h>

#include "load/encode.h"
#include "load/examples.h"
#include "load/promote.h"
#include "load/statement.h"
#include "pg/queue.h"
#include "plan/ddl.h"
#include "plan/history.h"
#include "sql.h"

/* Columns of sql_history_columns. */
enum { NAME, TYPE_OID, IS_OURS, TYPE };

/* ---- looking ------------------------------------------------------------- */

void
versions_inspect_ahead(struct pg_conn *conn, const void *owner,
                       const struct plan_table *table, const char *schema)
{
    const char *values[] = {schema, table->history};

    if (table->history != NULL)
        pg_ask_ahead(conn, owner, sql_history_columns, 2, values);
}

/* If an earlier run has widened a column, the plan is widened too: the history
 * may outlive its table. */
static bool
take_column(const struct plan_table *table, const char *schema,
            const struct pg_result *result, int row,
            struct history_state *state, struct err *err)
{
    const char *name = pg_text(result, row, NAME);
    enum plan_type type =
        encode_type_of((uint32_t)pg_int64(result, row, TYPE_OID));
    enum plan_type wants = type;
    bool fits = true;

    if (strcmp(name, "_position") == 0)
        state->has_position = true;
    else if (strcmp(name, "_typename") == 0)
        state->has_typename = true;
    else if (table->parent_column != NULL &&
             strcmp(name, table->parent_column) == 0) {
        state->parent_is_number = type == PLAN_BIGINT;
        fits = target_fits_gid(table->parent_gid, type);
        wants = plan_gid_column_type(table->parent_gid);
    }
    for (int i = 0; i < table->column_count; i++)
        if (strcmp(name, table->columns[i].name) == 0) {
            state->has_column[i] = true;
            state->has_type[i] = type;
            fits = state->mask_change[i] != MASK_KEEPS ||
                   target_fits_data(&table->columns[i], type);
            wants = plan_column_type(&table->columns[i]);
        }
    return fits || target_refuse_type(schema, table->history, name,
                                      pg_text(result, row, TYPE),
                                      plan_type_name(wants), err);
}

static bool
take_columns(const struct plan_table *table, const char *schema,
             const struct pg_result *result, struct history_state *state,
             struct err *err)
{
    for (int row = 0; row < pg_rows(result); row++)
        if (!pg_is_null(result, row, NAME) &&
            !take_column(table, schema, result, row, state, err))
            return false;
    return true;
}

static bool
refuse_foreign(const struct plan_table *table, const char *schema,
               struct err *err)
{
    return err_set(err, MSG_TABLE_FOREIGN,
                   "table %s.%s exists, but bulkpg did not create it as the "
                   "history of %s",
                   schema, table->history, table->name);
}

bool
versions_inspect(struct pg_conn *conn, const struct plan_table *table,
                 const char *schema, struct history_state *state,
                 struct arena *arena, struct err *err)
{
    const char *values[] = {schema, table->history};
    size_t columns = (size_t)table->column_count + 1;
    struct pg_result *result;
    bool fits;

    if (table->history == NULL)
        return true;
    state->has_column = arena_array(arena, columns, sizeof(bool));
    state->has_type = arena_array(arena, columns, sizeof(enum plan_type));
    if (!pg_exec(conn, sql_history_columns, 2, values, &result, err))
        return false;
    state->exists = pg_rows(result) > 0;
    fits = state->exists && !pg_bool(result, 0, IS_OURS)
               ? refuse_foreign(table, schema, err)
               : take_columns(table, schema, result, state, err);
    pg_result_free(result);
    return fits;
}

/* ---- changing ------------------------------------------------------------ */

/* PostgreSQL refuses statements within WITH for tables with some rules. */
static bool
has_rules(const struct merge_table *table)
{
    return table->interferers != NULL &&
           strstr(table->interferers, "rule ") != NULL;
}

static enum examples_kind
kind_of(const char *text, enum versions_change change)
{
    return change == VERSIONS_CLOSE ? EXAMPLES_REMOVED
           : text == sql_insert_new ? EXAMPLES_INSERTED
                                    : EXAMPLES_UPDATED;
}

bool
versions_queue_change(struct merge *merge, struct merge_table *table,
                      const struct merge_table *above, const char *text,
                      enum versions_change change, int64_t *rows,
                      struct err *err)
{
    const char *values[] = {merge->loaded_at};
    const char *around =
        change == VERSIONS_OPEN ? sql_open_versions : sql_close_versions;
    bool takes_time = change == VERSIONS_OPEN || table->table->marks_deleted;

    if (merge->is_dry && !has_rules(table))
        return examples_queue_change(merge, table, above, text,
                                     kind_of(text, change), rows, err);
    if (!table->keeps_history || merge->is_interfered || merge->is_dry)
        return statement_queue(merge, text, table, above, takes_time ? 1 : 0,
                               values, (struct pg_answer){.affected = rows},
                               err);
    return statement_queue_versioned(merge, around, text, table, above, 1,
                                     values, (struct pg_answer){.number = rows},
                                     err);
}

bool
versions_queue_settle(struct merge *merge, struct merge_table *table,
                      struct err *err)
{
    const char *values[] = {merge->loaded_at};
    struct buf sql = buf_with_ceiling(STATEMENT_BYTES_MAX);

    if (table->table->history == NULL || table->table->skip ||
        (table->keeps_history && !merge->is_interfered))
        return true;
    if (!table->has_history) {
        history_create(&sql, table->table, merge->schema);
        promote_append_grants(&sql, merge, table->table->history);
    }
    return statement_queue_ddl(merge, table, &sql, err) &&
           statement_queue(merge, sql_settle_versions, table, NULL, 1, values,
                           (struct pg_answer){.result = NULL}, err) &&
           (table->has_history ||
            statement_queue_analyze(merge, table, table->table->history, err));
}
