/*
 * Statements of the merge, from templates in sql/merge/ and sql/ddl/.
 *
 * statement_queue…() only queues, and the caller settles; the other functions
 * send at once, with everything that is queued before. An error begins with
 * "merging SCHEMA.TABLE".
 *
 * Hazard. Times of single statements cannot be measured here, because several
 * are sent together. Statements that make keys and indexes have the server's
 * clock read before and after them.
 */
#include "load/statement.h"

#include "base/buf.h"
#include "pg/queue.h"
#include "plan/ddl.h"

struct merge_sql_target
statement_target(const struct merge *merge, const struct merge_table *table)
{
    return (struct merge_sql_target){.table = table->table,
                                     .schema = merge->schema,
                                     .stage = table->stage,
                                     .changes = table->changes,
                                     .gone = table->gone_ids,
                                     .hashes = table->hashes,
                                     .lists_unchanged = table->lists_unchanged,
                                     .is_known = table->known != NULL,
                                     .is_unstaged = table->is_unstaged,
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

static const char *
doing(const struct merge *merge, const struct plan_table *table)
{
    return arena_printf(merge->arena, "merging %s.%s", merge->schema,
                        table->name);
}

/* `change` is NULL, or the statement that `text` contains. */
static bool
queue_one(struct merge *merge, const char *text, const char *change,
          const struct merge_table *table, const struct merge_table *above,
          int count, const char *const *values, struct pg_answer answer,
          struct err *err)
{
    struct merge_sql_target target = statement_target(merge, table), parent;
    struct merge_sql_target *read = above != NULL ? &parent : NULL;
    struct buf sql = buf_with_ceiling(STATEMENT_BYTES_MAX);
    bool whole;

    if (above != NULL)
        parent = statement_target(merge, above);
    if (change != NULL)
        merge_sql_versioned(&sql, text, change, &target, read);
    else
        merge_sql(&sql, text, &target, read);
    whole = is_whole(&sql, err);
    answer.doing = doing(merge, table->table);
    if (whole)
        pg_queue(merge->conn, buf_str(&sql), count, values, &answer);
    buf_free(&sql);
    return whole;
}

bool
statement_queue(struct merge *merge, const char *text,
                const struct merge_table *table,
                const struct merge_table *above, int count,
                const char *const *values, struct pg_answer answer,
                struct err *err)
{
    return queue_one(merge, text, NULL, table, above, count, values, answer,
                     err);
}

bool
statement_queue_versioned(struct merge *merge, const char *text,
                          const char *change, const struct merge_table *table,
                          const struct merge_table *above, int count,
                          const char *const *values, struct pg_answer answer,
                          struct err *err)
{
    return queue_one(merge, text, change, table, above, count, values, answer,
                     err);
}

bool
statement_queue_ddl(struct merge *merge, const struct merge_table *table,
                    struct buf *sql, struct err *err)
{
    bool whole = is_whole(sql, err);

    if (whole)
        pg_queue_script(
            merge->conn, buf_str(sql),
            &(struct pg_answer){.doing = doing(merge, table->table)});
    buf_free(sql);
    return whole;
}

/* Ask the server's clock, since statements before and after are sent together.
 */
static void
queue_clock(struct merge *merge, int64_t *ns)
{
    pg_queue(merge->conn,
             "SELECT (extract(epoch FROM clock_timestamp()) * 1e9)::bigint", 0,
             NULL, &(struct pg_answer){.number = ns});
}

bool
statement_queue_index(struct merge *merge, const struct merge_table *table,
                      struct buf *sql, struct err *err)
{
    struct merge_time *time = arena_alloc(merge->arena, sizeof(*time));

    time->next = merge->index_times;
    merge->index_times = time;
    queue_clock(merge, &time->from_ns);
    if (!statement_queue_ddl(merge, table, sql, err))
        return false;
    queue_clock(merge, &time->to_ns);
    return true;
}

bool
statement_queue_analyze(struct merge *merge, const struct merge_table *table,
                        const char *relation, struct err *err)
{
    struct buf sql = buf_with_ceiling(STATEMENT_BYTES_MAX);

    buf_append_str(&sql, "ANALYZE ");
    ddl_append_qualified(&sql, merge->schema, relation);
    return statement_queue_ddl(merge, table, &sql, err);
}

bool
statement_queue_ask(struct merge *merge, const char *text,
                    const struct merge_sql_target *target,
                    struct pg_result **result, struct err *err)
{
    struct buf sql = buf_with_ceiling(STATEMENT_BYTES_MAX);
    bool whole;

    merge_sql(&sql, text, target, NULL);
    whole = is_whole(&sql, err);
    if (whole)
        pg_queue(merge->conn, buf_str(&sql), 0, NULL,
                 &(struct pg_answer){.result = result,
                                     .doing = doing(merge, target->table)});
    buf_free(&sql);
    return whole;
}

bool
statement_ask(struct merge *merge, const char *text,
              const struct merge_sql_target *target,
              const struct merge_sql_target *above, int count,
              const char *const *values, struct pg_result **result,
              struct err *err)
{
    struct buf sql = buf_with_ceiling(STATEMENT_BYTES_MAX);
    bool whole;

    merge_sql(&sql, text, target, above);
    whole = is_whole(&sql, err);
    if (whole)
        pg_queue(merge->conn, buf_str(&sql), count, values,
                 &(struct pg_answer){.result = result,
                                     .doing = doing(merge, target->table)});
    buf_free(&sql);
    return whole && pg_settle(merge->conn, err);
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
