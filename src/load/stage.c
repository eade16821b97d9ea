#include "load/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "plan/ddl.h"
#include "sql.h"

/* A name is _stage_<run_id>_<n>. */
#define STAGE_FORM "_stage_%lld_"

enum { NAME_BYTES = 64, SQL_BYTES_MAX = 16 * 1024 * 1024 };

static char *
format_name(int64_t run_id, int n)
{
    char name[NAME_BYTES];

    snprintf(name, sizeof(name), STAGE_FORM "%d", (long long)run_id, n);
    return mem_strdup(name);
}

static bool
learn_types(struct pg_conn *conn, const char *schema,
            struct loader_table *table, struct err *err)
{
    const char *values[] = {schema, table->stage};
    struct pg_result *result;

    if (!pg_exec(conn, sql_stage_types, 2, values, &result, err))
        return false;
    if (pg_rows(result) != 1) {
        pg_result_free(result);
        return err_set(err, MSG_STAGING_GONE,
                       "staging table %s does not exist any more",
                       table->stage);
    }
    table->row_type = (uint32_t)pg_int64(result, 0, 0);
    table->array_type = (uint32_t)pg_int64(result, 0, 1);
    pg_result_free(result);
    return true;
}

/* Create the tables and revoke default privileges in one transaction, so that
 * no other role can read them at any time. */
static bool
make_private(struct pg_conn *conn, const char *sql, const char *schema,
             int64_t run_id, struct err *err)
{
    char prefix[NAME_BYTES];
    const char *values[] = {schema, prefix};

    snprintf(prefix, sizeof(prefix), STAGE_FORM, (long long)run_id);
    if (!pg_begin(conn, err))
        return false;
    if (pg_script(conn, sql, err) &&
        pg_exec_written(conn, sql_stage_revokes, 2, values, err))
        return pg_commit(conn, err);
    pg_rollback(conn);
    return false;
}

/* The lock_timeout keeps this from waiting for a dump that has locked the
 * table. */
static bool
drop_one(struct pg_conn *conn, const char *schema, const char *name,
         struct err *err)
{
    struct buf sql = buf_with_ceiling(1024);
    bool dropped;

    buf_append_str(&sql, "DROP TABLE IF EXISTS ");
    ddl_append_qualified(&sql, schema, name);
    dropped = pg_begin(conn, err) && pg_script(conn, sql_lock_timeout, err) &&
              pg_exec(conn, buf_str(&sql), 0, NULL, NULL, err) &&
              pg_commit(conn, err);
    if (!dropped)
        pg_rollback(conn);
    buf_free(&sql);
    return dropped;
}

/* Drop as many as possible. `err` gets the first failure. */
static bool
drop_all(struct pg_conn *conn, int64_t run_id, struct err *err)
{
    char prefix[NAME_BYTES];
    const char *values[] = {prefix};
    struct pg_result *result;
    struct err other;
    bool dropped = true;

    snprintf(prefix, sizeof(prefix), STAGE_FORM, (long long)run_id);
    if (!pg_exec(conn, sql_stage_writers_end, 1, values, NULL, err) ||
        !pg_exec(conn, sql_stage_list, 1, values, &result, err))
        return false;
    for (int i = 0; i < pg_rows(result); i++)
        dropped = drop_one(conn, pg_text(result, i, 0), pg_text(result, i, 1),
                           dropped ? err : &other) &&
                  dropped;
    pg_result_free(result);
    return dropped;
}

bool
stage_create(struct pg_conn *conn, const char *schema, int64_t run_id,
             struct loader_table *tables, int table_count,
             const bool *becomes_table, struct err *err)
{
    struct buf sql = buf_with_ceiling(SQL_BYTES_MAX);
    bool made;

    if (!drop_all(conn, run_id, err))
        return false;
    for (int i = 0; i < table_count; i++) {
        struct loader_table *table = &tables[i];

        if (table->plan->skip && !table->plan->stages_id)
            continue;
        table->stage = format_name(run_id, i + 1);
        table->statement = mem_strdup(table->stage);
        ddl_stage_create(&sql, table->plan, schema, table->stage,
                         becomes_table[i]);
    }
    made = make_private(conn, buf_str(&sql), schema, run_id, err);
    for (int i = 0; made && i < table_count; i++)
        if (tables[i].stage != NULL)
            made = learn_types(conn, schema, &tables[i], err);
    buf_free(&sql);
    return made;
}

void
stage_drop(struct pg_conn *conn, int64_t run_id)
{
    const struct log_ctx log = {.run_id = run_id};
    struct err err;

    if (!drop_all(conn, run_id, &err))
        log_failure(LOG_WARN, &log,
                    "cannot drop staging; the next run of the job drops it",
                    &err);
}
