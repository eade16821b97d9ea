/*
 * The checks query the catalogs, table by table, and stop at the first problem.
 * They compare the statements that the run would send (adapt_table_changes())
 * with bulkpg's rights and with the objects that depend on the columns. The
 * hint of the error has a statement that solves the problem.
 *
 * Hazard. The catalogs may change between a check and the run's own change.
 * Then that change fails, and obstacle_explain() explains it if it can.
 */
#include "load/obstacle.h"

#include <stdio.h>
#include <string.h>

#include "json/write.h"
#include "load/adapt.h"
#include "load/encode.h"
#include "pg/queue.h"
#include "plan/ddl.h"
#include "plan/names.h"
#include "sql.h"

enum { SQL_BYTES_MAX = 1024 * 1024, HINT_BYTES = 400 };

/* One table that is checked. */
struct site {
    struct pg_conn *conn;
    const struct plan_table *table;
    const char *schema;
    const struct target *target;
};

/* ---- rights ------------------------------------------------------------ */

static bool
refuse_schema(const char *schema, bool exists, struct err *err)
{
    err_set(err, MSG_42501,
            exists ? "no right to create tables in schema %s"
                   : "no right to create schema %s",
            schema);
    if (exists)
        return err_hint(err,
                        "GRANT USAGE, CREATE ON SCHEMA \"%s\" TO the role "
                        "that bulkpg connects as",
                        schema);
    return err_hint(err,
                    "GRANT CREATE ON DATABASE to the role that bulkpg "
                    "connects as, or run CREATE SCHEMA \"%s\" AUTHORIZATION "
                    "with that role",
                    schema);
}

bool
obstacle_in_schema(struct pg_conn *conn, const char *schema, bool *exists,
                   struct err *err)
{
    const char *values[] = {schema};
    struct pg_result *result;
    bool may_create;

    if (!pg_exec(conn, sql_schema_rights, 1, values, &result, err))
        return false;
    *exists = pg_bool(result, 0, 0);
    may_create = pg_bool(result, 0, 1);
    pg_result_free(result);
    return may_create || refuse_schema(schema, *exists, err);
}

/* Columns of sql_table_rights. */
enum { OWNS, WRITES, OWNER, ROLE };

static bool
refuse_write(const struct site *site, const char *role, struct err *err)
{
    err_set(err, MSG_42501, "no right to read and write table %s.%s",
            site->schema, site->table->name);
    return err_hint(err,
                    "GRANT SELECT, INSERT, UPDATE, DELETE ON \"%s\".\"%s\" "
                    "TO %s",
                    site->schema, site->table->name, role);
}

static bool
refuse_change(const struct site *site, const char *owner, const char *role,
              const struct buf *changes, struct err *err)
{
    err_set(err, MSG_42501,
            "table %s.%s must change, but only its owner %s may change it",
            site->schema, site->table->name, owner);
    return err_hint(err,
                    "ALTER TABLE \"%s\".\"%s\" OWNER TO %s; or run as role "
                    "%s: %.*s",
                    site->schema, site->table->name, role, owner, HINT_BYTES,
                    buf_str(changes));
}

static bool
check_rights(const struct site *site, struct err *err)
{
    const char *values[] = {site->schema, site->table->name};
    struct buf changes = buf_with_ceiling(SQL_BYTES_MAX);
    struct pg_result *result;
    bool may = true;

    if (!pg_exec(site->conn, sql_table_rights, 2, values, &result, err))
        return false;
    adapt_table_changes(&changes, site->table, site->schema, site->target);
    if (pg_rows(result) == 0)
        may = true; /* the table has been dropped meanwhile */
    else if (!pg_bool(result, 0, WRITES))
        may = refuse_write(site, pg_text(result, 0, ROLE), err);
    else if (changes.length > 0 && !pg_bool(result, 0, OWNS))
        may = refuse_change(site, pg_text(result, 0, OWNER),
                            pg_text(result, 0, ROLE), &changes, err);
    buf_free(&changes);
    pg_result_free(result);
    return may;
}

/* ---- columns that other objects use ------------------------------------ */

static bool
refuse_used(const struct site *site, const char *column, const char *used_by,
            struct err *err)
{
    struct buf changes = buf_with_ceiling(SQL_BYTES_MAX);

    adapt_table_changes(&changes, site->table, site->schema, site->target);
    err_set(err, MSG_COLUMN_IN_USE,
            "column %s of %s.%s must change, but %s depends on it", column,
            site->schema, site->table->name, used_by);
    err_hint(err,
             "drop it, run the job again, then create it; the run executes: "
             "%.*s",
             HINT_BYTES, buf_str(&changes));
    buf_free(&changes);
    return false;
}

static bool
check_columns(const struct site *site, struct err *err)
{
    struct buf names = buf_with_ceiling(SQL_BYTES_MAX);
    const char *values[] = {site->schema, site->table->name, NULL};
    struct pg_result *result;
    bool is_free = true;

    if (adapt_changed_columns(&names, site->table, site->target)) {
        values[2] = buf_str(&names);
        is_free =
            pg_exec(site->conn, sql_column_users, 3, values, &result, err);
        if (is_free && pg_rows(result) > 0)
            is_free = refuse_used(site, pg_text(result, 0, 0),
                                  pg_text(result, 0, 1), err);
        pg_result_free(result);
    }
    buf_free(&names);
    return is_free;
}

/* ---- inheritance --------------------------------------------------------- */

/* Append the columns that will be added, {"name": type's oid, ...}. False if
 * there are none. */
static bool
append_added(struct buf *to, const struct site *site)
{
    const struct plan_table *table = site->table;
    struct json_out *json = json_out_new(to);
    bool mark = table->marks_deleted && !site->target->has_mark;
    bool position = table->has_position && !site->target->has_position;
    bool any = mark || position;

    json_out_open(json, '{');
    for (int i = 0; i < table->column_count; i++) {
        if (site->target->has_column[i])
            continue;
        json_out_number(json, table->columns[i].name,
                        encode_oid(plan_column_type(&table->columns[i])));
        any = true;
    }
    if (mark)
        json_out_number(json, "_deleted_at", encode_oid(PLAN_TIMESTAMPTZ));
    if (position)
        json_out_number(json, "_position", encode_oid(PLAN_INTEGER));
    json_out_close(json, '}');
    json_out_free(json);
    return any;
}

static bool
refuse_heir(const struct site *site, const char *column, const char *heir,
            struct err *err)
{
    struct buf changes = buf_with_ceiling(SQL_BYTES_MAX);

    adapt_table_changes(&changes, site->table, site->schema, site->target);
    err_set(err, MSG_COLUMN_IN_USE,
            "column %s of %s.%s must change, but %s is connected with that "
            "table by inheritance",
            column, site->schema, site->table->name, heir);
    err_hint(err,
             "end the inheritance with ALTER TABLE ... NO INHERIT or DETACH "
             "PARTITION, then run the job again; the run executes: %.*s",
             HINT_BYTES, buf_str(&changes));
    buf_free(&changes);
    return false;
}

static bool
check_heirs(const struct site *site, struct err *err)
{
    struct buf changed = buf_with_ceiling(SQL_BYTES_MAX);
    struct buf added = buf_with_ceiling(SQL_BYTES_MAX);
    const char *values[] = {site->schema, site->table->name, NULL, NULL};
    struct pg_result *result;
    bool is_free = true;
    bool changes = adapt_changed_columns(&changed, site->table, site->target);

    if (append_added(&added, site) || changes) {
        values[2] = buf_str(&changed);
        values[3] = buf_str(&added);
        is_free = pg_exec(site->conn, sql_table_heirs, 4, values, &result, err);
        if (is_free && pg_rows(result) > 0)
            is_free = refuse_heir(site, pg_text(result, 0, 0),
                                  pg_text(result, 0, 1), err);
        pg_result_free(result);
    }
    buf_free(&changed);
    buf_free(&added);
    return is_free;
}

/* ---- names ------------------------------------------------------------- */

/* Append the names of the indexes that the run would create: all indexes of a
 * new table, or those that an existing table lacks. False if there are none. */
static bool
append_names(struct buf *to, const struct site *site, struct arena *arena)
{
    const struct plan_table *table = site->table;
    struct json_out *names = json_out_new(to);
    bool any = !site->target->exists;

    json_out_open(names, '[');
    if (!site->target->exists)
        json_out_string(names, ddl_key_name(arena, table));
    for (int i = 0; i < table->column_count; i++) {
        bool wants = site->target->exists ? table->columns[i].index &&
                                                !site->target->has_index[i]
                                          : ddl_has_index(table, i);

        if (wants)
            json_out_string(names, ddl_index_name(arena, table, i));
        any = any || wants;
    }
    json_out_close(names, ']');
    json_out_free(names);
    return any;
}

static bool
refuse_taken(const struct site *site, const char *name, const char *what,
             struct err *err)
{
    err_set(err, MSG_NAME_TAKEN,
            "%s has the name that bulkpg would give to an index of %s.%s", what,
            site->schema, site->table->name);
    return err_hint(err,
                    "rename it with ALTER TABLE \"%s\".\"%s\" RENAME TO ...",
                    site->schema, name);
}

static bool
check_names(const struct site *site, struct err *err)
{
    struct arena arena = {0};
    struct buf names = buf_with_ceiling(SQL_BYTES_MAX);
    const char *values[] = {site->schema, NULL};
    struct pg_result *result;
    bool is_free = true;

    if (append_names(&names, site, &arena)) {
        values[1] = buf_str(&names);
        is_free = pg_exec(site->conn, sql_names_taken, 2, values, &result, err);
        if (is_free && pg_rows(result) > 0)
            is_free = refuse_taken(site, pg_text(result, 0, 0),
                                   pg_text(result, 0, 1), err);
        pg_result_free(result);
    }
    buf_free(&names);
    arena_free(&arena);
    return is_free;
}

/* ---- all checks -------------------------------------------------------- */

/* As if the table were new: an existing one usually has all its indexes. */
static void
ask_names_ahead(const struct site *site, const void *owner)
{
    struct arena arena = {0};
    struct buf names = buf_with_ceiling(SQL_BYTES_MAX);
    const char *values[] = {site->schema, NULL};

    append_names(&names, site, &arena);
    values[1] = buf_str(&names);
    pg_ask_ahead(site->conn, owner, sql_names_taken, 2, values);
    buf_free(&names);
    arena_free(&arena);
}

void
obstacle_ahead(struct pg_conn *conn, const void *owner, const struct plan *plan,
               const char *schema, const struct target *targets)
{
    static const struct target new = {.exists = false};

    pg_ask_ahead(conn, owner, sql_schema_rights, 1, &schema);
    for (int i = 0; i < plan->table_count; i++) {
        const char *values[] = {schema, plan->tables[i].name};
        struct site site = {.conn = conn,
                            .table = &plan->tables[i],
                            .schema = schema,
                            .target = &new};

        if (site.table->skip)
            continue;
        pg_ask_ahead(conn, owner, sql_table_rights, 2, values);
        if (targets == NULL || !targets[i].exists)
            ask_names_ahead(&site, owner);
    }
}

bool
obstacle_find(struct pg_conn *conn, const struct plan *plan, const char *schema,
              const struct target *targets, struct err *err)
{
    for (int i = 0; i < plan->table_count; i++) {
        struct site site = {.conn = conn,
                            .table = &plan->tables[i],
                            .schema = schema,
                            .target = &targets[i]};

        if (site.table->skip)
            continue;
        if (site.target->exists &&
            (!check_rights(&site, err) || !check_columns(&site, err) ||
             !check_heirs(&site, err)))
            return false;
        if (!check_names(&site, err))
            return false;
    }
    return true;
}

/* ---- functions of users -------------------------------------------------- */

/* Columns of sql_table_functions. */
enum { OBJECT, FUNCTION, ALTER, UNNAMED };

/* Is it the error that a table, function, type or schema does not exist? */
static bool
is_missing_name(const struct err *err)
{
    static const char *const codes[] = {"42P01", "42883", "42704", "3F000"};

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (strcmp(err->code, codes[i]) == 0)
            return true;
    return false;
}

static void
name_function(const struct pg_result *result, struct err *err)
{
    char words[sizeof(err->message)];

    snprintf(words, sizeof(words), "%s", err->message);
    err_set(err, MSG_SEARCH_PATH,
            "%s calls %s, which does not find a name under bulkpg's "
            "search_path, pg_catalog: %s",
            pg_text(result, 0, OBJECT), pg_text(result, 0, FUNCTION), words);
    err_hint(err, "%s; or write the names in the function with their schemas",
             pg_text(result, 0, ALTER));
}

static void
append_table_names(struct buf *to, const struct plan *plan)
{
    struct json_out *names = json_out_new(to);

    json_out_open(names, '[');
    for (int i = 0; i < plan->table_count; i++)
        if (!plan->tables[i].skip)
            json_out_string(names, plan->tables[i].name);
    json_out_close(names, ']');
    json_out_free(names);
}

void
obstacle_explain(struct pg_conn *conn, const struct plan *plan,
                 const char *schema, struct err *err)
{
    struct buf names = buf_with_ceiling(SQL_BYTES_MAX);
    const char *values[] = {schema, NULL, err->message};
    struct pg_result *result;
    struct err other;

    if (!is_missing_name(err) || !pg_is_alive(conn))
        return;
    append_table_names(&names, plan);
    values[1] = buf_str(&names);
    if (pg_exec(conn, sql_table_functions, 3, values, &result, &other)) {
        if (pg_rows(result) > 0)
            name_function(result, err);
        pg_result_free(result);
    }
    buf_free(&names);
}
