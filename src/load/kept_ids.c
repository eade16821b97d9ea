#include "load/kept_ids.h"

#include "load/encode.h"
#include "load/stage.h"
#include "plan/pages_sql.h"
#include "sql.h"

enum { SQL_BYTES_MAX = 64 * 1024, ID_BYTES_MAX = 64 * 1024 * 1024 };

/* Columns of the answer. */
enum { PARENT_ID, ROW_ID };

bool
kept_ids_open(const struct loader_config *config, struct pg_conn **conn,
              struct err *err)
{
    struct pg_config session = {.dsn = config->dsn,
                                .application_name = config->application_name,
                                .loader = true,
                                .sets_up_later = true,
                                .answer_timeout_ms = config->answer_timeout_ms};

    *conn = config->sessions != NULL
                ? pg_pool_take(config->sessions, config->application_name)
                : NULL;
    return *conn != NULL || pg_connect(&session, conn, err);
}

void
kept_ids_close(const struct loader_config *config, struct pg_conn *conn)
{
    if (config->sessions != NULL)
        pg_pool_give(config->sessions, conn);
    else
        pg_close(conn);
}

/* The id as the API has it. Staging may have its number. */
static const char *
whole_id(const struct plan_gid *gid, const struct pg_result *result, int row,
         int column, struct buf *text)
{
    const char *id = pg_text(result, row, column);

    if (gid == NULL || pg_is_null(result, row, column))
        return NULL;
    if (gid->whole || gid->type == NULL)
        return id;
    buf_clear(text);
    buf_printf(text, ENCODE_GID_PREFIX "%s/%s", gid->type, id);
    return buf_str(text);
}

static bool
give_all(struct pg_conn *conn, const struct plan_table *table,
         kept_ids_fn *give, void *ctx, struct err *err)
{
    struct buf parent = buf_with_ceiling(ID_BYTES_MAX);
    struct buf own = buf_with_ceiling(ID_BYTES_MAX);
    struct pg_result *result = NULL;
    bool read = true;
    int rows = 1;

    while (read && rows > 0) {
        read = pg_exec(conn, sql_fetch_staged, 0, NULL, &result, err);
        rows = read ? pg_rows(result) : 0;
        for (int i = 0; i < rows; i++)
            give(ctx,
                 whole_id(table->parent_gid, result, i, PARENT_ID, &parent),
                 whole_id(table->id_gid, result, i, ROW_ID, &own));
        pg_result_free(read ? result : NULL);
    }
    buf_free(&parent);
    buf_free(&own);
    return read;
}

/* A cursor exists only inside a transaction. */
bool
kept_ids_read(struct pg_conn *conn, const struct loader_config *config,
              const struct plan_table *table, bool has_rows, kept_ids_fn *give,
              void *ctx, struct err *err)
{
    struct buf sql = buf_with_ceiling(SQL_BYTES_MAX);
    char stage[STAGE_NAME_BYTES];
    bool read;

    if (!stage_has_rows(table))
        return true;
    stage_name(config->run_id, table, stage);
    pages_sql_list(&sql, config->schema, stage, table, has_rows);
    read = pg_begin(conn, err) &&
           pg_exec(conn, buf_str(&sql), 0, NULL, NULL, err) &&
           give_all(conn, table, give, ctx, err) && pg_commit(conn, err);
    buf_free(&sql);
    if (read)
        return true;
    pg_rollback(conn);
    return err_wrap(err, "reading which rows are staged");
}
