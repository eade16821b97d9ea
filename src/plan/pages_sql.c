#include "plan/pages_sql.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "plan/template.h"
#include "sql.h"

enum { STEP_BYTES = 16 };

/* The column of staging that has the rows' ids; NULL: none. */
static const char *
row_id_column(const struct plan_table *table)
{
    return table->stages_id ? "_id" : plan_id_column(table);
}

/* ---- removals ------------------------------------------------------------ */

struct removing {
    struct buf *sql;
    const struct pages_sql_stages *stages;
    bool *has_step; /* by plan table */
    bool has_any;
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
    const struct pages_sql_stages *stages = removing->stages;
    char step[STEP_BYTES];

    template_sql(values, "step",
                 arena_strdup(&values->arena, step_name(step, table)));
    template_name(values, "stage", stages->schema, stages->names[table->index]);
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
    struct buf *sql = removing->sql;

    buf_append_str(sql, removing->has_any ? ", " : "WITH ");
    template_append(sql, text, values);
    template_free(values);
    removing->has_step[table->index] = removing->has_any = true;
}

static void
append_rows(struct removing *removing, const struct plan_table *table,
            enum pages_sql_kind kind)
{
    struct template_values values = {.count = 0};

    set_table(&values, removing, table);
    template_flag(&values, "parents", kind == PAGES_SQL_PARENTS);
    template_flag(&values, "rows", kind == PAGES_SQL_ROWS);
    template_flag(&values, "pairs", kind == PAGES_SQL_PAIRS);
    append_step(removing, sql_remove_rows, table, &values);
}

/* A table whose parents have no ids in staging has no rows below them. */
static void
append_below(struct removing *removing, const struct plan_table *table)
{
    const struct pages_sql_stages *stages = removing->stages;
    struct template_values values = {.count = 0};
    const struct plan_table *parent = table->parent;
    char above[STEP_BYTES];

    if (parent == NULL || !removing->has_step[parent->index] ||
        stages->names[table->index] == NULL ||
        (table->kind != PLAN_LIST && row_id_column(parent) == NULL))
        return;
    set_table(&values, removing, table);
    template_sql(&values, "above", step_name(above, parent));
    template_name(&values, "parent_stage", stages->schema,
                  stages->names[parent->index]);
    template_name(&values, "parent_id", NULL, row_id_column(parent));
    append_step(removing, sql_remove_below, table, &values);
}

static void
append_counts(struct removing *removing, const struct plan_table *first)
{
    struct buf *sql = removing->sql;

    buf_append_str(sql, "\nSELECT 0");
    for (int i = 0; i < removing->stages->table_count; i++)
        if (removing->has_step[i] &&
            removing->stages->tables[i].kind != PLAN_LIST)
            buf_printf(sql, " + (SELECT count(*) FROM r%d)", i + 1);
    if (first->kind == PLAN_ROOT)
        buf_printf(sql, ", (SELECT count(*) FROM r%d)", first->index + 1);
    else
        buf_append_str(sql, ", 0");
}

void
pages_sql_remove(struct buf *sql, const struct pages_sql_stages *stages,
                 const struct plan_table *table, enum pages_sql_kind kind)
{
    struct removing removing = {
        .sql = sql,
        .stages = stages,
        .has_step = mem_array((size_t)stages->table_count, sizeof(bool))};

    append_rows(&removing, table, kind);
    for (int i = table->index + 1; i < stages->table_count; i++)
        append_below(&removing, &stages->tables[i]);
    append_counts(&removing, table);
    free(removing.has_step);
}

/* ---- what is staged ------------------------------------------------------ */

void
pages_sql_list(struct buf *sql, const char *schema, const char *stage,
               const struct plan_table *table, bool has_rows)
{
    struct template_values values = {.count = 0};

    template_name(&values, "stage", schema, stage);
    template_name(&values, "parent_column", NULL, table->parent_column);
    template_name(&values, "row_id", NULL,
                  has_rows ? row_id_column(table) : NULL);
    template_append(sql, sql_list_staged, &values);
    template_free(&values);
}
