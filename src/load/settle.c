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
create_stage_key(struct merge *merge, const struct merge_table *table,
                 struct err *err)
{
    struct buf sql = buf_with_ceiling(STATEMENT_BYTES_MAX);

    if (!table->becomes_table) {
        ddl_stage_key(&sql, table->table, merge->schema, table->stage);
        return statement_ddl(merge, &sql, err);
    }
    ddl_key_create(&sql, table->table, merge->schema, table->stage);
    return statement_index(merge, &sql, err);
}

/* Creating the key fails if a key appears twice. This is rare, so duplicates
 * are searched for only after that failure. */
static bool
key_stage(struct merge *merge, struct merge_table *table, struct err *err)
{
    if (!pg_script(merge->conn, "SAVEPOINT key_stage", err))
        return false;
    if (create_stage_key(merge, table, err))
        return pg_script(merge->conn, "RELEASE SAVEPOINT key_stage", err);
    if (strcmp(err->code, UNIQUE_VIOLATION) != 0)
        return false;
    return pg_script(merge->conn, "ROLLBACK TO SAVEPOINT key_stage", err) &&
           statement_run(merge, sql_delete_duplicates, table, NULL, 0, NULL,
                         &table->duplicates, err) &&
           create_stage_key(merge, table, err);
}

/* The merge needs statistics of staging only for the key columns. */
static bool
analyze_keys(struct merge *merge, const struct merge_table *table,
             struct err *err)
{
    struct buf sql = buf_with_ceiling(STATEMENT_BYTES_MAX);

    buf_append_str(&sql, "ANALYZE ");
    ddl_append_qualified(&sql, merge->schema, table->stage);
    buf_append_str(&sql, " (");
    ddl_append_key_columns(&sql, table->table);
    buf_append_char(&sql, ')');
    return statement_ddl(merge, &sql, err);
}

static bool
settle_keys(struct merge *merge, struct merge_table *table, struct err *err)
{
    int64_t numbered;

    if (!table->table->has_ordinal && !key_stage(merge, table, err))
        return false;
    return (!table->table->has_ordinal && !table->table->has_position) ||
           statement_run(merge, sql_set_ordinals, table, NULL, 0, NULL,
                         &numbered, err);
}

bool
settle_table(struct merge *merge, struct merge_table *table, struct err *err)
{
    if (table->table->skip)
        return true;
    if (table->becomes_table)
        return key_stage(merge, table, err) &&
               statement_analyze(merge, table->stage, err);
    return analyze_keys(merge, table, err) && settle_keys(merge, table, err);
}
