/*
 * The order of a merge, and which file does what:
 *
 *     compare_begin      are the rows that came unchanged still there?
 *                                                              compare.c
 *     merge_queue_count  delete rejected lines from staging, count the rest
 *     merge_settle       reduce staging to one row per key     settle.c
 *                        look for the user's triggers, rules   swallowed.c
 *                        ask which columns are all NULL        guard.c
 *                        ask which parents lack rows           truncated.c
 *                        list the changes of each table
 *     merge_apply        per table, parents first:
 *                          if new: rename staging,             promote.c
 *                                  or fill it by INSERT
 *                          else: remove, update, insert        remove.c
 *                        make histories fit the tables         versions.c
 *                        drop staging and the lists of changes
 *                        check that all rows were written      swallowed.c
 *
 * Each of the three is one wait (pg/queue.h), unless a key appears twice or the
 * user's triggers interfere.
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
#include "load/examples.h"
#include "load/guard.h"
#include "load/promote.h"
#include "load/remove.h"
#include "load/settle.h"
#include "load/statement.h"
#include "load/swallowed.h"
#include "load/truncated.h"
#include "load/versions.h"
#include "plan/ddl.h"
#include "sql.h"

bool
merge_queue_count(struct merge *merge, const char *void_lines, struct err *err)
{
    for (int i = 0; i < merge->table_count; i++) {
        struct merge_table *table = &merge->tables[i];

        if (table->stage == NULL || table->is_unstaged)
            continue;
        if (void_lines != NULL &&
            !statement_queue(merge, sql_delete_lines, table, NULL, 1,
                             &void_lines, (struct pg_answer){.result = NULL},
                             err))
            return false;
        if (!statement_queue(merge, sql_count_staged, table, NULL, 0, NULL,
                             (struct pg_answer){.number = &table->staged}, err))
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

/* ---- finding the changes ------------------------------------------------ */

/* Is the table changed by comparing it with its staging? A skipped table may
 * have staging, which its lists need. If nothing was staged, rows can only be
 * gone. */
static bool
is_compared(const struct merge_table *table)
{
    return table->stage != NULL && !table->table->skip &&
           !table->becomes_table && table->exists;
}

/* How many rows of the table did not come follows from the counts alone, if no
 * row is marked. This is cheaper than looking for them, and usually there are
 * none. */
static bool
counts_gone(const struct merge *merge, const struct merge_table *table)
{
    return table->known == NULL && !merge->incremental && !table->has_mark;
}

/* Compare staging with the table once, list the new and changed rows, and count
 * them. */
static bool
queue_find(struct merge *merge, struct merge_table *table, struct err *err)
{
    if (table->is_unstaged)
        return compare_queue_changed(merge, table, err);
    table->changes = arena_printf(merge->arena, "%s_changes", table->stage);
    return statement_queue(merge, sql_list_changes, table, NULL, 0, NULL,
                           (struct pg_answer){.result = NULL}, err) &&
           statement_queue(merge, sql_count_changes, table, NULL, 0, NULL,
                           (struct pg_answer){.result = &table->counts}, err) &&
           compare_queue_changed(merge, table, err) &&
           (!counts_gone(merge, table) ||
            statement_queue(merge, sql_count_live, table, NULL, 0, NULL,
                            (struct pg_answer){.number = &table->live}, err));
}

static void
count_gone(const struct merge *merge, struct merge_table *table)
{
    int64_t rows = table->live;
    int64_t came = merge_rows_came(table) - table->inserts;

    table->gone = -1;
    if (table->known != NULL) {
        rows = known_sums(table->known).rows;
        came -= table->others;
    } else if (!counts_gone(merge, table)) {
        return;
    }
    table->gone = rows > came ? rows - came : 0;
}

/* Take the answers. There are none of a table without staging. */
static bool
take_counts(struct merge *merge, struct merge_table *table, struct err *err)
{
    if (table->counts != NULL) {
        table->inserts = pg_int64(table->counts, 0, 0);
        table->updates = pg_int64(table->counts, 0, 1);
        table->others = pg_int64(table->counts, 0, 2);
        pg_result_free(table->counts);
        table->counts = NULL;
    }
    count_gone(merge, table);
    return compare_changed(merge, table, err);
}

/* Rows whose hash is NULL are looked at even if the counts say that no row is
 * gone. */
static bool
may_have_gone(const struct merge_table *table)
{
    return table->gone != 0 ||
           (table->known != NULL && known_lacks_hashes(table->known));
}

/* ---- changing the tables ------------------------------------------------ */

/* In this order: a unique key of the user's finds room. */
static bool
queue_changes(struct merge *merge, struct merge_table *table, struct err *err)
{
    return (!may_have_gone(table) || remove_queue_gone(merge, table, err)) &&
           (table->updates == 0 ||
            versions_queue_change(merge, table, NULL, sql_update_changed,
                                  VERSIONS_OPEN, &table->updated, err)) &&
           (!table->by_value || table->others == 0 ||
            statement_queue(merge, sql_update_hashes, table, NULL, 0, NULL,
                            (struct pg_answer){.result = NULL}, err)) &&
           (table->inserts == 0 ||
            versions_queue_change(merge, table, NULL, sql_insert_new,
                                  VERSIONS_OPEN, &table->inserted, err));
}

/* The table is new, so there is nothing to compare. */
static bool
queue_fill(struct merge *merge, struct merge_table *table, struct err *err)
{
    const char *values[] = {merge->loaded_at};
    struct buf sql = buf_with_ceiling(STATEMENT_BYTES_MAX);

    ddl_print_table(&sql, table->table, merge->schema);
    promote_append_grants(&sql, merge, table->table->name);
    return statement_queue_ddl(merge, table, &sql, err) &&
           statement_queue(merge, sql_insert_new, table, NULL, 1, values,
                           (struct pg_answer){.affected = &table->inserted},
                           err) &&
           statement_queue_analyze(merge, table, table->table->name, err);
}

static bool
queue_one(struct merge *merge, struct merge_table *table, struct err *err)
{
    if (table->stage == NULL || table->table->skip)
        return true;
    return table->becomes_table ? promote_table(merge, table, err)
           : table->exists      ? queue_changes(merge, table, err)
                                : queue_fill(merge, table, err);
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
queue_drops(struct merge *merge, struct err *err)
{
    struct buf sql = buf_with_ceiling(STATEMENT_BYTES_MAX);

    for (int i = 0; i < merge->table_count; i++) {
        const struct merge_table *table = &merge->tables[i];

        if (!table->becomes_table && !table->is_unstaged)
            append_drop(&sql, merge, table->stage);
        append_drop(&sql, merge, table->changes);
        append_drop(&sql, merge, table->gone_ids);
        append_drop(&sql, merge, table->hashes);
    }
    return statement_queue_ddl(merge, &merge->tables[0], &sql, err);
}

/* ---- counting what was changed ------------------------------------------ */

/* Count the rows that should have been written and were not: from the table, or
 * from the numbers that the statements reported. */
static bool
find_unwritten(struct merge *merge, struct merge_table *table, struct err *err)
{
    struct merge_sql_target target = statement_target(merge, table);
    struct pg_result *result;

    table->not_inserted = table->inserts - table->inserted;
    table->not_updated = table->updates - table->updated;
    if (!table->is_read_back || table->inserts + table->updates == 0)
        return true;
    if (!statement_ask(merge, sql_count_unwritten, &target, NULL, 0, NULL,
                       &result, err))
        return false;
    table->not_inserted = pg_int64(result, 0, 0);
    table->not_updated = pg_int64(result, 0, 1);
    pg_result_free(result);
    table->inserted = table->inserts - table->not_inserted;
    table->updated = table->updates - table->not_updated;
    return true;
}

static bool
count_changed(struct merge *merge, struct merge_table *table, struct err *err)
{
    table->deleted += table->removed[0] + table->removed[1];
    if (table->gone > table->deleted && remove_takes_all(merge, table) &&
        !table->is_read_back)
        table->not_deleted = table->gone - table->deleted;
    return find_unwritten(merge, table, err);
}

/* Only a trigger or rule that an event trigger has just created could drop rows
 * of a new table. */
static bool
count_filled(struct merge *merge, struct merge_table *table, struct err *err)
{
    table->not_inserted = merge_rows_came(table) - table->inserted;
    return table->not_inserted == 0 || swallowed_look(merge, err);
}

static bool
count_one(struct merge *merge, struct merge_table *table, struct err *err)
{
    if (table->table->skip)
        return true;
    if (table->becomes_table) {
        promote_queue_grants(merge, table);
        return true;
    }
    if (!(table->exists ? count_changed : count_filled)(merge, table, err))
        return false;
    table->unchanged = merge_rows_came(table) - table->inserted -
                       table->updated - table->not_inserted -
                       table->not_updated;
    return swallowed_report(merge, table, err) ||
           err_wrap(err, "merging %s.%s", merge->schema, table->table->name);
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
        if (!step(merge, table, err))
            return false;
    }
    return true;
}

/* A trigger of one table may change the rows of another: histories are settled
 * when all tables have changed. */
static bool
queue_end(struct merge *merge, struct err *err)
{
    if (merge->is_dry)
        return true;
    return each_staged(merge, versions_queue_settle, err) &&
           queue_drops(merge, err);
}

/* Nothing of the user's interferes: what one table's changes need does not
 * depend on the other tables, so all are changed in the same waits. */
static bool
apply_together(struct merge *merge, struct err *err)
{
    for (int i = 0; i < merge->table_count; i++)
        if (is_compared(&merge->tables[i]) &&
            !take_counts(merge, &merge->tables[i], err))
            return false;
    return each_staged(merge, queue_one, err) && queue_end(merge, err) &&
           pg_settle(merge->conn, err) && each_staged(merge, count_one, err) &&
           pg_settle(merge->conn, err);
}

/* A trigger, rule or foreign key may change other rows than a statement says,
 * of other tables too: a table is compared when those before it have changed.
 */
static bool
apply_alone(struct merge *merge, struct merge_table *table, struct err *err)
{
    if (is_compared(table)) {
        struct buf sql = buf_with_ceiling(STATEMENT_BYTES_MAX);

        pg_result_free(table->counts);
        table->counts = NULL;
        append_drop(&sql, merge, table->changes);
        if (!statement_queue_ddl(merge, table, &sql, err) ||
            !queue_find(merge, table, err) || !pg_settle(merge->conn, err) ||
            !take_counts(merge, table, err))
            return false;
    }
    return queue_one(merge, table, err) && pg_settle(merge->conn, err) &&
           count_one(merge, table, err);
}

/* A merge without staging changes nothing if no row is gone. */
static bool
may_change(const struct merge *merge)
{
    for (int i = 0; i < merge->table_count; i++) {
        const struct merge_table *table = &merge->tables[i];

        if (table->stage != NULL &&
            (!table->is_unstaged || known_gone(table->known) > 0 ||
             known_lacks_hashes(table->known)))
            return true;
    }
    return false;
}

static bool
has_interferers(const struct merge *merge)
{
    for (int i = 0; i < merge->table_count; i++)
        if (merge->tables[i].interferers != NULL)
            return true;
    return false;
}

static bool
queue_finds(struct merge *merge, struct err *err)
{
    for (int i = 0; i < merge->table_count; i++)
        if (is_compared(&merge->tables[i]) &&
            !queue_find(merge, &merge->tables[i], err))
            return false;
    return true;
}

/* The triggers and rules, whether columns are NULL in all rows that came, which
 * parents lack rows, and what changes. */
static bool
queue_questions(struct merge *merge, struct err *err)
{
    merge->has_looked = may_change(merge);
    if (merge->has_looked)
        swallowed_queue_look(merge);
    return (!merge->guards_nulls || guard_queue_nulls(merge, err)) &&
           truncated_queue(merge, err) && queue_finds(merge, err);
}

bool
merge_settle(struct merge *merge, struct err *err)
{
    if (!settle_lists(merge, err) ||
        !settle_tables(merge, queue_questions, err))
        return false;
    swallowed_take(merge);
    for (int i = 0; i < merge->table_count; i++)
        if (merge->tables[i].known != NULL)
            merge->tables[i].staged += known_marked(merge->tables[i].known);
    return true;
}

void
merge_end(struct merge *merge)
{
    pg_result_free(merge->triggers);
    pg_result_free(merge->sums);
    merge->triggers = merge->sums = NULL;
    for (int i = 0; i < merge->table_count; i++) {
        struct merge_table *table = &merge->tables[i];

        examples_free(table);
        pg_result_free(table->counts);
        pg_result_free(table->null_columns);
        pg_result_free(table->grants);
        pg_result_free(table->values);
        pg_result_free(table->truncated);
        table->counts = table->null_columns = table->grants = NULL;
        table->values = table->truncated = NULL;
    }
}

bool
merge_apply(struct merge *merge, struct err *err)
{
    if (!merge->has_looked && may_change(merge) && !swallowed_look(merge, err))
        return false;
    merge->is_interfered = has_interferers(merge);
    if (!merge->is_interfered)
        return apply_together(merge, err);
    return each_staged(merge, apply_alone, err) && queue_end(merge, err) &&
           pg_settle(merge->conn, err);
}

int64_t
merge_index_ns(const struct merge *merge)
{
    int64_t sum = 0;

    for (const struct merge_time *t = merge->index_times; t; t = t->next)
        if (t->to_ns > t->from_ns && t->from_ns > 0)
            sum += t->to_ns - t->from_ns;
    return sum;
}
