/*
 * The order of a merge, and which file does what:
 *
 *     merge_count    delete rejected lines from staging, count the rest
 *     merge_settle   reduce staging to one row per key        settle.c
 *     merge_apply    look for the user's triggers and rules   swallowed.c
 *                    per table, parents first:
 *                      if new: rename staging,                promote.c
 *                              or fill it by INSERT
 *                      else: list the changes; remove,        remove.c
 *                            update, insert
 *                      check that all rows were written       swallowed.c
 *                    drop staging and the lists of changes
 *
 * The caller owns the transaction, and verifies counts and runs the guards
 * between these steps. After any failure it rolls back, so nothing here cleans
 * up.
 *
 * Hazards. A parent must be merged before its children, because their
 * statements read the parent's staging and the list of its removed ids. For the
 * same reason all of staging is dropped at the end. Rows must be removed before
 * others are inserted, so that both may have the same value in a unique index
 * of the user.
 */
#include "load/merge.h"

#include "base/buf.h"
#include "load/promote.h"
#include "load/remove.h"
#include "load/settle.h"
#include "load/statement.h"
#include "load/swallowed.h"
#include "plan/ddl.h"
#include "sql.h"

bool
merge_count(struct merge *merge, const char *void_lines, struct err *err)
{
    for (int i = 0; i < merge->table_count; i++) {
        struct merge_table *table = &merge->tables[i];
        int64_t deleted;

        if (table->stage == NULL)
            continue;
        if (void_lines != NULL &&
            !statement_run(merge, sql_delete_lines, table, NULL, 1, &void_lines,
                           &deleted, err))
            return false;
        if (!statement_number(merge, sql_count_staged, table, &table->staged,
                              err))
            return false;
    }
    return true;
}

int64_t
merge_lines_staged(const struct merge *merge)
{
    int64_t lines = 0;

    for (int i = 0; i < merge->table_count; i++)
        if (merge->tables[i].table->kind != PLAN_LIST)
            lines += merge->tables[i].staged;
    return lines;
}

int64_t
merge_rows_came(const struct merge_table *table)
{
    return table->staged - table->superseded - table->duplicates;
}

/* ---- tables ------------------------------------------------------------ */

static bool
create_table(struct merge *merge, const struct merge_table *table,
             struct err *err)
{
    struct buf sql = buf_with_ceiling(STATEMENT_BYTES_MAX);

    ddl_print_table(&sql, table->table, merge->schema);
    promote_append_grants(&sql, merge, table->table);
    return statement_ddl(merge, &sql, err);
}

/* Run a statement that returns two numbers: of inserts and of updates. */
static bool
ask_both(struct merge *merge, const struct merge_table *table, const char *text,
         int64_t *inserts, int64_t *updates, struct err *err)
{
    struct merge_sql_target target = statement_target(merge, table);
    struct pg_result *result;

    if (!statement_ask(merge, text, &target, NULL, 0, NULL, &result, err))
        return false;
    *inserts = pg_int64(result, 0, 0);
    *updates = pg_int64(result, 0, 1);
    pg_result_free(result);
    return true;
}

/* Compare staging with the table once, list the new and changed rows, and count
 * them. */
static bool
find_changes(struct merge *merge, struct merge_table *table, int64_t *inserts,
             int64_t *updates, struct err *err)
{
    int64_t listed;

    table->changes = arena_printf(merge->arena, "%s_changes", table->stage);
    return statement_run(merge, sql_list_changes, table, NULL, 0, NULL, &listed,
                         err) &&
           ask_both(merge, table, sql_count_changes, inserts, updates, err);
}

/* Compute from counts how many rows of the table are not in staging. This is
 * cheaper than looking for them, and usually there are none. -1 if the counts
 * are not enough. */
static bool
count_gone(struct merge *merge, struct merge_table *table, int64_t inserts,
           int64_t *gone, struct err *err)
{
    int64_t rows;

    *gone = -1;
    if (merge->incremental || table->has_mark)
        return true;
    if (!statement_number(merge, sql_count_live, table, &rows, err))
        return false;
    *gone = rows - (merge_rows_came(table) - inserts);
    if (*gone < 0)
        *gone = 0;
    return true;
}

/* Count the rows that should have been written and were not: from the table, or
 * from the numbers that the statements reported. */
static bool
find_unwritten(struct merge *merge, struct merge_table *table, int64_t inserts,
               int64_t updates, struct err *err)
{
    table->not_inserted = inserts - table->inserted;
    table->not_updated = updates - table->updated;
    if (!table->is_read_back || inserts + updates == 0)
        return true;
    if (!ask_both(merge, table, sql_count_unwritten, &table->not_inserted,
                  &table->not_updated, err))
        return false;
    table->inserted = inserts - table->not_inserted;
    table->updated = updates - table->not_updated;
    return true;
}

static bool
merge_into(struct merge *merge, struct merge_table *table, struct err *err)
{
    const char *values[] = {merge->loaded_at};
    int64_t inserts, updates, gone;

    if (!find_changes(merge, table, &inserts, &updates, err) ||
        !count_gone(merge, table, inserts, &gone, err) ||
        (gone != 0 && !remove_gone(merge, table, err)) ||
        (updates != 0 && !statement_run(merge, sql_update_changed, table, NULL,
                                        1, values, &table->updated, err)) ||
        (inserts != 0 && !statement_run(merge, sql_insert_new, table, NULL, 1,
                                        values, &table->inserted, err)))
        return false;
    if (gone > table->deleted && remove_takes_all(merge, table) &&
        !table->is_read_back)
        table->not_deleted = gone - table->deleted;
    return find_unwritten(merge, table, inserts, updates, err);
}

/* The table is new, so there is nothing to compare. Only a trigger or rule that
 * an event trigger has just created could drop rows. */
static bool
fill(struct merge *merge, struct merge_table *table, struct err *err)
{
    const char *values[] = {merge->loaded_at};

    if (!create_table(merge, table, err) ||
        !statement_run(merge, sql_insert_new, table, NULL, 1, values,
                       &table->inserted, err) ||
        !statement_analyze(merge, table->table->name, err))
        return false;
    table->not_inserted = merge_rows_came(table) - table->inserted;
    return table->not_inserted == 0 || swallowed_look(merge, err);
}

static bool
merge_by_set(struct merge *merge, struct merge_table *table, struct err *err)
{
    if (!(table->exists ? merge_into : fill)(merge, table, err))
        return false;
    table->unchanged = merge_rows_came(table) - table->inserted -
                       table->updated - table->not_inserted -
                       table->not_updated;
    return swallowed_report(merge, table, err);
}

/* A skipped table may have staging, which its lists need. */
static bool
merge_one(struct merge *merge, struct merge_table *table, struct err *err)
{
    if (table->table->skip)
        return true;
    return table->becomes_table ? promote_table(merge, table, err)
                                : merge_by_set(merge, table, err);
}

static void
append_drop(struct buf *sql, const struct merge *merge, const char *name)
{
    if (name == NULL)
        return;
    buf_append_str(sql, "DROP TABLE ");
    ddl_append_qualified(sql, merge->schema, name);
    buf_append_str(sql, ";\n");
}

static bool
drop_staging(struct merge *merge, struct err *err)
{
    struct buf sql = buf_with_ceiling(STATEMENT_BYTES_MAX);

    for (int i = 0; i < merge->table_count; i++) {
        const struct merge_table *table = &merge->tables[i];

        if (!table->becomes_table)
            append_drop(&sql, merge, table->stage);
        append_drop(&sql, merge, table->changes);
        append_drop(&sql, merge, table->gone);
    }
    return statement_ddl(merge, &sql, err);
}

bool
merge_rows_before(struct merge *merge, const struct merge_table *table,
                  int64_t *rows, struct err *err)
{
    int64_t live;

    if (!statement_number(merge, sql_count_live, table, &live, err))
        return false;
    *rows = live + table->deleted - table->inserted;
    return true;
}

/* ---- all tables -------------------------------------------------------- */

/* Call `step` for every table that has staging, parents first. */
static bool
each_staged(struct merge *merge,
            bool (*step)(struct merge *merge, struct merge_table *table,
                         struct err *err),
            struct err *err)
{
    for (int i = 0; i < merge->table_count; i++) {
        struct merge_table *table = &merge->tables[i];

        if (table->stage == NULL)
            continue;
        if (!step(merge, table, err)) {
            err_wrap(err, "merging %s.%s", merge->schema, table->table->name);
            return false;
        }
    }
    return true;
}

bool
merge_settle(struct merge *merge, struct err *err)
{
    return settle_lists(merge, err) && each_staged(merge, settle_table, err);
}

bool
merge_apply(struct merge *merge, struct err *err)
{
    return swallowed_look(merge, err) && each_staged(merge, merge_one, err) &&
           drop_staging(merge, err);
}
