/*
 * The table is made with the first push of its job, in the transaction that
 * stages the rows. Later pushes add columns. The names of columns come from the
 * payload, so all statements are made here; the values are always parameters.
 *
 * A leaf arrives as text, whatever its type is, and PostgreSQL converts it.
 */
#include "push/result_table.h"

#include <stdio.h>
#include <string.h>

#include "config/query_files.h"
#include "journal/relation.h"
#include "json/write.h"
#include "load/make_schema.h"
#include "plan/names.h"
#include "sql.h"

enum { SQL_BYTES_MAX = 4 * 1024 * 1024, TYPE_OID_BYTES = 16 };

static const char *const own_columns =
    "_push_id bigint NOT NULL, _state text NOT NULL, _errors jsonb, "
    "_pushed_at timestamptz NOT NULL";

static void
append_table(struct buf *sql, const struct push *push)
{
    name_append_quoted(sql, push->config->schema);
    buf_append_char(sql, '.');
    name_append_quoted(sql, push->mutation->table);
}

static bool
run(struct pg_conn *conn, struct buf *sql, struct err *err)
{
    bool ok = pg_exec(conn, buf_str(sql), 0, NULL, NULL, err);

    buf_clear(sql);
    return ok;
}

/* ---- what exists ------------------------------------------------------- */

struct existing {
    struct pg_result *columns; /* name, type, and the owner; no rows: there is
                                * no table */
};

static bool
look(const struct push *push, struct pg_conn *conn, struct existing *existing,
     struct err *err)
{
    const char *values[] = {push->config->schema, push->mutation->table};

    return pg_exec(conn, sql_result_columns, 2, values, &existing->columns,
                   err);
}

static bool
is_there(const struct existing *existing)
{
    return pg_rows(existing->columns) > 0;
}

/* The type of a column; NULL: the table does not have it. */
static const char *
type_of(const struct existing *existing, const char *column)
{
    for (int row = 0; row < pg_rows(existing->columns); row++)
        if (strcmp(pg_text(existing->columns, row, 0), column) == 0)
            return pg_text(existing->columns, row, 1);
    return NULL;
}

static bool
check_owner(const struct push *push, const struct existing *existing,
            struct err *err)
{
    const struct pg_result *columns = existing->columns;

    if (!is_there(existing) ||
        (strcmp(pg_text(columns, 0, 2), push->config->name) == 0 &&
         strcmp(pg_text(columns, 0, 3), push->job) == 0 &&
         strcmp(pg_text(columns, 0, 4), "push") == 0))
        return true;
    err_set(err, MSG_TABLE_OWNED,
            "the results of %s need the table %s.%s, which already exists and "
            "does not belong to this job",
            push->file->path, push->config->schema, push->mutation->table);
    return err_hint(err,
                    "rename the table, or write @table(name: \"...\") in "
                    "%s",
                    push->file->path);
}

static bool
check_type(const struct push *push, const struct existing *existing,
           const char *column, const char *type, struct err *err)
{
    const char *has = type_of(existing, column);

    if (has == NULL || strcmp(has, type) == 0)
        return true;
    err_set(err, MSG_TABLE_OWNED,
            "column %s of %s.%s has the type %s, but the answers to %s need %s",
            column, push->config->schema, push->mutation->table, has,
            push->file->path, type);
    return err_hint(err, "drop the table; the next push creates it again");
}

/* A timestamptz has a longer name in the catalog. */
static const char *
catalog_type(enum plan_type type)
{
    return type == PLAN_TIMESTAMPTZ ? "timestamp with time zone"
                                    : plan_type_name(type);
}

/* ---- making it --------------------------------------------------------- */

static const char *
comment_of(struct push *push)
{
    return arena_printf(
        &push->arena,
        "Answers to the pushes of %s: one row per key, its last state, and the "
        "values of the last answer that applied",
        push->file->path);
}

static void
append_comment(struct buf *sql, struct push *push)
{
    buf_append_str(sql, "COMMENT ON TABLE ");
    append_table(sql, push);
    buf_append_str(sql, " IS ");
    name_append_literal(sql, comment_of(push));
}

static bool
create(struct push *push, const char *key_type, struct pg_conn *conn,
       struct err *err)
{
    struct buf sql = buf_with_ceiling(SQL_BYTES_MAX);
    const struct mutation *mutation = push->mutation;
    bool ok;

    buf_append_str(&sql, "CREATE TABLE ");
    append_table(&sql, push);
    buf_printf(&sql, " (_key %s PRIMARY KEY, %s", key_type, own_columns);
    for (int i = 0; i < mutation->leaf_count; i++) {
        buf_append_str(&sql, ", ");
        name_append_quoted(&sql, mutation->leaves[i].column);
        buf_printf(&sql, " %s", plan_type_name(mutation->leaves[i].type));
    }
    buf_append_char(&sql, ')');
    ok = run(conn, &sql, err);
    append_comment(&sql, push);
    ok = ok && run(conn, &sql, err);
    buf_free(&sql);
    return ok;
}

static bool
add_columns(struct push *push, const struct existing *existing,
            struct pg_conn *conn, struct err *err)
{
    struct buf sql = buf_with_ceiling(SQL_BYTES_MAX);
    const struct mutation *mutation = push->mutation;
    bool ok = true;

    for (int i = 0; ok && i < mutation->leaf_count; i++) {
        const struct mutation_leaf *leaf = &mutation->leaves[i];

        ok = check_type(push, existing, leaf->column, catalog_type(leaf->type),
                        err);
        if (!ok || type_of(existing, leaf->column) != NULL)
            continue;
        buf_append_str(&sql, "ALTER TABLE ");
        append_table(&sql, push);
        buf_append_str(&sql, " ADD COLUMN ");
        name_append_quoted(&sql, leaf->column);
        buf_printf(&sql, " %s", plan_type_name(leaf->type));
        ok = run(conn, &sql, err);
    }
    buf_free(&sql);
    return ok;
}

static bool
find_key_type(const struct binding *binding, struct arena *arena,
              struct pg_conn *conn, const char **type, struct err *err)
{
    char oid[TYPE_OID_BYTES];
    const char *values[] = {oid};
    struct pg_result *result;

    snprintf(oid, sizeof(oid), "%u", (unsigned)binding->key_type);
    if (!pg_exec(conn, sql_result_key_type, 1, values, &result, err))
        return false;
    *type = arena_strdup(arena, pg_text(result, 0, 0));
    pg_result_free(result);
    return true;
}

static void
put_column(struct json_out *json, const char *name, const char *type,
           const char *path)
{
    json_out_open(json, '{');
    json_out_text(json, "name", name);
    json_out_text(json, "type", type);
    json_out_text(json, "path", path);
    json_out_close(json, '}');
}

/* bulkpg.relation knows the table, so that readers get access to it. */
static void
queue_relation(struct push *push, const char *key_type, struct pg_conn *conn)
{
    const struct mutation *mutation = push->mutation;
    struct buf text = buf_with_ceiling(SQL_BYTES_MAX);
    struct json_out *json = json_out_new(&text);
    struct journal_relation relation = {.table_schema = push->config->schema,
                                        .table_name = mutation->table,
                                        .store = push->config->name,
                                        .job = push->job,
                                        .file = push->file->path,
                                        .path = "push"};

    json_out_open(json, '[');
    put_column(json, "_key", key_type, "_key");
    put_column(json, "_push_id", "bigint", "_push_id");
    put_column(json, "_state", "text", "_state");
    put_column(json, "_errors", "jsonb", "_errors");
    put_column(json, "_pushed_at", "timestamptz", "_pushed_at");
    for (int i = 0; i < mutation->leaf_count; i++)
        put_column(json, mutation->leaves[i].column,
                   plan_type_name(mutation->leaves[i].type),
                   mutation->leaves[i].path);
    json_out_close(json, ']');
    json_out_free(json);
    relation.columns = buf_str(&text);
    journal_queue_relation(conn, &relation);
    buf_free(&text);
}

static bool
make(struct push *push, const char *key_type, const struct existing *existing,
     struct pg_conn *conn, struct err *err)
{
    if (is_there(existing))
        return check_type(push, existing, "_key", key_type, err) &&
               add_columns(push, existing, conn, err);
    return schema_make(conn, push->config->schema,
                       push->context->config.readers, err) &&
           create(push, key_type, conn, err);
}

bool
result_table_make(struct push *push, const struct binding *binding,
                  struct pg_conn *conn, struct err *err)
{
    struct existing existing = {0};
    const char *key_type;
    bool ok = find_key_type(binding, &push->arena, conn, &key_type, err) &&
              look(push, conn, &existing, err) &&
              check_owner(push, &existing, err) &&
              make(push, key_type, &existing, conn, err);

    pg_result_free(existing.columns);
    if (ok)
        queue_relation(push, key_type, conn);
    return ok;
}

/* ---- the statements ---------------------------------------------------- */

/* INSERT INTO table (_key, …) SELECT r.key::type, … */
static void
append_insert(struct buf *sql, const struct push *push, const char *key_type,
              bool has_leaves)
{
    const struct mutation *mutation = push->mutation;

    buf_append_str(sql, "INSERT INTO ");
    append_table(sql, push);
    buf_append_str(sql, " AS t (_key, _push_id, _state, _errors, _pushed_at");
    for (int i = 0; has_leaves && i < mutation->leaf_count; i++) {
        buf_append_str(sql, ", ");
        name_append_quoted(sql, mutation->leaves[i].column);
    }
    buf_printf(sql, ")\nSELECT r.key::%s, r.push_id, r.state, ", key_type);
}

static void
append_update(struct buf *sql, const struct push *push, bool has_leaves)
{
    const struct mutation *mutation = push->mutation;

    buf_append_str(sql, "\nON CONFLICT (_key) DO UPDATE SET "
                        "_push_id = excluded._push_id, "
                        "_state = excluded._state, "
                        "_errors = excluded._errors, "
                        "_pushed_at = excluded._pushed_at");
    for (int i = 0; has_leaves && i < mutation->leaf_count; i++) {
        buf_append_str(sql, ", ");
        name_append_quoted(sql, mutation->leaves[i].column);
        buf_append_str(sql, " = excluded.");
        name_append_quoted(sql, mutation->leaves[i].column);
    }
}

static const char *
put_answers(const struct push *push, const char *key_type, bool is_applied,
            struct arena *arena)
{
    const struct mutation *mutation = push->mutation;
    struct buf sql = buf_with_ceiling(SQL_BYTES_MAX);
    const char *made;

    append_insert(&sql, push, key_type, is_applied);
    buf_append_str(&sql, "nullif(a.errors, 'null'), clock_timestamp()");
    for (int i = 0; is_applied && i < mutation->leaf_count; i++) {
        buf_append_str(&sql, ", (a.leaves ->> ");
        name_append_literal(&sql, mutation->leaves[i].column);
        buf_printf(&sql, ")::%s", plan_type_name(mutation->leaves[i].type));
    }
    buf_printf(&sql,
               "\nFROM jsonb_to_recordset($2::jsonb)\n"
               "  AS a (number bigint, state text, errors jsonb, "
               "leaves jsonb)\n"
               "JOIN bulkpg.push_row r\n"
               "  ON r.push_id = $1::bigint AND r.number = a.number\n"
               "WHERE a.state %s 'applied'",
               is_applied ? "=" : "<>");
    append_update(&sql, push, is_applied);
    made = arena_strdup(arena, buf_str(&sql));
    buf_free(&sql);
    return made;
}

static const char *
put_unknown(const struct push *push, const char *key_type, struct arena *arena)
{
    struct buf sql = buf_with_ceiling(SQL_BYTES_MAX);
    const char *made;

    append_insert(&sql, push, key_type, false);
    buf_append_str(&sql, "NULL, clock_timestamp()\n"
                         "FROM bulkpg.push_row r\n"
                         "WHERE r.push_id = $1::bigint AND r.n = $2::integer\n"
                         "  AND r.n > 0\n"
                         "  AND r.state = 'unknown'\n"
                         "  AND NOT EXISTS (SELECT FROM bulkpg.push_error e\n"
                         "                  WHERE e.push_id = r.push_id\n"
                         "                    AND e.number = r.number)");
    append_update(&sql, push, false);
    made = arena_strdup(arena, buf_str(&sql));
    buf_free(&sql);
    return made;
}

bool
result_table_statements(struct push *push, struct pg_conn *conn,
                        struct result_table *table, struct err *err)
{
    struct existing existing = {0};
    const char *key_type;

    if (!look(push, conn, &existing, err))
        return false;
    key_type = type_of(&existing, "_key");
    if (key_type != NULL && check_owner(push, &existing, err)) {
        table->put_applied = put_answers(push, key_type, true, &push->arena);
        table->put_others = put_answers(push, key_type, false, &push->arena);
        table->put_unknown = put_unknown(push, key_type, &push->arena);
    } else if (key_type == NULL) {
        *table = (struct result_table){.put_applied = NULL};
    }
    pg_result_free(existing.columns);
    return key_type == NULL || table->put_applied != NULL;
}
