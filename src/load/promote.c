#include "load/promote.h"

#include "load/statement.h"
#include "plan/ddl.h"
#include "sql.h"

void
promote_append_grants(struct buf *sql, const struct merge *merge,
                      const char *table)
{
    for (const char *const *role = merge->readers; *role != NULL; role++)
        ddl_grant_select(sql, merge->schema, table, *role);
}

bool
promote_table(struct merge *merge, struct merge_table *table, struct err *err)
{
    struct buf indexes = buf_with_ceiling(STATEMENT_BYTES_MAX);
    struct buf sql = buf_with_ceiling(STATEMENT_BYTES_MAX);
    const char *values[] = {merge->schema, table->table->name};

    ddl_indexes_create(&indexes, table->table, merge->schema, table->stage);
    ddl_stage_promote(&sql, table->table, merge->schema, table->stage,
                      merge->loaded_at);
    ddl_comments(&sql, table->table, merge->schema);
    promote_append_grants(&sql, merge, table->table->name);
    table->inserted = merge_rows_came(table);
    if (!statement_queue_index(merge, table, &indexes, err)) {
        buf_free(&sql);
        return false;
    }
    if (!statement_queue_ddl(merge, table, &sql, err))
        return false;
    pg_queue(merge->conn, sql_default_grants, 2, values,
             &(struct pg_answer){.result = &table->grants});
    return true;
}

void
promote_queue_grants(struct merge *merge, struct merge_table *table)
{
    for (int row = 0; row < pg_rows(table->grants); row++)
        pg_queue(merge->conn, pg_text(table->grants, row, 0), 0, NULL, NULL);
    pg_result_free(table->grants);
    table->grants = NULL;
}
