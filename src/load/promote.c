#include "load/promote.h"

#include "load/statement.h"
#include "plan/ddl.h"
#include "sql.h"

void
promote_append_grants(struct buf *sql, const struct merge *merge,
                      const struct plan_table *table)
{
    for (const char *const *role = merge->readers; *role != NULL; role++)
        ddl_grant_select(sql, table, merge->schema, *role);
}

/* Grant the default privileges, which stage_create() revoked from staging. */
static bool
grant_defaults(struct merge *merge, const struct merge_table *table,
               struct err *err)
{
    const char *values[] = {merge->schema, table->table->name};

    return pg_exec_written(merge->conn, sql_default_grants, 2, values, err);
}

bool
promote_table(struct merge *merge, struct merge_table *table, struct err *err)
{
    struct buf indexes = buf_with_ceiling(STATEMENT_BYTES_MAX);
    struct buf sql = buf_with_ceiling(STATEMENT_BYTES_MAX);

    ddl_indexes_create(&indexes, table->table, merge->schema, table->stage);
    ddl_stage_promote(&sql, table->table, merge->schema, table->stage,
                      merge->loaded_at);
    ddl_comments(&sql, table->table, merge->schema);
    promote_append_grants(&sql, merge, table->table);
    table->inserted = merge_rows_came(table);
    if (!statement_index(merge, &indexes, err)) {
        buf_free(&sql);
        return false;
    }
    return statement_ddl(merge, &sql, err) && grant_defaults(merge, table, err);
}
