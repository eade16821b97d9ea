/*
 * Staging tables are created and committed in one wait:
 *
 *     list what is left ─► BEGIN ─► CREATE … ─► rights given by default?
 *                                                │ no            │ yes
 *                                                ▼               ▼
 *                                              COMMIT     failed: create again,
 *                                                         revoke, COMMIT
 *
 * A division by zero is the way in which SQL itself stops before the COMMIT if
 * default privileges gave other roles access. If a table of that name exists,
 * an earlier attempt left it: its writers are ended, it is dropped, and the
 * creation is repeated.
 *
 * Hazard. Results belong to this file until the oids of the row types are read
 * from them; every way out frees them.
 */
#include "load/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "pg/queue.h"
#include "plan/ddl.h"
#include "sql.h"

/* A name is _stage_<run_id>_<n>. */
#define STAGE_FORM "_stage_%lld_"

#define DUPLICATE_TABLE "42P07"

enum { SQL_BYTES_MAX = 16 * 1024 * 1024 };

bool
stage_has_rows(const struct plan_table *table)
{
    return !table->skip || table->stages_id;
}

void
stage_name(int64_t run_id, const struct plan_table *table,
           char name[STAGE_NAME_BYTES])
{
    snprintf(name, STAGE_NAME_BYTES, STAGE_FORM "%d", (long long)run_id,
             table->index + 1);
}

void
stage_prefix(int64_t run_id, char prefix[STAGE_NAME_BYTES])
{
    snprintf(prefix, STAGE_NAME_BYTES, STAGE_FORM, (long long)run_id);
}

void
stage_name_table(struct loader_table *table, int64_t run_id)
{
    char name[STAGE_NAME_BYTES];

    if (table->stage != NULL)
        return;
    stage_name(run_id, table->plan, name);
    table->stage = mem_strdup(name);
    table->statement = mem_strdup(name);
}

void
stage_queue_types(struct pg_conn *conn, const char *schema, const char *stage,
                  struct pg_result **types)
{
    const char *names[] = {schema, stage};

    pg_queue(conn, sql_stage_types, 2, names,
             &(struct pg_answer){.result = types});
}

bool
stage_learn_types(struct loader_table *table, const struct pg_result *types,
                  struct err *err)
{
    if (pg_rows(types) != 1)
        return err_set(err, MSG_STAGING_GONE,
                       "staging table %s does not exist any more",
                       table->stage);
    table->row_type = (uint32_t)pg_int64(types, 0, 0);
    table->array_type = (uint32_t)pg_int64(types, 0, 1);
    return true;
}

static void
queue_fence(struct pg_conn *conn, const struct loader_fence *fence)
{
    if (fence->queue != NULL)
        fence->queue(fence->ctx, conn);
}

/* The lock_timeout keeps this from waiting for a dump that has locked the
 * table. */
static bool
drop_one(struct pg_conn *conn, const struct loader_fence *fence,
         const char *schema, const char *name, struct err *err)
{
    struct buf sql = buf_with_ceiling(1024);
    bool dropped;

    buf_append_str(&sql, "DROP TABLE IF EXISTS ");
    ddl_append_qualified(&sql, schema, name);
    dropped = pg_begin(conn, err);
    if (dropped) {
        queue_fence(conn, fence);
        pg_queue_script(conn, sql_lock_timeout, NULL);
        pg_queue(conn, buf_str(&sql), 0, NULL, NULL);
        dropped = pg_commit(conn, err);
    }
    if (!dropped)
        pg_rollback(conn);
    buf_free(&sql);
    return dropped;
}

/* Drop as many as possible. `err` gets the first failure. */
static bool
drop_listed(struct pg_conn *conn, const struct loader_fence *fence,
            const struct pg_result *list, struct err *err)
{
    struct err other;
    bool dropped = true;

    for (int i = 0; i < pg_rows(list); i++)
        dropped = drop_one(conn, fence, pg_text(list, i, 0),
                           pg_text(list, i, 1), dropped ? err : &other) &&
                  dropped;
    return dropped;
}

/* End the sessions that still write staging of the run, and list it. Without a
 * BEGIN, the statements up to the sync are one transaction. */
static void
queue_list(struct pg_conn *conn, const struct loader_fence *fence,
           const char *prefix, struct pg_result **list)
{
    queue_fence(conn, fence);
    pg_queue(conn, sql_stage_writers_end, 1, &prefix, NULL);
    pg_queue(conn, sql_stage_list, 1, &prefix,
             &(struct pg_answer){.result = list});
    pg_queue_sync(conn);
}

static bool
drop_all(struct pg_conn *conn, int64_t run_id, struct err *err)
{
    const struct loader_fence none = {NULL, NULL};
    char prefix[STAGE_NAME_BYTES];
    struct pg_result *list;
    bool dropped;

    stage_prefix(run_id, prefix);
    queue_list(conn, &none, prefix, &list);
    dropped = pg_settle(conn, err) && drop_listed(conn, &none, list, err);
    pg_result_free(list);
    return dropped;
}

/* In one transaction with the creation, so that no other role can read the
 * tables at any time: the division by zero ends it if default privileges gave
 * rights. */
static void
queue_privacy(struct pg_conn *conn, const char *schema, const char *prefix)
{
    const char *values[] = {schema, prefix};
    struct buf sql = buf_with_ceiling(SQL_BYTES_MAX);

    buf_printf(&sql, "SELECT 1 / (1 - least(1, count(*))) FROM (%s) AS given",
               sql_stage_revokes);
    pg_queue(conn, buf_str(&sql), 2, values, NULL);
    buf_free(&sql);
}

/* ---- creating ahead ---------------------------------------------------- */

void
stage_queue_ahead(struct pg_conn *conn, const char *schema, int64_t run_id,
                  const struct plan *plan, const bool *becomes_table,
                  struct stage_ahead *ahead)
{
    char prefix[STAGE_NAME_BYTES], name[STAGE_NAME_BYTES];

    stage_prefix(run_id, prefix);
    ahead->sql = buf_with_ceiling(SQL_BYTES_MAX);
    ahead->table_count = plan->table_count;
    ahead->types = mem_array((size_t)plan->table_count, sizeof(*ahead->types));
    for (int i = 0; i < plan->table_count; i++) {
        stage_name(run_id, &plan->tables[i], name);
        if (stage_has_rows(&plan->tables[i]))
            ddl_stage_create(&ahead->sql, &plan->tables[i], schema, name,
                             becomes_table[i]);
    }
    pg_queue_script(conn, buf_str(&ahead->sql), NULL);
    queue_privacy(conn, schema, prefix);
    for (int i = 0; i < plan->table_count; i++) {
        stage_name(run_id, &plan->tables[i], name);
        if (stage_has_rows(&plan->tables[i]))
            stage_queue_types(conn, schema, name, &ahead->types[i]);
    }
}

void
stage_ahead_free(struct stage_ahead *ahead)
{
    for (int i = 0; i < ahead->table_count; i++)
        pg_result_free(ahead->types[i]);
    free(ahead->types);
    buf_free(&ahead->sql);
    *ahead = (struct stage_ahead){.types = NULL};
}

/* ---- creating ------------------------------------------------------------ */

/* What creating staging asks, and the answers. */
struct creation {
    struct pg_conn *conn;
    const struct loader_fence *fence;
    const char *schema;
    char prefix[STAGE_NAME_BYTES];
    struct loader_table *tables;
    int table_count;
    struct buf sql;
    struct pg_result *left;    /* staging of an earlier attempt */
    struct pg_result *revokes; /* statements */
    struct pg_result **types;  /* by table */
};

static void
describe_stages(struct creation *creation, int64_t run_id,
                const bool *becomes_table)
{
    for (int i = 0; i < creation->table_count; i++) {
        struct loader_table *table = &creation->tables[i];

        if (!stage_has_rows(table->plan))
            continue;
        stage_name_table(table, run_id);
        ddl_stage_create(&creation->sql, table->plan, creation->schema,
                         table->stage, becomes_table[i]);
    }
}

static void
free_answers(struct creation *creation)
{
    pg_result_free(creation->left);
    pg_result_free(creation->revokes);
    creation->left = creation->revokes = NULL;
    for (int i = 0; i < creation->table_count; i++) {
        pg_result_free(creation->types[i]);
        creation->types[i] = NULL;
    }
}

/* The revokes take away what default privileges gave. */
static bool
queue_creation(struct creation *creation, struct err *err)
{
    struct pg_conn *conn = creation->conn;
    const char *values[] = {creation->schema, creation->prefix};

    queue_list(conn, creation->fence, creation->prefix, &creation->left);
    if (!pg_begin(conn, err))
        return false;
    queue_fence(conn, creation->fence);
    pg_queue_script(conn, buf_str(&creation->sql), NULL);
    pg_queue(conn, sql_stage_revokes, 2, values,
             &(struct pg_answer){.result = &creation->revokes});
    for (int i = 0; i < creation->table_count; i++)
        if (creation->tables[i].stage != NULL)
            stage_queue_types(conn, creation->schema, creation->tables[i].stage,
                              &creation->types[i]);
    return true;
}

static bool
learn_all_types(struct creation *creation, struct err *err)
{
    bool learned = true;

    for (int i = 0; learned && i < creation->table_count; i++)
        if (creation->tables[i].stage != NULL)
            learned = stage_learn_types(&creation->tables[i],
                                        creation->types[i], err);
    return learned;
}

/* Commit in the same wait. */
static bool
create_private(struct creation *creation, struct err *err)
{
    if (!queue_creation(creation, err))
        return false;
    queue_privacy(creation->conn, creation->schema, creation->prefix);
    pg_queue(creation->conn, "COMMIT", 0, NULL, NULL);
    return pg_settle(creation->conn, err) && learn_all_types(creation, err);
}

static bool
create_and_revoke(struct creation *creation, struct err *err)
{
    if (!queue_creation(creation, err) || !pg_settle(creation->conn, err) ||
        !learn_all_types(creation, err))
        return false;
    for (int row = 0; row < pg_rows(creation->revokes); row++)
        pg_queue(creation->conn, pg_text(creation->revokes, row, 0), 0, NULL,
                 NULL);
    return pg_commit(creation->conn, err);
}

static bool
create_stages(struct creation *creation, struct err *err)
{
    bool created = create_private(creation, err);

    if (!created && pg_check_failed(err)) {
        pg_rollback(creation->conn);
        free_answers(creation);
        created = create_and_revoke(creation, err);
    }
    if (!created)
        pg_rollback(creation->conn);
    return created;
}

/* Does staging of an earlier attempt have the names? */
static bool
is_in_the_way(const struct creation *creation, const struct err *err)
{
    return strcmp(err->code, DUPLICATE_TABLE) == 0 && creation->left != NULL &&
           pg_rows(creation->left) > 0;
}

/* Take the answers of what was created ahead, if it is the same. */
static bool
takes_ahead(struct creation *creation, struct stage_ahead *ahead)
{
    if (ahead == NULL || !ahead->is_made ||
        ahead->table_count != creation->table_count ||
        strcmp(buf_str(&ahead->sql), buf_str(&creation->sql)) != 0)
        return false;
    for (int i = 0; i < creation->table_count; i++) {
        creation->types[i] = ahead->types[i];
        ahead->types[i] = NULL;
    }
    return true;
}

static bool
create_from_scratch(struct creation *creation, struct err *err)
{
    bool made = create_stages(creation, err);

    if (made || !is_in_the_way(creation, err))
        return made;
    made = drop_listed(creation->conn, creation->fence, creation->left, err);
    free_answers(creation);
    return made && create_stages(creation, err);
}

bool
stage_create(struct pg_conn *conn, const char *schema, int64_t run_id,
             struct loader_table *tables, int table_count,
             const bool *becomes_table, struct stage_ahead *ahead,
             const struct loader_fence *fence, struct err *err)
{
    struct creation creation = {
        .conn = conn,
        .fence = fence,
        .schema = schema,
        .tables = tables,
        .table_count = table_count,
        .sql = buf_with_ceiling(SQL_BYTES_MAX),
        .types = mem_array((size_t)table_count, sizeof(struct pg_result *))};
    bool made;

    stage_prefix(run_id, creation.prefix);
    describe_stages(&creation, run_id, becomes_table);
    made = takes_ahead(&creation, ahead) ? learn_all_types(&creation, err)
                                         : create_from_scratch(&creation, err);
    free_answers(&creation);
    free(creation.types);
    buf_free(&creation.sql);
    return made;
}

/* ---- dropping ---------------------------------------------------------- */

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
