/*
 * The table is made with the first push of its job, in the transaction that
 * stages the rows. A later push may select other values:
 *
 *     a new column       is added
 *     a wider type       the column is widened, as in load/adapt.h
 *     a narrower type    the column stays
 *     another type       the column becomes text, which holds both
 *     no longer there    the column stays, and keeps its values
 *
 * What a user has changed may make the statements fail. Then the answers could
 * never be settled, so result_table_check() tries them before anything is sent.
 *
 * The names of columns come from the payload, so all statements are made here;
 * the values are always parameters. A leaf arrives as text, whatever its type
 * is, and PostgreSQL converts it to the type of the column.
 *
 * Hazard. The SELECT may read the table, for the ids of earlier answers, and
 * its snapshot is open while the rows are staged. A change of the table would
 * wait for it, and it for the change. So the table changes before the SELECT
 * begins. Only the type of the keys is not known before. If it must change,
 * and the SELECT reads the table, lock_timeout ends the push.
 */
#include "push/result_table.h"

#include <stdio.h>
#include <string.h>

#include "config/query_files.h"
#include "journal/relation.h"
#include "json/tree.h"
#include "json/write.h"
#include "load/make_schema.h"
#include "load/views.h"
#include "plan/ddl.h"
#include "plan/names.h"
#include "push/settle.h"
#include "sql.h"

enum {
    SQL_BYTES_MAX = 4 * 1024 * 1024,
    TYPE_OID_BYTES = 16,
    NUMBER_BYTES = 24
};

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
    struct pg_result *columns; /* name, type, the owner, and the columns that
                                * bulkpg made; no rows: there is no table */
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

/* The columns that bulkpg made, as bulkpg.relation has them; NULL: none. */
static const struct json *
made_columns(const struct existing *existing, struct arena *arena)
{
    struct json *made;
    struct err ignored;

    if (!is_there(existing) ||
        !json_parse(arena, pg_value(existing->columns, 0, 5), &made, &ignored))
        return NULL;
    return made->kind == JSON_ARRAY ? made->first : NULL;
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
refuse_type(const struct push *push, const char *column, const char *has,
            const char *type, struct err *err)
{
    err_set(err, MSG_TABLE_OWNED,
            "column %s of %s.%s has the type %s, but the answers to %s need %s",
            column, push->config->schema, push->mutation->table, has,
            push->file->path, type);
    return err_hint(err,
                    "give the column this type, or rename the table; then the "
                    "next push creates another one");
}

/* ---- types --------------------------------------------------------------- */

/* A timestamptz has a longer name in the catalog. */
static const char *
catalog_type(enum plan_type type)
{
    return type == PLAN_TIMESTAMPTZ ? "timestamp with time zone"
                                    : plan_type_name(type);
}

/* PLAN_TYPE_COUNT: a type that bulkpg does not give to columns. */
static enum plan_type
type_named(const char *name)
{
    int type = 0;

    while (type < PLAN_TYPE_COUNT &&
           strcmp(catalog_type((enum plan_type)type), name) != 0)
        type++;
    return (enum plan_type)type;
}

/* The type that holds what a column has, and what it will get. */
static enum plan_type
common_type(enum plan_type has, enum plan_type gets)
{
    if (has == gets || plan_type_widens(gets, has))
        return has;
    return plan_type_widens(has, gets) ? gets : PLAN_TEXT;
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

static bool
is_leaf(const struct mutation *mutation, const char *column)
{
    for (int i = 0; i < mutation->leaf_count; i++)
        if (strcmp(mutation->leaves[i].column, column) == 0)
            return true;
    return false;
}

/* Columns that the payload had earlier are still bulkpg's. */
static void
put_earlier_columns(struct json_out *json, const struct mutation *mutation,
                    const struct existing *existing, struct arena *arena)
{
    const struct json *column = made_columns(existing, arena);

    for (; column != NULL; column = column->next) {
        const char *name = json_str(json_get(column, "name"));

        if (name != NULL && name[0] != '_' && !is_leaf(mutation, name))
            json_out_raw(json, column->source);
    }
}

static void
put_leaf_columns(struct json_out *json, const struct mutation *mutation,
                 const struct existing *existing)
{
    for (int i = 0; i < mutation->leaf_count; i++) {
        const struct mutation_leaf *leaf = &mutation->leaves[i];
        const char *has = type_of(existing, leaf->column);
        enum plan_type type =
            has != NULL ? common_type(type_named(has), leaf->type) : leaf->type;

        put_column(json, leaf->column, plan_type_name(type), leaf->path);
    }
}

/* bulkpg.relation knows the table, so that readers get access to it. */
static void
queue_relation(struct push *push, const char *key_type,
               const struct existing *existing, struct pg_conn *conn)
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
    put_leaf_columns(json, mutation, existing);
    put_earlier_columns(json, mutation, existing, &push->arena);
    json_out_close(json, ']');
    json_out_free(json);
    relation.columns = buf_str(&text);
    journal_queue_relation(conn, &relation);
    buf_free(&text);
}

/* ---- changing it --------------------------------------------------------- */

/* Append the statement that a column needs, if any. */
static bool
change_column(const struct push *push, const struct existing *existing,
              const struct mutation_leaf *leaf, struct buf *changes,
              bool *widens, struct err *err)
{
    const char *has = type_of(existing, leaf->column);
    enum plan_type from, to;

    if (has == NULL) {
        buf_append_str(changes, "ALTER TABLE ");
        append_table(changes, push);
        buf_append_str(changes, " ADD COLUMN ");
        name_append_quoted(changes, leaf->column);
        buf_printf(changes, " %s;\n", plan_type_name(leaf->type));
        return true;
    }
    from = type_named(has);
    if (from == PLAN_TYPE_COUNT)
        return refuse_type(push, leaf->column, has, plan_type_name(leaf->type),
                           err);
    to = common_type(from, leaf->type);
    if (to == from)
        return true;
    *widens = true;
    ddl_widen_type(changes, push->config->schema, push->mutation->table,
                   leaf->column, from, to);
    return true;
}

static bool
find_changes(const struct push *push, const struct existing *existing,
             struct buf *changes, bool *widens, struct err *err)
{
    const struct mutation *mutation = push->mutation;

    *widens = false;
    for (int i = 0; i < mutation->leaf_count; i++)
        if (!change_column(push, existing, &mutation->leaves[i], changes,
                           widens, err))
            return false;
    return true;
}

/* PostgreSQL refuses to change the type of a column that a view reads. */
static bool
change(struct push *push, const struct existing *existing, const char *key_type,
       const char *changes, bool widens, struct pg_conn *conn, struct err *err)
{
    const char *schema = push->config->schema;
    const char *table = push->mutation->table;
    struct views views = {0};
    bool changed;

    if (!pg_begin(conn, err))
        return false;
    changed = pg_script(conn, sql_lock_timeout, err) &&
              (!widens || views_take_down(conn, schema, table, &views, err)) &&
              pg_script(conn, changes, err) && views_put_up(conn, &views, err);
    views_free(&views);
    if (changed) {
        queue_relation(push, key_type, existing, conn);
        return pg_commit(conn, err);
    }
    pg_rollback(conn);
    return err_wrap(err, "changing the columns of %s.%s", schema, table);
}

static bool
adapt(struct push *push, struct pg_conn *conn, struct err *err)
{
    struct buf changes = buf_with_ceiling(SQL_BYTES_MAX);
    struct existing existing = {0};
    bool widens;
    bool ok = look(push, conn, &existing, err);

    if (ok && is_there(&existing)) {
        ok = check_owner(push, &existing, err) &&
             find_changes(push, &existing, &changes, &widens, err);
        if (ok && changes.length > 0)
            ok = change(push, &existing, type_of(&existing, "_key"),
                        buf_str(&changes), widens, conn, err);
    }
    pg_result_free(existing.columns);
    buf_free(&changes);
    return ok;
}

bool
result_table_adapt(struct push *push, struct err *err)
{
    struct pg_conn *conn;
    bool ok;

    if (!settle_connect(push, &conn, err))
        return false;
    ok = adapt(push, conn, err);
    settle_keep(push, conn);
    return ok;
}

/* ---- the key ------------------------------------------------------------- */

/* The type of _key that holds the keys that are there, and those of this push.
 * As text, every key is what bulkpg.push_row has. */
static const char *
common_key(const char *has, const char *type)
{
    enum plan_type from = type_named(has), to = type_named(type);

    if (strcmp(has, type) == 0)
        return has;
    if (from == PLAN_TYPE_COUNT || to == PLAN_TYPE_COUNT)
        return "text";
    return catalog_type(common_type(from, to));
}

static bool
change_key(struct push *push, const struct existing *existing,
           const char *key_type, struct err *err)
{
    struct buf sql = buf_with_ceiling(SQL_BYTES_MAX);
    struct pg_conn *conn;
    bool ok = settle_connect(push, &conn, err);

    buf_append_str(&sql, "ALTER TABLE ");
    append_table(&sql, push);
    buf_printf(&sql, " ALTER COLUMN _key TYPE %s USING _key::%s", key_type,
               key_type);
    if (ok) {
        ok = change(push, existing, key_type, buf_str(&sql), true, conn, err);
        settle_keep(push, conn);
    }
    buf_free(&sql);
    return ok;
}

static bool
make(struct push *push, const char **key_type, const struct existing *existing,
     struct pg_conn *conn, struct err *err)
{
    const char *has = type_of(existing, "_key");

    if (!is_there(existing))
        return schema_make(conn, push->config->schema,
                           push->context->config.readers, err) &&
               create(push, *key_type, conn, err);
    if (has == NULL)
        return refuse_type(push, "_key", "(none)", *key_type, err);
    *key_type = arena_strdup(&push->arena, common_key(has, *key_type));
    return strcmp(has, *key_type) == 0 ||
           change_key(push, existing, *key_type, err);
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
              make(push, &key_type, &existing, conn, err);

    if (ok)
        queue_relation(push, key_type, &existing, conn);
    pg_result_free(existing.columns);
    return ok;
}

/* ---- the statements ---------------------------------------------------- */

/* The leaves that have a column. */
static const struct mutation_leaf *
next_leaf(const struct push *push, const struct existing *existing, int *at)
{
    const struct mutation *mutation = push->mutation;

    while (*at < mutation->leaf_count) {
        const struct mutation_leaf *leaf = &mutation->leaves[(*at)++];

        if (type_of(existing, leaf->column) != NULL)
            return leaf;
    }
    return NULL;
}

/* INSERT INTO table (_key, …) SELECT r.key::type, … `leaves` is NULL if only
 * bulkpg's own columns change. */
static void
append_insert(struct buf *sql, const struct push *push, const char *key_type,
              const struct existing *leaves)
{
    const struct mutation_leaf *leaf;
    int at = 0;

    buf_append_str(sql, "INSERT INTO ");
    append_table(sql, push);
    buf_append_str(sql, " AS t (_key, _push_id, _state, _errors, _pushed_at");
    while (leaves != NULL && (leaf = next_leaf(push, leaves, &at)) != NULL) {
        buf_append_str(sql, ", ");
        name_append_quoted(sql, leaf->column);
    }
    buf_printf(sql, ")\nSELECT r.key::%s, r.push_id, r.state, ", key_type);
}

static void
append_update(struct buf *sql, const struct push *push,
              const struct existing *leaves)
{
    const struct mutation_leaf *leaf;
    int at = 0;

    buf_append_str(sql, "\nON CONFLICT (_key) DO UPDATE SET "
                        "_push_id = excluded._push_id, "
                        "_state = excluded._state, "
                        "_errors = excluded._errors, "
                        "_pushed_at = excluded._pushed_at");
    while (leaves != NULL && (leaf = next_leaf(push, leaves, &at)) != NULL) {
        buf_append_str(sql, ", ");
        name_append_quoted(sql, leaf->column);
        buf_append_str(sql, " = excluded.");
        name_append_quoted(sql, leaf->column);
    }
}

/* `leaves`: of answers that applied; NULL: of the others. */
static const char *
put_answers(const struct push *push, const char *key_type,
            const struct existing *leaves, struct arena *arena)
{
    struct buf sql = buf_with_ceiling(SQL_BYTES_MAX);
    const struct mutation_leaf *leaf;
    const char *made;
    int at = 0;

    append_insert(&sql, push, key_type, leaves);
    buf_append_str(&sql, "nullif(a.errors, 'null'), clock_timestamp()");
    while (leaves != NULL && (leaf = next_leaf(push, leaves, &at)) != NULL) {
        buf_append_str(&sql, ", (a.leaves ->> ");
        name_append_literal(&sql, leaf->column);
        buf_printf(&sql, ")::%s", type_of(leaves, leaf->column));
    }
    buf_printf(&sql,
               "\nFROM jsonb_to_recordset($2::jsonb)\n"
               "  AS a (number bigint, state text, errors jsonb, "
               "leaves jsonb)\n"
               "JOIN bulkpg.push_row r\n"
               "  ON r.push_id = $1::bigint AND r.number = a.number\n"
               "WHERE a.state %s 'applied'",
               leaves != NULL ? "=" : "<>");
    append_update(&sql, push, leaves);
    made = arena_strdup(arena, buf_str(&sql));
    buf_free(&sql);
    return made;
}

static const char *
put_unknown(const struct push *push, const char *key_type, struct arena *arena)
{
    struct buf sql = buf_with_ceiling(SQL_BYTES_MAX);
    const char *made;

    append_insert(&sql, push, key_type, NULL);
    buf_append_str(&sql, "NULL, clock_timestamp()\n"
                         "FROM bulkpg.push_row r\n"
                         "WHERE r.push_id = $1::bigint AND r.n = $2::integer\n"
                         "  AND r.n > 0\n"
                         "  AND r.state = 'unknown'\n"
                         "  AND NOT EXISTS (SELECT FROM bulkpg.push_error e\n"
                         "                  WHERE e.push_id = r.push_id\n"
                         "                    AND e.number = r.number)");
    append_update(&sql, push, NULL);
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
        table->put_applied =
            put_answers(push, key_type, &existing, &push->arena);
        table->put_others = put_answers(push, key_type, NULL, &push->arena);
        table->put_unknown = put_unknown(push, key_type, &push->arena);
    } else if (key_type == NULL) {
        *table = (struct result_table){.put_applied = NULL};
    }
    pg_result_free(existing.columns);
    return key_type == NULL || table->put_applied != NULL;
}

/* ---- before anything is sent --------------------------------------------- */

static bool
blame_table(const struct push *push, struct err *err)
{
    if (err->kind == ERR_TRANSIENT || err->kind == ERR_STOPPED)
        return false;
    err_wrap(err, "the table %s.%s cannot take the answers",
             push->config->schema, push->mutation->table);
    err_code(err, MSG_TABLE_OWNED);
    err_hint(err, "undo what was changed in the table, or rename it; then the "
                  "next push creates another one");
    return err_as(err, ERR_CONFIG);
}

/* Without answers, the statements change nothing. */
static bool
try_statements(struct push *push, const struct result_table *table,
               const char *push_id, struct pg_conn *conn, struct err *err)
{
    const char *answers[] = {push_id, "[]"}, *chunk[] = {push_id, "0"};

    pg_queue(conn, table->put_applied, 2, answers, NULL);
    pg_queue(conn, table->put_others, 2, answers, NULL);
    pg_queue(conn, table->put_unknown, 2, chunk, NULL);
    return pg_settle(conn, err) || blame_table(push, err);
}

/* The keys of a SELECT or a file have the type of _key, but those of an earlier
 * push may have another one. */
static bool
try_keys(struct push *push, const char *push_id, struct pg_conn *conn,
         struct err *err)
{
    struct buf sql = buf_with_ceiling(SQL_BYTES_MAX);
    struct existing existing;
    const char *values[] = {push_id};
    bool ok;

    if (push->rows_from == PUSH_SELECTED)
        return true;
    if (!look(push, conn, &existing, err))
        return false;
    buf_printf(&sql,
               "SELECT count(key::%s) FROM bulkpg.push_row "
               "WHERE push_id = $1::bigint AND n > 0",
               type_of(&existing, "_key"));
    ok = pg_exec(conn, buf_str(&sql), 1, values, NULL, err) ||
         blame_table(push, err);
    pg_result_free(existing.columns);
    buf_free(&sql);
    return ok;
}

bool
result_table_check(struct push *push, struct pg_conn *conn, struct err *err)
{
    struct result_table table = {.put_applied = NULL};
    char push_id[NUMBER_BYTES];

    snprintf(push_id, sizeof(push_id), "%lld", (long long)push->ref.push_id);
    if (!result_table_statements(push, conn, &table, err))
        return false;
    return table.put_applied == NULL || /* there is no table */
           (try_statements(push, &table, push_id, conn, err) &&
            try_keys(push, push_id, conn, err));
}
