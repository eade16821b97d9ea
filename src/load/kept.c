/*
 * Both functions list the columns of staging and compare them with the plan.
 * So it does not matter whether an earlier process or attempt was interrupted
 * before or after it widened a column.
 *
 * Hazard. A hash depends on the types of all columns of its table. The rows
 * that were staged before a column became wider lose their hashes: they would
 * never be equal to those of a later run.
 */
#include "load/kept.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "load/encode.h"
#include "load/stage.h"
#include "pg/queue.h"
#include "plan/ddl.h"
#include "sql.h"

enum { SQL_BYTES_MAX = 16 * 1024 * 1024 };

/* Columns of stage_columns.sql. */
enum { STAGE, COLUMN, TYPE };

static bool
list_columns(struct pg_conn *conn, const char *schema, int64_t run_id,
             struct pg_result **list, struct err *err)
{
    char prefix[STAGE_NAME_BYTES];
    const char *values[] = {schema, prefix};

    stage_prefix(run_id, prefix);
    return pg_exec(conn, sql_stage_columns, 2, values, list, err);
}

/* The type of a column of staging; PLAN_TYPE_COUNT: there is no such column. */
static enum plan_type
type_in(const struct pg_result *list, const char *stage, const char *column)
{
    for (int row = 0; row < pg_rows(list); row++)
        if (strcmp(pg_text(list, row, STAGE), stage) == 0 &&
            strcmp(pg_text(list, row, COLUMN), column) == 0)
            return encode_type_of((uint32_t)pg_int64(list, row, TYPE));
    return PLAN_TYPE_COUNT;
}

/* The gid domain of a column of staging; NULL: none. */
static struct plan_gid *
domain_of(const struct plan_table *table, const struct layout_column *column)
{
    if (column->role == LAYOUT_ROW_ID)
        return table->id_gid;
    if (column->role == LAYOUT_PARENT)
        return table->parent_gid;
    return column->role == LAYOUT_DATA ? table->columns[column->data].gid
                                       : NULL;
}

/* ---- the plan follows staging ------------------------------------------- */

/* False if no widening explains the type that staging has. */
static bool
adopt_column(struct plan_table *table, const struct layout_column *column,
             enum plan_type has)
{
    struct plan_gid *gid = domain_of(table, column);

    if (has == PLAN_TYPE_COUNT)
        return false;
    if (has == column->type || plan_type_widens(has, column->type))
        return true;
    if (column->type != PLAN_BIGINT)
        return false;
    if (gid != NULL && has == PLAN_TEXT) {
        gid->whole = true;
        return true;
    }
    if (column->role != LAYOUT_DATA || has != PLAN_NUMERIC)
        return false;
    table->columns[column->data].type = PLAN_NUMERIC;
    return true;
}

static bool
adopt_table(struct plan_table *table, int64_t run_id,
            const struct pg_result *list)
{
    struct layout_column *columns = mem_array(
        (size_t)(table->column_count + LAYOUT_OWN_MAX), sizeof(*columns));
    int count = layout_columns(table, columns);
    char stage[STAGE_NAME_BYTES];
    bool fits = true;

    stage_name(run_id, table, stage);
    for (int i = 0; fits && i < count; i++)
        fits = !columns[i].in_staging ||
               adopt_column(table, &columns[i],
                            type_in(list, stage, columns[i].name));
    free(columns);
    return fits;
}

bool
kept_adopt(struct pg_conn *conn, const char *schema, int64_t run_id,
           struct plan *plan, bool *is_there, struct err *err)
{
    struct pg_result *list;

    if (!list_columns(conn, schema, run_id, &list, err))
        return false;
    *is_there = true;
    for (int i = 0; *is_there && i < plan->table_count; i++)
        *is_there = !stage_has_rows(&plan->tables[i]) ||
                    adopt_table(&plan->tables[i], run_id, list);
    pg_result_free(list);
    return true;
}

/* ---- staging follows the plan ------------------------------------------- */

static bool
widen_column(struct buf *sql, const struct loader_table *table,
             const char *schema, const struct layout_column *column,
             enum plan_type has)
{
    const struct plan_gid *gid = domain_of(table->plan, column);

    if (has == column->type || has == PLAN_TYPE_COUNT)
        return false;
    if (gid != NULL && has == PLAN_BIGINT)
        ddl_widen_gid(sql, schema, table->stage, column->name, gid->type);
    else
        ddl_widen_type(sql, schema, table->stage, column->name, has,
                       column->type);
    return true;
}

static void
widen_table(struct buf *sql, const struct loader_table *table,
            const char *schema, const struct pg_result *list)
{
    bool widened = false;

    for (int i = 0; i < table->column_count; i++) {
        const struct layout_column *column = &table->columns[i];

        widened = widen_column(sql, table, schema, column,
                               type_in(list, table->stage, column->name)) ||
                  widened;
    }
    if (widened && !table->plan->skip)
        ddl_forget_staged_hashes(sql, schema, table->stage);
}

static bool
change_stages(struct pg_conn *conn, const struct buf *sql, struct err *err)
{
    bool changed;

    if (sql->overflowed)
        return err_set(err, MSG_BUG, "staging has too many columns");
    if (sql->length == 0)
        return true;
    if (!pg_begin(conn, err))
        return false;
    pg_queue_script(conn, sql_lock_timeout, NULL);
    pg_queue_script(conn, buf_str(sql),
                    &(struct pg_answer){.doing = "widening staging"});
    changed = pg_commit(conn, err);
    if (!changed)
        pg_rollback(conn);
    return changed;
}

static bool
learn_types(struct pg_conn *conn, const char *schema,
            struct loader_table *tables, int table_count, struct err *err)
{
    struct pg_result **types =
        mem_array((size_t)table_count, sizeof(struct pg_result *));
    bool learned;

    for (int i = 0; i < table_count; i++)
        if (tables[i].stage != NULL)
            stage_queue_types(conn, schema, tables[i].stage, &types[i]);
    learned = pg_settle(conn, err);
    for (int i = 0; learned && i < table_count; i++)
        learned = tables[i].stage == NULL ||
                  stage_learn_types(&tables[i], types[i], err);
    for (int i = 0; i < table_count; i++)
        pg_result_free(types[i]);
    free(types);
    return learned;
}

bool
kept_continue(struct pg_conn *conn, const char *schema, int64_t run_id,
              struct loader_table *tables, int table_count, struct err *err)
{
    char prefix[STAGE_NAME_BYTES];
    const char *values[] = {prefix};
    struct buf sql = buf_with_ceiling(SQL_BYTES_MAX);
    struct pg_result *list;
    bool continued;

    stage_prefix(run_id, prefix);
    pg_queue(conn, sql_stage_writers_end, 1, values, NULL);
    pg_queue_sync(conn);
    if (!list_columns(conn, schema, run_id, &list, err))
        return false;
    for (int i = 0; i < table_count; i++) {
        if (!stage_has_rows(tables[i].plan))
            continue;
        stage_name_table(&tables[i], run_id);
        widen_table(&sql, &tables[i], schema, list);
    }
    pg_result_free(list);
    continued = change_stages(conn, &sql, err) &&
                learn_types(conn, schema, tables, table_count, err);
    buf_free(&sql);
    return continued;
}
