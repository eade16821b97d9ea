/*
 * A table that bulkpg created may differ from the plan in three ways:
 *
 *     a column is missing       it will be added, unless it is in the key
 *     a column is wider         the plan changes: ids are loaded as text, a
 *                               bigint as numeric
 *     a column is narrower      it will be widened, if its type can widen
 *
 * All other differences are errors: another key, another type, a view with the
 * table's name, a table or column that bulkpg did not create. The hint says how
 * to fix them.
 *
 * The journal knows which tables and columns bulkpg created (struct
 * target_memory). If such a column is missing, it was dropped by hand: it is
 * added again, and every row is rewritten.
 */
#include "load/target.h"

#include <string.h>

#include "load/encode.h"
#include "load/foreign.h"
#include "load/versions.h"
#include "pg/queue.h"
#include "plan/ddl.h"
#include "plan/layout.h"
#include "plan/names.h"
#include "sql.h"

/* Columns of sql_table_columns. */
enum { KIND, NAME, TYPE, TYPE_OID, IN_KEY, INDEXED, ROWS_ABOUT };

enum { SQL_BYTES_MAX = 16 * 1024 * 1024 };

static int
find_row(const struct pg_result *result, const char *name)
{
    for (int i = 0; i < pg_rows(result); i++)
        if (!pg_is_null(result, i, NAME) &&
            strcmp(pg_text(result, i, NAME), name) == 0)
            return i;
    return -1;
}

/* PLAN_TYPE_COUNT if no plan has the type, or if it has a modifier, as in
 * numeric(10,2). */
static enum plan_type
type_at(const struct pg_result *result, int row)
{
    return encode_type_of((uint32_t)pg_int64(result, row, TYPE_OID));
}

bool
target_refuse_type(const char *schema, const char *table, const char *column,
                   const char *has, const char *wants, struct err *err)
{
    err_set(err, MSG_COLUMN_TYPE,
            "column %s of %s.%s is %s, but the query gives %s", column, schema,
            table, has, wants);
    return err_hint(err,
                    "ALTER TABLE \"%s\".\"%s\" ALTER COLUMN \"%s\" TYPE %s "
                    "USING \"%s\"::%s; or set the column's type in the query "
                    "with @column(type:)",
                    schema, table, column, wants, column, wants);
}

static bool
refuse_missing(const struct plan_table *table, const char *schema,
               const struct layout_column *column, struct err *err)
{
    err_set(err, MSG_COLUMN_MISSING, "table %s.%s lacks bulkpg's own column %s",
            schema, table->name, column->name);
    return err_hint(err, "ALTER TABLE \"%s\".\"%s\" ADD COLUMN \"%s\" %s",
                    schema, table->name, column->name,
                    plan_type_name(column->type));
}

static bool
refuse_key(const struct plan_table *table, const char *schema,
           const struct layout_column *column, bool is_there, struct err *err)
{
    struct arena arena = {0};
    struct buf key = buf_with_ceiling(SQL_BYTES_MAX);

    if (is_there)
        err_set(err, MSG_TABLE_KEY,
                "the primary key of %s.%s is not the key of the query's rows: "
                "they differ in column %s",
                schema, table->name, column->name);
    else
        err_set(err, MSG_TABLE_KEY, "table %s.%s lacks the key column %s",
                schema, table->name, column->name);
    ddl_append_key_columns(&key, table);
    err_hint(err,
             "if the table was changed by hand, %s and run ALTER TABLE "
             "\"%s\".\"%s\" DROP CONSTRAINT IF EXISTS \"%s\", ADD PRIMARY KEY "
             "(%s); otherwise give the table another name with @table(name:), "
             "or DROP TABLE \"%s\".\"%s\" to load it from scratch",
             is_there ? "undo the change" : "restore the column's name", schema,
             table->name, ddl_key_name(&arena, table), buf_str(&key), schema,
             table->name);
    buf_free(&key);
    arena_free(&arena);
    return false;
}

/* If a gid column is a number and the plan says text, the run widens the
 * column. If it is text and the plan says number, an earlier run has widened
 * it. */
bool
target_fits_gid(struct plan_gid *gid, enum plan_type type)
{
    if (type == PLAN_TEXT)
        gid->whole = true;
    return type == PLAN_TEXT || type == PLAN_BIGINT ||
           (gid->whole && plan_type_widens(type, PLAN_TEXT));
}

/* The same holds for a bigint whose values may become larger, and numeric. A
 * column of any other type may only be narrower than the plan's. */
bool
target_fits_data(struct plan_column *data, enum plan_type type)
{
    if (data->gid != NULL)
        return target_fits_gid(data->gid, type);
    if (data->may_grow && type == PLAN_NUMERIC)
        data->type = PLAN_NUMERIC;
    return type == data->type || plan_type_widens(type, data->type);
}

/* ---- masks --------------------------------------------------------------- */

static enum mask_change
change_of(const struct plan_column *column, const struct target_mask *had)
{
    if (column->mask == PLAN_MASK_NONE ||
        (span_same_text(had->how, mask_name(column->mask)) &&
         span_same_text(had->key, column->mask_key)))
        return MASK_KEEPS;
    return had->how == NULL && column->mask != PLAN_MASK_NULL ? MASK_APPLIES
                                                              : MASK_CLEARS;
}

static void
find_mask_changes(const struct plan_table *table,
                  const struct target_memory *memory, struct target *target,
                  struct arena *arena)
{
    size_t count = (size_t)table->column_count + 1;

    target->masks = memory->masks;
    if (target->masks == NULL)
        target->masks = arena_array(arena, count, sizeof(*target->masks));
    target->mask_change =
        arena_array(arena, count, sizeof(*target->mask_change));
    target->plain_gids = arena_array(arena, count, sizeof(const char *));
    for (int i = 0; i < table->column_count; i++) {
        target->mask_change[i] =
            change_of(&table->columns[i], &target->masks[i]);
        target->plain_gids[i] = target->masks[i].gid_type;
    }
}

/* What a history has is not known if it was not kept when the table got a mask.
 * Such values are set to NULL, because nothing must be hashed twice. */
static void
find_history_changes(const struct plan_table *table,
                     const struct target_memory *memory, struct target *target,
                     struct arena *arena)
{
    size_t count = (size_t)table->column_count + 1;
    enum mask_change *change = arena_array(arena, count, sizeof(*change));
    bool *knows = arena_array(arena, count, sizeof(*knows));

    for (int i = 0; i < table->column_count; i++) {
        knows[i] = memory->knows_history && memory->had_column != NULL &&
                   memory->had_column[i];
        change[i] = knows[i] || table->columns[i].mask == PLAN_MASK_NONE
                        ? target->mask_change[i]
                        : MASK_CLEARS;
    }
    target->history = (struct history_state){.mask_change = change,
                                             .knows_mask = knows,
                                             .plain_gids = target->plain_gids};
}

enum mask_change
target_mask_change(const struct target *target, int column)
{
    return target->mask_change != NULL ? target->mask_change[column]
                                       : MASK_KEEPS;
}

/* ---- columns ------------------------------------------------------------- */

static bool
inspect_column(const struct plan_table *table, const char *schema,
               const struct layout_column *column,
               const struct pg_result *result, const bool *had_column,
               struct target *target, struct err *err)
{
    int row = find_row(result, column->name);
    struct plan_column *data =
        column->role == LAYOUT_DATA ? &table->columns[column->data] : NULL;
    enum plan_type type;
    bool fits;

    if (row < 0 && data != NULL && !column->in_key) { /* the run adds it */
        target->lost_column = target->lost_column || had_column[column->data];
        return true;
    }
    if (row < 0 && column->role == LAYOUT_DELETED_AT)
        return true; /* the run adds it */
    if (row < 0 && column->role == LAYOUT_PLACE)
        return true; /* the run adds it */
    target->has_position = target->has_position || column->role == LAYOUT_PLACE;
    if (row < 0 && !column->in_key)
        return refuse_missing(table, schema, column, err);
    if (row < 0 || pg_bool(result, row, IN_KEY) != column->in_key)
        return refuse_key(table, schema, column, row >= 0, err);
    type = type_at(result, row);
    if (data != NULL &&
        target_mask_change(target, column->data) != MASK_KEEPS) {
        target->has_column[column->data] = true;
        target->has_index[column->data] = pg_bool(result, row, INDEXED);
        target->has_type[column->data] = type;
        fits = true; /* the column is rewritten */
    } else if (data != NULL) {
        target->has_column[column->data] = true;
        target->has_index[column->data] = pg_bool(result, row, INDEXED);
        target->has_type[column->data] = type;
        fits = target_fits_data(data, type);
    } else if (column->role == LAYOUT_PARENT) {
        target->parent_is_number = type == PLAN_BIGINT;
        fits = target_fits_gid(table->parent_gid, type);
    } else {
        fits = type == column->type;
    }
    return fits || target_refuse_type(schema, table->name, column->name,
                                      pg_text(result, row, TYPE),
                                      plan_type_name(column->type), err);
}

/* ---- one table ----------------------------------------------------------- */

/* This also matters if the query no longer marks rows: marked rows may be in
 * the result again. */
static bool
has_mark(const struct pg_result *result, const struct target_memory *memory)
{
    int row = find_row(result, "_deleted_at");

    return memory->had_mark && row >= 0 &&
           type_at(result, row) == PLAN_TIMESTAMPTZ;
}

static bool
inspect_columns(const struct plan_table *table, const char *schema,
                const struct pg_result *result,
                const struct target_memory *memory, struct target *target,
                struct arena *arena, struct err *err)
{
    struct layout_column *columns =
        arena_array(arena, (size_t)(table->column_count + LAYOUT_OWN_MAX),
                    sizeof(*columns));
    int count = layout_columns(table, columns);

    for (int i = 0; i < count; i++)
        if (columns[i].in_table &&
            !inspect_column(table, schema, &columns[i], result,
                            memory->had_column, target, err))
            return false;
    target->has_mark = has_mark(result, memory);
    target->lost_column =
        target->lost_column || memory->lacked_column ||
        (table->has_position && memory->had_position && !target->has_position);
    return true;
}

static bool
refuse_foreign(const struct plan_table *table, const char *schema,
               struct err *err)
{
    err_set(err, MSG_TABLE_FOREIGN,
            "table %s.%s exists, but bulkpg did not create it", schema,
            table->name);
    return false;
}

static bool
refuse_kind(const struct plan_table *table, const char *schema, struct err *err)
{
    err_set(err, MSG_TABLE_KIND, "%s.%s is not a table any more", schema,
            table->name);
    return false;
}

/* Is it an ordinary or a partitioned table? */
static bool
is_table(const struct pg_result *result)
{
    return strchr("rp", pg_text(result, 0, KIND)[0]) != NULL;
}

static const char *const *
column_names(const struct pg_result *result, struct arena *arena)
{
    const char **names =
        arena_array(arena, (size_t)pg_rows(result) + 1, sizeof(*names));
    int count = 0;

    for (int i = 0; i < pg_rows(result); i++)
        if (!pg_is_null(result, i, NAME))
            names[count++] = arena_strdup(arena, pg_text(result, i, NAME));
    return names;
}

static bool
inspect_table(struct pg_conn *conn, const struct plan *plan,
              const struct plan_table *table, const char *schema,
              const struct target_memory *memory, struct target *target,
              struct arena *arena, struct err *err)
{
    const char *values[] = {schema, table->name};
    struct pg_result *result;
    bool fits = true;

    target->has_column = arena_array(arena, (size_t)table->column_count + 1,
                                     sizeof(*target->has_column));
    target->has_index = arena_array(arena, (size_t)table->column_count + 1,
                                    sizeof(*target->has_index));
    target->has_type = arena_array(arena, (size_t)table->column_count + 1,
                                   sizeof(*target->has_type));
    find_mask_changes(table, memory, target, arena);
    find_history_changes(table, memory, target, arena);
    if (!pg_exec(conn, sql_table_columns, 2, values, &result, err))
        return false;
    target->exists = pg_rows(result) > 0;
    target->names = column_names(result, arena);
    if (target->exists && !memory->is_owned)
        fits = refuse_foreign(table, schema, err);
    else if (target->exists && !is_table(result))
        fits = refuse_kind(table, schema, err);
    else if (target->exists)
        fits =
            foreign_check(plan, table, schema, target, memory, err) &&
            inspect_columns(table, schema, result, memory, target, arena, err);
    target->is_partitioned =
        target->exists && pg_text(result, 0, KIND)[0] == 'p';
    target->rows_about = pg_int64(result, 0, ROWS_ABOUT);
    pg_result_free(result);
    return fits;
}

bool
target_has(const struct target *target, const char *name)
{
    for (const char *const *at = target->names; at != NULL && *at != NULL; at++)
        if (strcmp(*at, name) == 0)
            return true;
    return false;
}

void
target_inspect_ahead(struct pg_conn *conn, const void *owner,
                     const struct plan *plan, const char *schema)
{
    for (int i = 0; i < plan->table_count; i++) {
        const char *values[] = {schema, plan->tables[i].name};

        if (plan->tables[i].skip)
            continue;
        pg_ask_ahead(conn, owner, sql_table_columns, 2, values);
        versions_inspect_ahead(conn, owner, &plan->tables[i], schema);
    }
}

bool
target_inspect(struct pg_conn *conn, struct plan *plan, const char *schema,
               const struct target_memory *memory, struct target *targets,
               struct arena *arena, struct err *err)
{
    for (int i = 0; i < plan->table_count; i++) {
        targets[i] = (struct target){.exists = false};
        if (!plan->tables[i].skip &&
            (!inspect_table(conn, plan, &plan->tables[i], schema, &memory[i],
                            &targets[i], arena, err) ||
             !versions_inspect(conn, &plan->tables[i], schema,
                               &targets[i].history, arena, err)))
            return false;
    }
    return true;
}

bool
target_holds_type(struct pg_conn *conn, const struct plan_table *table,
                  const struct target *target, const char *schema,
                  const char *type, bool *held, struct err *err)
{
    struct buf sql = buf_with_ceiling(SQL_BYTES_MAX);
    struct pg_result *result;
    bool asked;

    buf_append_str(&sql, "SELECT EXISTS (SELECT FROM ");
    buf_append_str(&sql, target->is_partitioned ? "" : "ONLY ");
    ddl_append_qualified(&sql, schema, table->name);
    buf_append_str(&sql, " WHERE starts_with(");
    name_append_quoted(&sql, plan_id_column(table));
    buf_append_str(&sql, "::text, 'gid://shopify/' || $1 || '/'))");
    asked = pg_exec(conn, buf_str(&sql), 1, &type, &result, err);
    buf_free(&sql);
    if (!asked)
        return false;
    *held = pg_bool(result, 0, 0);
    pg_result_free(result);
    return true;
}
