#include "load/statement.h"

#include "base/buf.h"
#include "base/clock.h"
#include "pg/conn.h"
#include "plan/ddl.h"

struct merge_sql_target
statement_target(const struct merge *merge, const struct merge_table *table)
{
    return (struct merge_sql_target){.table = table->table,
                                     .schema = merge->schema,
                                     .stage = table->stage,
                                     .changes = table->changes,
                                     .gone = table->gone,
                                     .hashes = table->hashes,
                                     .lists_unchanged = table->lists_unchanged,
                                     .is_known = table->known != NULL,
                                     .by_value = table->by_value,
                                     .has_mark = table->has_mark,
                                     .is_partitioned = table->is_partitioned};
}

static bool
is_whole(const struct buf *sql, struct err *err)
{
    return !sql->overflowed ||
           err_set(err, MSG_BUG, "a statement of the merge is too long");
}

bool
statement_ask(struct merge *merge, const char *text,
              const struct merge_sql_target *target,
              const struct merge_sql_target *above, int count,
              const char *const *values, struct pg_result **result,
              struct err *err)
{
    struct buf sql = buf_with_ceiling(STATEMENT_BYTES_MAX);
    bool done;

    merge_sql(&sql, text, target, above);
    done = is_whole(&sql, err) &&
           pg_exec(merge->conn, buf_str(&sql), count, values, result, err);
    buf_free(&sql);
    return done;
}

static bool
ask_table(struct merge *merge, const char *text,
          const struct merge_table *table, const struct merge_table *above,
          int count, const char *const *values, struct pg_result **result,
          struct err *err)
{
    struct merge_sql_target target = statement_target(merge, table), parent;

    if (above != NULL)
        parent = statement_target(merge, above);
    return statement_ask(merge, text, &target, above != NULL ? &parent : NULL,
                         count, values, result, err);
}

bool
statement_run(struct merge *merge, const char *text,
              const struct merge_table *table, const struct merge_table *above,
              int count, const char *const *values, int64_t *affected,
              struct err *err)
{
    struct pg_result *result;

    if (!ask_table(merge, text, table, above, count, values, &result, err))
        return false;
    *affected = pg_affected(result);
    pg_result_free(result);
    return true;
}

bool
statement_number_below(struct merge *merge, const char *text,
                       const struct merge_table *table,
                       const struct merge_table *above, int64_t *number,
                       struct err *err)
{
    struct pg_result *result;

    if (!ask_table(merge, text, table, above, 0, NULL, &result, err))
        return false;
    *number = pg_int64(result, 0, 0);
    pg_result_free(result);
    return true;
}

bool
statement_number(struct merge *merge, const char *text,
                 const struct merge_table *table, int64_t *number,
                 struct err *err)
{
    return statement_number_below(merge, text, table, NULL, number, err);
}

bool
statement_ddl(struct merge *merge, struct buf *sql, struct err *err)
{
    bool done = is_whole(sql, err) &&
                (sql->length == 0 || pg_script(merge->conn, buf_str(sql), err));

    buf_free(sql);
    return done;
}

bool
statement_index(struct merge *merge, struct buf *sql, struct err *err)
{
    int64_t begun = clock_now_ns();
    bool done = statement_ddl(merge, sql, err);

    merge->index_ns += clock_now_ns() - begun;
    return done;
}

bool
statement_analyze(struct merge *merge, const char *relation, struct err *err)
{
    struct buf sql = buf_with_ceiling(STATEMENT_BYTES_MAX);

    buf_append_str(&sql, "ANALYZE ");
    ddl_append_qualified(&sql, merge->schema, relation);
    return statement_ddl(merge, &sql, err);
}
