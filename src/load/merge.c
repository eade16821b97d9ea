/*
 * The order of a merge, and which file does what:
 *
 *     compare_begin  are the rows that came unchanged still there?  compare.c
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
#include "load/compare.h"
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
        if (table->known != NULL)
            table->staged += known_marked(table->known);
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

/* The rows to write, from one comparison of staging with the table. */
struct changes {
    int64_t inserts;
    int64_t updates;
    int64_t others; /* rows with the same values, if values were compared; else
                     * updates of rows that were marked as gone */
};

/* Compare staging with the table once, list the new and changed rows, and count
 * them. */
static bool
find_changes(struct merge *merge, struct merge_table *table,
             struct changes *changes, struct err *err)
{
    struct merge_sql_target target;
    struct pg_result *result;
    int64_t listed;

    table->changes = arena_printf(merge->arena, "%s_changes", table->stage);
    target = statement_target(merge, table);
    if (!statement_run(merge, sql_list_changes, table, NULL, 0, NULL, &listed,
                       err) ||
        !statement_ask(merge, sql_count_changes, &target, NULL, 0, NULL,
                       &result, err))
        return false;
    *changes = (struct changes){.inserts = pg_int64(result, 0, 0),
                                .updates = pg_int64(result, 0, 1),
                                .others = pg_int64(result, 0, 2)};
    pg_result_free(result);
    return table->known == NULL || changes->updates == 0 ||
           compare_changed(merge, table, err);
}

/* Compute from counts how many rows of the table are not in staging. This is
 * cheaper than looking for them, and usually there are none. -1 if the counts
 * are not enough. */
static bool
count_gone(struct merge *merge, struct merge_table *table,
           const struct changes *changes, int64_t *gone, struct err *err)
{
    int64_t rows, came = merge_rows_came(table) - changes->inserts;

    *gone = -1;
    if (table->known != NULL) {
        rows = known_sums(table->known).rows;
        came -= changes->others;
    } else if (merge->incremental || table->has_mark) {
        return true;
    } else if (!statement_number(merge, sql_count_live, table, &rows, err)) {
        return false;
    }
    *gone = rows > came ? rows - came : 0;
    return true;
}

/* Rows whose hash is NULL are looked at even if the counts say that no row is
 * gone. */
static bool
may_have_gone(const struct merge_table *table, int64_t gone)
{
    return gone != 0 ||
           (table->known != NULL && known_lacks_hashes(table->known));
}

/* Count the rows that should have been written and were not: from the table, or
 * from the numbers that the statements reported. */
static bool
find_unwritten(struct merge *merge, struct merge_table *table,
               const struct changes *changes, struct err *err)
{
    struct merge_sql_target target = statement_target(merge, table);
    struct pg_result *result;

    table->not_inserted = changes->inserts - table->inserted;
    table->not_updated = changes->updates - table->updated;
    if (!table->is_read_back || changes->inserts + changes->updates == 0)
        return true;
    if (!statement_ask(merge, sql_count_unwritten, &target, NULL, 0, NULL,
                       &result, err))
        return false;
    table->not_inserted = pg_int64(result, 0, 0);
    table->not_updated = pg_int64(result, 0, 1);
    pg_result_free(result);
    table->inserted = changes->inserts - table->not_inserted;
    table->updated = changes->updates - table->not_updated;
    return true;
}

/* In this order: a unique key of the user's finds room. */
static bool
write_changes(struct merge *merge, struct merge_table *table,
              const struct changes *changes, struct err *err)
{
    const char *values[] = {merge->loaded_at};
    int64_t same;

    return (changes->updates == 0 ||
            statement_run(merge, sql_update_changed, table, NULL, 1, values,
                          &table->updated, err)) &&
           (!table->by_value || changes->others == 0 ||
            statement_run(merge, sql_update_hashes, table, NULL, 0, NULL, &same,
                          err)) &&
           (changes->inserts == 0 ||
            statement_run(merge, sql_insert_new, table, NULL, 1, values,
                          &table->inserted, err));
}

static bool
merge_into(struct merge *merge, struct merge_table *table, struct err *err)
{
    struct changes changes;
    int64_t gone;

    if (!find_changes(merge, table, &changes, err) ||
        !count_gone(merge, table, &changes, &gone, err) ||
        (may_have_gone(table, gone) && !remove_gone(merge, table, err)) ||
        !write_changes(merge, table, &changes, err))
        return false;
    if (gone > table->deleted && remove_takes_all(merge, table) &&
        !table->is_read_back)
        table->not_deleted = gone - table->deleted;
    return find_unwritten(merge, table, &changes, err);
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
        append_drop(&sql, merge, table->hashes);
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
