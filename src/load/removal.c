/*
 * Removals of the same table and kind are one statement. It is a chain of
 * steps, each a DELETE in a WITH: first the rows themselves, then for each
 * table below them the rows whose parents a step before has deleted.
 *
 *     WITH r1 AS (DELETE …), r2 AS (DELETE … r1 …), r3 AS (DELETE … r1 …)
 *     SELECT (SELECT count(*) FROM r1) + …, …
 *
 * Hazard. All steps see staging as it was before the statement. So if a step
 * tests whether a parent is still staged, it must ignore the rows that the step
 * above deletes.
 */
#include "load/removal.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "json/tree.h"
#include "json/write.h"
#include "load/encode.h"
#include "pg/queue.h"
#include "plan/pages.h"
#include "plan/template.h"
#include "sql.h"

enum {
    STATEMENT_BYTES_MAX = 1024 * 1024,
    IDS_BYTES_MAX = 64 * 1024 * 1024,
    STEP_BYTES = 16,
    NUMBER_BYTES = 32
};

enum kind { REMOVE_ALL, REMOVE_PARENTS, REMOVE_ROWS, REMOVE_PAIRS };

static enum kind
kind_of(const struct loader_removal *removal)
{
    if (removal->parent_id != NULL)
        return removal->id != NULL ? REMOVE_PAIRS : REMOVE_PARENTS;
    return removal->id != NULL ? REMOVE_ROWS : REMOVE_ALL;
}

/* The column of staging that has the rows' ids; NULL: none. */
static const char *
row_id_column(const struct plan_table *table)
{
    return table->stages_id ? "_id" : plan_id_column(table);
}

/* ---- ids ----------------------------------------------------------------- */

/* An id in the form in which staging has it; NULL: staging cannot have it,
 * because its numbers are those of ids of another type. */
static const char *
staged_id(const struct plan_gid *gid, const char *id, char text[NUMBER_BYTES])
{
    int64_t number;

    if (gid == NULL)
        return NULL;
    if (gid->whole)
        return id;
    if (!encode_gid_number(gid, span_str(id), &number))
        return NULL;
    snprintf(text, NUMBER_BYTES, "%lld", (long long)number);
    return text;
}

static void
put_removal(struct json_out *json, const struct loader_removal *removal)
{
    const struct plan_table *table = removal->table;
    char parent[NUMBER_BYTES], own[NUMBER_BYTES];
    const char *ids[2];
    int count = 0;

    if (removal->parent_id != NULL)
        ids[count++] = staged_id(table->parent_gid, removal->parent_id, parent);
    if (removal->id != NULL)
        ids[count++] = staged_id(table->id_gid, removal->id, own);
    if (ids[0] == NULL || ids[count - 1] == NULL)
        return;
    if (count == 2)
        json_out_open(json, '[');
    for (int i = 0; i < count; i++)
        json_out_string(json, ids[i]);
    if (count == 2)
        json_out_close(json, ']');
}

/* ---- the statement ------------------------------------------------------- */

struct removing {
    struct pg_conn *conn;
    const char *schema;
    const struct loader_table *tables;
    int table_count;
    bool *has_step; /* by plan table */
    struct buf sql;
};

static const char *
step_name(char name[STEP_BYTES], const struct plan_table *table)
{
    snprintf(name, STEP_BYTES, "r%d", table->index + 1);
    return name;
}

static void
set_table(struct template_values *values, const struct removing *removing,
          const struct plan_table *table)
{
    char step[STEP_BYTES];

    template_sql(values, "step",
                 arena_strdup(&values->arena, step_name(step, table)));
    template_name(values, "stage", removing->schema,
                  removing->tables[table->index].stage);
    template_name(values, "parent_column", NULL, table->parent_column);
    template_name(values, "row_id", NULL, row_id_column(table));
    if (table->parent_gid != NULL)
        template_sql(values, "parent_type",
                     plan_type_name(plan_gid_column_type(table->parent_gid)));
    if (table->id_gid != NULL)
        template_sql(values, "id_type",
                     plan_type_name(plan_gid_column_type(table->id_gid)));
    template_flag(values, "list", table->kind == PLAN_LIST);
}

static void
append_step(struct removing *removing, const char *text,
            const struct plan_table *table, struct template_values *values)
{
    buf_append_str(&removing->sql, removing->sql.length > 0 ? ",\n" : "WITH ");
    template_append(&removing->sql, text, values);
    template_free(values);
    removing->has_step[table->index] = true;
}

static void
append_rows(struct removing *removing, const struct plan_table *table,
            enum kind kind)
{
    struct template_values values = {.count = 0};

    set_table(&values, removing, table);
    template_flag(&values, "parents", kind == REMOVE_PARENTS);
    template_flag(&values, "rows", kind == REMOVE_ROWS);
    template_flag(&values, "pairs", kind == REMOVE_PAIRS);
    append_step(removing, sql_remove_rows, table, &values);
}

/* A table whose parents have no ids in staging has no rows below them. */
static void
append_below(struct removing *removing, const struct plan_table *table)
{
    struct template_values values = {.count = 0};
    const struct plan_table *parent = table->parent;
    char above[STEP_BYTES];

    if (parent == NULL || !removing->has_step[parent->index] ||
        removing->tables[table->index].stage == NULL ||
        (table->kind != PLAN_LIST && row_id_column(parent) == NULL))
        return;
    set_table(&values, removing, table);
    template_sql(&values, "above", step_name(above, parent));
    template_name(&values, "parent_stage", removing->schema,
                  removing->tables[parent->index].stage);
    template_name(&values, "parent_id", NULL, row_id_column(parent));
    append_step(removing, sql_remove_below, table, &values);
}

static void
append_counts(struct removing *removing, const struct plan_table *first)
{
    struct buf *sql = &removing->sql;

    buf_append_str(sql, "\nSELECT 0");
    for (int i = 0; i < removing->table_count; i++)
        if (removing->has_step[i] &&
            removing->tables[i].plan->kind != PLAN_LIST)
            buf_printf(sql, " + (SELECT count(*) FROM r%d)", i + 1);
    if (first->kind == PLAN_ROOT)
        buf_printf(sql, ", (SELECT count(*) FROM r%d)", first->index + 1);
    else
        buf_append_str(sql, ", 0");
}

static void
build(struct removing *removing, const struct plan_table *table, enum kind kind)
{
    for (int i = 0; i < removing->table_count; i++)
        removing->has_step[i] = false;
    buf_clear(&removing->sql);
    append_rows(removing, table, kind);
    for (int i = table->index + 1; i < removing->table_count; i++)
        append_below(removing, removing->tables[i].plan);
    append_counts(removing, table);
}

/* ---- lines of a copy ---------------------------------------------------- */

bool
removal_read(const struct plan *plan, struct arena *arena, struct span line,
             struct loader_removal *removal, struct err *err)
{
    const struct json *what;
    struct json *root;
    int64_t connection;

    if (!json_parse(arena, line, &root, err))
        return false;
    what = root->first;
    if (plan->pages == NULL ||
        !json_int64(json_get(what, "connection"), &connection) ||
        connection < 0 || connection >= plan->pages->count)
        return err_set(err, MSG_OTHER_QUERY,
                       "the file has a removal that does not belong to this "
                       "query");
    *removal = (struct loader_removal){
        .table = plan->pages->connections[connection].table,
        .parent_id = json_str(json_get(what, "parent")),
        .id = json_str(json_get(what, "id"))};
    return true;
}

/* ---- sending ------------------------------------------------------------- */

static bool
is_alike(const struct loader_removal *a, const struct loader_removal *b)
{
    return a->table == b->table && kind_of(a) == kind_of(b);
}

static bool
is_first(const struct loader_removal *removals, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (is_alike(&removals[j], &removals[i]))
            return false;
    return true;
}

/* The ids of all removals that are like the first one. */
static void
list_ids(struct buf *ids, const struct loader_removal *removals, size_t count)
{
    struct json_out *json = json_out_new(ids);

    json_out_open(json, '[');
    for (size_t i = 0; i < count; i++)
        if (is_alike(&removals[i], &removals[0]))
            put_removal(json, &removals[i]);
    json_out_close(json, ']');
    json_out_free(json);
}

static bool
run_one(struct removing *removing, int64_t before,
        const struct loader_removal *removals, size_t count,
        struct removal_counts *counts, struct err *err)
{
    enum kind kind = kind_of(&removals[0]);
    struct buf ids = buf_with_ceiling(IDS_BYTES_MAX);
    struct pg_result *result;
    char line[NUMBER_BYTES];
    const char *values[2] = {line};
    bool done;

    snprintf(line, sizeof(line), "%lld", (long long)before);
    if (kind != REMOVE_ALL)
        list_ids(&ids, removals, count);
    build(removing, removals[0].table, kind);
    values[1] = buf_str(&ids);
    done = !removing->sql.overflowed && !ids.overflowed
               ? pg_exec(removing->conn, buf_str(&removing->sql),
                         kind == REMOVE_ALL ? 1 : 2, values, &result, err)
               : err_set(err, MSG_BUG, "too many staged rows to remove");
    buf_free(&ids);
    if (!done)
        return err_wrap(err, "removing rows from staging");
    counts->lines += pg_int64(result, 0, 0);
    counts->roots += pg_int64(result, 0, 1);
    pg_result_free(result);
    return true;
}

bool
removal_run(struct pg_conn *conn, const char *schema,
            const struct loader_table *tables, int table_count, int64_t before,
            const struct loader_removal *removals, size_t count,
            struct removal_counts *counts, struct err *err)
{
    struct removing removing = {
        .conn = conn,
        .schema = schema,
        .tables = tables,
        .table_count = table_count,
        .has_step = mem_array((size_t)table_count, sizeof(bool)),
        .sql = buf_with_ceiling(STATEMENT_BYTES_MAX)};
    bool done = true;

    *counts = (struct removal_counts){0};
    for (size_t i = 0; done && i < count; i++)
        if (tables[removals[i].table->index].stage != NULL &&
            is_first(removals, i))
            done = run_one(&removing, before, &removals[i], count - i, counts,
                           err);
    free(removing.has_step);
    buf_free(&removing.sql);
    return done;
}
