/*
 * adapt_table_changes() compares the plan with a table and writes the
 * statements. A dry run prints them, obstacle.c checks the rights that they
 * need, and a run sends them:
 *
 *     BEGIN, lock_timeout
 *     drop bulkpg's views that read a column whose type changes
 *     ALTER TABLE ..., in the order of the tables' names
 *     mask the values of columns that get @mask (remask.c)
 *     create the views again; the caller records the new columns
 *     COMMIT
 *
 * Hazard. Other processes may read or change these tables at the same time.
 * The lock_timeout limits how long they wait. All processes change tables in
 * the same order, so that two of them cannot wait for each other.
 */
#include "load/adapt.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "json/write.h"
#include "load/remask.h"
#include "load/views.h"
#include "plan/ddl.h"
#include "sql.h"

enum { SQL_BYTES_MAX = 16 * 1024 * 1024 };

/* ---- what changes -------------------------------------------------------- */

static void
widen_gid(struct buf *sql, const struct plan_table *table, const char *schema,
          const char *column, const struct plan_gid *gid)
{
    ddl_widen_gid(sql, schema, table->name, column, gid->type);
    ddl_comment_column(sql, table, schema, column);
}

static bool
parent_widens(const struct plan_table *table, const struct target *target)
{
    return target->parent_is_number && table->parent_gid->whole;
}

bool
adapt_column_widens(const struct plan_table *table, const struct target *target,
                    int column)
{
    return target->has_column[column] &&
           target_mask_change(target, column) == MASK_KEEPS &&
           target->has_type[column] !=
               plan_column_type(&table->columns[column]);
}

static bool
column_remasks(const struct target *target, int column)
{
    return target->has_column[column] &&
           target_mask_change(target, column) != MASK_KEEPS;
}

static void
change_column(struct buf *sql, const struct plan_table *table,
              const char *schema, const struct target *target, int i)
{
    const struct plan_column *column = &table->columns[i];

    if (!target->has_column[i])
        ddl_add_column(sql, table, i, schema);
    else if (column->index && !target->has_index[i])
        ddl_add_index(sql, table, i, schema);
    if (column_remasks(target, i)) {
        ddl_change_mask(sql, schema, table->name, column,
                        target_mask_change(target, i), target->has_type[i],
                        target->plain_gids[i]);
        ddl_comment_column(sql, table, schema, column->name);
    }
    if (!adapt_column_widens(table, target, i))
        return;
    if (column->gid == NULL || target->has_type[i] != PLAN_BIGINT)
        ddl_widen_type(sql, schema, table->name, column->name,
                       target->has_type[i], plan_column_type(column));
    else
        widen_gid(sql, table, schema, column->name, column->gid);
}

static bool
table_remasks(const struct plan_table *table, const struct target *target)
{
    for (int i = 0; i < table->column_count; i++)
        if (column_remasks(target, i))
            return true;
    return false;
}

/* The rows get their hashes again when a run writes them. Hashes of plain
 * values would tell something about these, also in rows that do not come
 * back. */
static bool
forgets_hashes(const struct plan_table *table, const struct target *target)
{
    return target->lost_column || table_remasks(table, target);
}

/* The hashes go first, so that the column is dropped before the masks rewrite
 * the table: they are not in its files either. */
void
adapt_table_changes(struct buf *sql, const struct plan_table *table,
                    const char *schema, const struct target *target)
{
    if (!target->exists) {
        if (table->history != NULL)
            history_change(sql, table, schema, &target->history);
        return;
    }
    if (forgets_hashes(table, target))
        ddl_forget_hashes(sql, table, schema);
    if (parent_widens(table, target))
        widen_gid(sql, table, schema, table->parent_column, table->parent_gid);
    if (table->marks_deleted && !target->has_mark)
        ddl_add_mark(sql, table, schema);
    if (table->has_position && !target->has_position)
        ddl_add_position(sql, table, schema);
    for (int i = 0; i < table->column_count; i++)
        change_column(sql, table, schema, target, i);
    if (table->history != NULL)
        history_change(sql, table, schema, &target->history);
}

static bool
list_changed(struct json_out *json, const struct plan_table *table,
             const struct target *target)
{
    bool forgets = forgets_hashes(table, target);
    bool any = parent_widens(table, target) || forgets;

    if (parent_widens(table, target))
        json_out_string(json, table->parent_column);
    for (int i = 0; i < table->column_count; i++)
        if (adapt_column_widens(table, target, i) ||
            column_remasks(target, i)) {
            json_out_string(json, table->columns[i].name);
            any = true;
        }
    if (forgets)
        json_out_string(json, "_hash");
    return any;
}

bool
adapt_changed_columns(struct buf *to, const struct plan_table *table,
                      const struct target *target)
{
    struct json_out *json = json_out_new(to);
    bool any;

    json_out_open(json, '[');
    any = list_changed(json, table, target);
    json_out_close(json, ']');
    json_out_free(json);
    return any;
}

void
adapt_changes(struct buf *sql, const struct plan *plan, const char *schema,
              const struct target *targets)
{
    for (int i = 0; i < plan->table_count; i++)
        if (!plan->tables[i].skip)
            adapt_table_changes(sql, &plan->tables[i], schema, &targets[i]);
}

bool
adapt_widens(const struct plan_table *table, const struct target *target)
{
    if (table->skip || !target->exists)
        return false;
    if (parent_widens(table, target))
        return true;
    for (int i = 0; i < table->column_count; i++)
        if (adapt_column_widens(table, target, i))
            return true;
    return table_remasks(table, target);
}

/* ---- the transaction ----------------------------------------------------- */

static int
compare_names(const void *a, const void *b)
{
    const struct plan_table *const *left = a, *const *right = b;

    return strcmp((*left)->name, (*right)->name);
}

/* Sorted by name: see the hazard above. */
static const struct plan_table **
sort_tables(const struct plan *plan)
{
    const struct plan_table **sorted =
        mem_array((size_t)plan->table_count, sizeof(*sorted));

    for (int i = 0; i < plan->table_count; i++)
        sorted[i] = &plan->tables[i];
    qsort(sorted, (size_t)plan->table_count, sizeof(*sorted), compare_names);
    return sorted;
}

/* PostgreSQL refuses to change the type of a column that a view reads. */
static bool
take_views_down(struct pg_conn *conn, const struct plan *plan,
                const char *schema, const struct target *targets,
                struct views *views, struct err *err)
{
    for (int i = 0; i < plan->table_count; i++)
        if (adapt_widens(&plan->tables[i], &targets[i]) &&
            !views_take_down(conn, schema, plan->tables[i].name, views, err))
            return false;
    return true;
}

static bool
change_tables(struct pg_conn *conn, const struct plan *plan, const char *schema,
              const struct target *targets, const struct hmac_key *mask_key,
              const char *changes, adapt_record_fn *record, void *ctx,
              struct err *err)
{
    struct views views = {0};
    bool changed;

    if (!pg_begin(conn, err))
        return false;
    changed = pg_script(conn, sql_lock_timeout, err) &&
              take_views_down(conn, plan, schema, targets, &views, err) &&
              (changes[0] == '\0' || pg_script(conn, changes, err)) &&
              remask_values(conn, plan, schema, targets, mask_key, err) &&
              views_put_up(conn, &views, err) && record(ctx, conn, err);
    views_free(&views);
    if (!changed) {
        pg_rollback(conn);
        return false;
    }
    return pg_commit(conn, err);
}

/* The values of text columns are masked without any statement of
 * adapt_changes(). */
static bool
masks_any(const struct plan *plan, const struct target *targets)
{
    for (int i = 0; i < plan->table_count; i++)
        if (remask_any(&plan->tables[i], &targets[i]))
            return true;
    return false;
}

bool
adapt_to_plan(struct pg_conn *conn, const struct plan *plan, const char *schema,
              const struct target *targets, const struct hmac_key *mask_key,
              adapt_record_fn *record, void *ctx, struct err *err)
{
    struct buf sql = buf_with_ceiling(SQL_BYTES_MAX);
    const struct plan_table **sorted = sort_tables(plan);
    bool adapted = true;

    for (int i = 0; i < plan->table_count; i++)
        if (!sorted[i]->skip)
            adapt_table_changes(&sql, sorted[i], schema,
                                &targets[sorted[i]->index]);
    if (sql.length > 0 || masks_any(plan, targets))
        adapted = change_tables(conn, plan, schema, targets, mask_key,
                                buf_str(&sql), record, ctx, err);
    free(sorted);
    buf_free(&sql);
    return adapted;
}
