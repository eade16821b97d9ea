#include "load/settle.h"

#include <string.h>

#include "load/statement.h"
#include "plan/ddl.h"
#include "sql.h"

#define UNIQUE_VIOLATION "23505"

/* ---- lists --------------------------------------------------------------- */

/* Keep only the rows of the parent's last line. A list within a list comes
 * after its parent in the order of the tables, so its orphans are deleted
 * too. */
static bool
drop_superseded(struct merge *merge, struct merge_table *table, struct err *err)
{
    struct merge_table *parent = &merge->tables[table->table->parent->index];
    int64_t orphans = 0;

    if (!statement_run(merge, sql_delete_superseded, table, parent, 0, NULL,
                       &table->superseded, err) ||
        (parent->superseded > 0 &&
         !statement_run(merge, sql_delete_orphans, table, parent, 0, NULL,
                        &orphans, err)))
        return false;
    table->superseded += orphans;
    return true;
}

bool
settle_lists(struct merge *merge, struct err *err)
{
    for (int i = 0; i < merge->table_count; i++)
        if (merge->tables[i].stage != NULL &&
            merge->tables[i].table->kind == PLAN_LIST &&
            !drop_superseded(merge, &merge->tables[i], err))
            return false;
    return true;
}

/* ---- keys ---------------------------------------------------------------- */

/* If staging becomes the table, this is the table's primary key. */
static bool
queue_key(struct merge *merge, const struct merge_table *table, struct err *err)
{
    struct buf sql = buf_with_ceiling(STATEMENT_BYTES_MAX);

    if (!table->becomes_table) {
        ddl_stage_key(&sql, table->table, merge->schema, table->stage);
        return statement_queue_ddl(merge, table, &sql, err);
    }
    ddl_key_create(&sql, table->table, merge->schema, table->stage);
    return statement_queue_index(merge, table, &sql, err);
}

static bool
has_key(const struct merge_table *table)
{
    return table->becomes_table || !table->table->has_ordinal;
}

/* The merge needs statistics of staging only for the key columns. */
static bool
queue_analyze_keys(struct merge *merge, const struct merge_table *table,
                   struct err *err)
{
    struct buf sql = buf_with_ceiling(STATEMENT_BYTES_MAX);

    buf_append_str(&sql, "ANALYZE ");
    ddl_append_qualified(&sql, merge->schema, table->stage);
    buf_append_str(&sql, " (");
    ddl_append_key_columns(&sql, table->table);
    buf_append_char(&sql, ')');
    return statement_queue_ddl(merge, table, &sql, err);
}

/* What follows the key. */
static bool
queue_rest(struct merge *merge, const struct merge_table *table,
           struct err *err)
{
    if (table->becomes_table)
        return statement_queue_analyze(merge, table, table->stage, err);
    return (!table->table->has_ordinal && !table->table->has_position) ||
           statement_queue(merge, sql_set_ordinals, table, NULL, 0, NULL,
                           (struct pg_answer){.result = NULL}, err);
}

/* Creating the key fails if a key appears twice. This is rare, so duplicates
 * are not searched for before. `keyed` becomes 0 when the key exists. */
static bool
queue_table(struct merge *merge, struct merge_table *table, int64_t *keyed,
            struct err *err)
{
    if (!table->becomes_table && !queue_analyze_keys(merge, table, err))
        return false;
    if (has_key(table)) {
        pg_queue(merge->conn, "SAVEPOINT key_stage", 0, NULL, NULL);
        if (!queue_key(merge, table, err))
            return false;
        pg_queue(merge->conn, "RELEASE SAVEPOINT key_stage", 0, NULL,
                 &(struct pg_answer){.affected = keyed});
    }
    return queue_rest(merge, table, err);
}

/* A key appeared twice: keep its last row, and create the key again. */
static bool
queue_without_duplicates(struct merge *merge, struct merge_table *table,
                         struct err *err)
{
    pg_queue(merge->conn, "ROLLBACK TO SAVEPOINT key_stage", 0, NULL, NULL);
    return statement_queue(merge, sql_delete_duplicates, table, NULL, 0, NULL,
                           (struct pg_answer){.affected = &table->duplicates},
                           err) &&
           queue_key(merge, table, err) && queue_rest(merge, table, err);
}

static bool
is_settled(const struct merge_table *table)
{
    return table->stage != NULL && !table->is_unstaged && !table->table->skip;
}

/* Queue the tables from `first` on. */
static bool
queue_tables(struct merge *merge, int first, int64_t *keyed, struct err *err)
{
    for (int i = first; i < merge->table_count; i++) {
        keyed[i] = -1;
        if (is_settled(&merge->tables[i]) &&
            !queue_table(merge, &merge->tables[i], &keyed[i], err))
            return false;
    }
    return true;
}

/* The table whose key could not be created; -1: something else failed. */
static int
find_duplicates(const struct merge *merge, int first, const int64_t *keyed,
                const struct err *err)
{
    if (strcmp(err->code, UNIQUE_VIOLATION) != 0)
        return -1;
    for (int i = first; i < merge->table_count; i++)
        if (is_settled(&merge->tables[i]) && has_key(&merge->tables[i]) &&
            keyed[i] < 0)
            return i;
    return -1;
}

/* All tables in one wait, and one more for each that has duplicates. What comes
 * `after` is queued again then: the server has skipped it. */
bool
settle_tables(struct merge *merge, settle_after_fn *after, struct err *err)
{
    int64_t *keyed = arena_array(merge->arena, (size_t)merge->table_count + 1,
                                 sizeof(*keyed));
    int first = 0;

    for (;;) {
        if (!queue_tables(merge, first, keyed, err) || !after(merge, err))
            return false;
        if (pg_settle(merge->conn, err))
            return true;
        first = find_duplicates(merge, first, keyed, err);
        if (first < 0 ||
            !queue_without_duplicates(merge, &merge->tables[first++], err))
            return false;
    }
}
