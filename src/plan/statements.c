/*
 * The statements that a run would send for a plan, in this order. Nothing is
 * executed: staging has the names of run 1, and statements that depend on the
 * contents of the tables are all printed.
 */
#include "plan/statements.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "plan/ddl.h"
#include "plan/history.h"
#include "plan/layout.h"
#include "plan/merge_sql.h"
#include "plan/pages_sql.h"
#include "plan/template.h"
#include "sql.h"

/* The names of a run's own tables. */
struct names {
    char stage[32];
    char changes[48];
    char gone[48];
    char hashes[48];
};

struct printer {
    struct buf *sql;
    const struct plan *plan;
    const char *schema;
    struct names *names; /* by plan index */
    bool is_known;       /* of tables of which unchanged rows are not sent */
    bool by_value;       /* of tables whose hashes have another definition */
    bool is_named;       /* of roots that --ids named */
};

static void
heading(struct printer *printer, const char *what, const char *table)
{
    if (printer->sql->length > 0)
        buf_append_char(printer->sql, '\n');
    buf_printf(printer->sql, "-- ==== %s%s%s\n", what,
               table[0] != '\0' ? ": " : "", table);
}

static bool
has_rows_below(const struct plan *plan, const struct plan_table *table)
{
    for (int i = 0; i < plan->table_count; i++)
        if (plan->tables[i].parent == table)
            return true;
    return false;
}

static struct merge_sql_target
target_of(const struct printer *printer, const struct plan_table *table)
{
    const struct names *names = &printer->names[table->index];
    bool lists_gone =
        printer->is_named ||
        (table->parent != NULL && has_rows_below(printer->plan, table));

    return (struct merge_sql_target){.table = table,
                                     .schema = printer->schema,
                                     .stage = names->stage,
                                     .changes = names->changes,
                                     .gone = lists_gone ? names->gone : NULL,
                                     .hashes = names->hashes,
                                     .is_known = printer->is_known,
                                     .by_value = printer->by_value,
                                     .has_mark = table->marks_deleted};
}

/* Add a semicolon, which bulkpg does not send with a single statement. */
static void
end_statement(struct buf *sql)
{
    while (sql->length > 0 && sql->bytes[sql->length - 1] == '\n')
        sql->length--;
    buf_append_str(sql, ";\n");
}

/* Print a statement of sql/merge/ with its comment. `asked` are the columns
 * that it examines; NULL: none. */
static void
merge_asking(struct printer *printer, const struct plan_table *table,
             const char *text, const char *const *asked)
{
    struct merge_sql_target target = target_of(printer, table), parent;
    struct span purpose = template_purpose(text);

    target.asked = asked;
    target.asked_count = asked != NULL ? table->column_count : 0;
    if (table->parent != NULL)
        parent = target_of(printer, table->parent);
    buf_append(printer->sql, purpose.bytes, purpose.length);
    merge_sql(printer->sql, text, &target,
              table->parent != NULL ? &parent : NULL);
    end_statement(printer->sql);
}

static void
merge(struct printer *printer, const struct plan_table *table, const char *text)
{
    merge_asking(printer, table, text, NULL);
}

/* ---- loading ----------------------------------------------------------- */

static void
print_staging(struct printer *printer)
{
    heading(printer, "Staging", "");
    for (int i = 0; i < printer->plan->table_count; i++) {
        const struct plan_table *table = &printer->plan->tables[i];
        const char *stage = printer->names[i].stage;

        if (table->skip && !table->stages_id)
            continue;
        ddl_stage_create(printer->sql, table, printer->schema, stage, false);
        ddl_stage_insert(printer->sql, printer->schema, stage);
        end_statement(printer->sql);
    }
}

static void
print_guards(struct printer *printer, const struct plan_table *table)
{
    const char **asked =
        mem_array((size_t)table->column_count + 1, sizeof(*asked));

    heading(printer, "Guards", table->name);
    for (int i = 0; i < table->column_count; i++)
        asked[i] = table->columns[i].name;
    merge(printer, table, sql_count_staged);
    if (table->column_count > 0) {
        merge_asking(printer, table, sql_find_null_columns, asked);
        merge_asking(printer, table, sql_count_values, asked);
        merge_asking(printer, table, sql_count_values_again, asked);
    }
    if (table->count != NULL)
        merge(printer, table, sql_find_truncated);
    merge(printer, table, sql_count_live);
    free(asked);
}

/* ---- merging ----------------------------------------------------------- */

static void
print_first_load(struct printer *printer, const struct plan_table *table)
{
    const char *stage = printer->names[table->index].stage;
    struct buf *sql = printer->sql;

    heading(printer, "First load", table->name);
    if (table->has_ordinal) {
        ddl_table_create(sql, table, printer->schema);
        ddl_key_create(sql, table, printer->schema, table->name);
        ddl_indexes_create(sql, table, printer->schema, table->name);
        return;
    }
    ddl_key_create(sql, table, printer->schema, stage);
    ddl_indexes_create(sql, table, printer->schema, stage);
    ddl_stage_promote(sql, table, printer->schema, stage, "now");
    ddl_comments(sql, table, printer->schema);
}

static void
print_settling(struct printer *printer, const struct plan_table *table)
{
    const char *stage = printer->names[table->index].stage;

    merge(printer, table, sql_delete_lines);
    if (table->kind == PLAN_LIST) {
        merge(printer, table, sql_delete_superseded);
        if (layout_is_nested_list(table))
            merge(printer, table, sql_delete_orphans);
    }
    if (!table->has_ordinal) {
        ddl_stage_key(printer->sql, table, printer->schema, stage);
        merge(printer, table, sql_delete_duplicates);
    }
    if (table->has_ordinal || table->has_position)
        merge(printer, table, sql_set_ordinals);
}

static bool
removes(const struct printer *printer, const struct plan_table *table)
{
    return printer->plan->deletes != PLAN_DELETES_KEEP || table->has_ordinal;
}

/* How an incremental run removes rows below the roots. */
static void
print_removal_below(struct printer *printer, const struct plan_table *table)
{
    bool marks = table->marks_deleted;

    if (has_rows_below(printer->plan, table)) {
        merge(printer, table, sql_make_gone);
        merge(printer, table, sql_list_gone);
    }
    merge(printer, table, marks ? sql_mark_below : sql_delete_below);
    if (table->parent->parent != NULL)
        merge(printer, table, marks ? sql_mark_orphaned : sql_delete_orphaned);
}

static void
print_later_load(struct printer *printer, const struct plan_table *table)
{
    bool marks = table->marks_deleted;

    heading(printer, "Later loads", table->name);
    print_settling(printer, table);
    merge(printer, table, sql_list_changes);
    merge(printer, table, sql_count_changes);
    if (removes(printer, table)) {
        merge(printer, table, marks ? sql_mark_gone : sql_delete_gone);
        if (table->parent != NULL)
            print_removal_below(printer, table);
    }
    merge(printer, table, sql_update_changed);
    merge(printer, table, sql_insert_new);
    merge(printer, table, sql_count_unwritten);
}

/* Tables of which rows that did not change need not be sent, by what they
 * are. */
static bool
may_be_known(const struct plan *plan, const struct plan_table *table)
{
    if (table->kind == PLAN_LIST || table->has_ordinal || table->has_position)
        return false;
    for (int i = 0; i < plan->table_count; i++)
        if (plan->tables[i].kind == PLAN_LIST &&
            plan->tables[i].parent == table)
            return false;
    return true;
}

static void
print_known(struct printer *printer, const struct plan_table *table)
{
    bool marks = table->marks_deleted;

    if (!may_be_known(printer->plan, table))
        return;
    heading(printer, "Later full loads that send what changed", table->name);
    printer->is_known = true;
    merge(printer, table, sql_count_known);
    merge(printer, table, sql_read_hashes);
    merge(printer, table, sql_sum_hashes);
    merge(printer, table, sql_list_changes);
    merge(printer, table, sql_count_changes);
    merge(printer, table, sql_read_old_hashes);
    if (removes(printer, table)) {
        merge(printer, table, sql_make_hashes);
        merge(printer, table, sql_list_hashes);
        merge(printer, table, marks ? sql_mark_unknown : sql_delete_unknown);
    }
    printer->is_known = false;
}

static void
print_by_value(struct printer *printer, const struct plan_table *table)
{
    heading(printer, "Later loads, other hashes", table->name);
    printer->by_value = true;
    merge(printer, table, sql_list_changes);
    merge(printer, table, sql_count_changes);
    merge(printer, table, sql_update_changed);
    merge(printer, table, sql_update_hashes);
    printer->by_value = false;
}

/* ---- histories ----------------------------------------------------------- */

static void
merge_versioned(struct printer *printer, const struct plan_table *table,
                const char *text, const char *change)
{
    struct merge_sql_target target = target_of(printer, table), parent;
    struct span purpose = template_purpose(text);

    if (table->parent != NULL)
        parent = target_of(printer, table->parent);
    buf_append(printer->sql, purpose.bytes, purpose.length);
    merge_sql_versioned(printer->sql, text, change, &target,
                        table->parent != NULL ? &parent : NULL);
    end_statement(printer->sql);
}

/* The statements of a later load that change a table with @history. Those that
 * remove other rows have the same form. */
static void
print_history(struct printer *printer, const struct plan_table *table)
{
    bool marks = table->marks_deleted;

    if (table->history == NULL)
        return;
    heading(printer, "History", table->name);
    history_create(printer->sql, table, printer->schema);
    merge(printer, table, sql_settle_versions);
    merge_versioned(printer, table, sql_open_versions, sql_update_changed);
    merge_versioned(printer, table, sql_open_versions, sql_insert_new);
    if (removes(printer, table))
        merge_versioned(printer, table, sql_close_versions,
                        marks ? sql_mark_gone : sql_delete_gone);
}

/* ---- pages --------------------------------------------------------------- */

static void
print_purpose(struct printer *printer, const char *text)
{
    struct span purpose = template_purpose(text);

    buf_append(printer->sql, purpose.bytes, purpose.length);
}

static void
print_removal(struct printer *printer, const struct plan_table *table,
              enum pages_sql_kind kind)
{
    const struct plan *plan = printer->plan;
    const char **names = mem_array((size_t)plan->table_count, sizeof(*names));
    struct pages_sql_stages stages = {printer->schema, plan->tables,
                                      plan->table_count, names};

    for (int i = 0; i < plan->table_count; i++)
        if (!plan->tables[i].skip || plan->tables[i].stages_id)
            names[i] = printer->names[i].stage;
    print_purpose(printer, sql_remove_rows);
    if (has_rows_below(plan, table))
        print_purpose(printer, sql_remove_below);
    pages_sql_remove(printer->sql, &stages, table, kind);
    end_statement(printer->sql);
    free(names);
}

/* Staged rows are removed before they are read again; or a row because it has
 * gone meanwhile. */
static void
print_pages(struct printer *printer, const struct plan_table *table)
{
    struct template_values none = {.count = 0};

    if (table->skip && !table->stages_id)
        return;
    heading(printer, "Pages that are read again", table->name);
    print_removal(printer, table,
                  table->parent != NULL ? PAGES_SQL_PARENTS : PAGES_SQL_ALL);
    if (table->id_gid != NULL && has_rows_below(printer->plan, table))
        print_removal(printer, table, PAGES_SQL_ROWS);
    heading(printer, "Pages of a resumed run", table->name);
    print_purpose(printer, sql_list_staged);
    pages_sql_list(printer->sql, printer->schema,
                   printer->names[table->index].stage, table, true);
    end_statement(printer->sql);
    print_purpose(printer, sql_fetch_staged);
    template_append(printer->sql, sql_fetch_staged, &none);
    end_statement(printer->sql);
    if (table->skip)
        return;
    heading(printer, "Pages with a type that widens", table->name);
    print_purpose(printer, sql_forget_staged_hashes);
    ddl_forget_staged_hashes(printer->sql, printer->schema,
                             printer->names[table->index].stage);
}

static void
print_named(struct printer *printer, const struct plan_table *table)
{
    bool marks = table->marks_deleted;

    if (table->parent != NULL || table->id_gid == NULL ||
        !removes(printer, table))
        return;
    heading(printer, "Loads with --ids", table->name);
    printer->is_named = true;
    merge(printer, table, sql_make_gone);
    merge(printer, table, sql_list_named);
    merge(printer, table, marks ? sql_mark_named : sql_delete_named);
    merge(printer, table, sql_count_named);
    printer->is_named = false;
}

static void
print_ways(struct printer *printer, const struct plan_table *table)
{
    if (printer->plan->paged.way == PLAN_BY_BULK)
        return;
    if (table->kind != PLAN_LIST)
        print_pages(printer, table);
    if (!table->skip)
        print_named(printer, table);
}

static void
print_tables(struct printer *printer)
{
    print_staging(printer);
    for (int i = 0; i < printer->plan->table_count; i++)
        print_ways(printer, &printer->plan->tables[i]);
    for (int i = 0; i < printer->plan->table_count; i++) {
        const struct plan_table *table = &printer->plan->tables[i];

        if (table->skip)
            continue;
        print_guards(printer, table);
        print_first_load(printer, table);
        print_later_load(printer, table);
        print_known(printer, table);
        print_by_value(printer, table);
        print_history(printer, table);
    }
}

void
statements_print(struct buf *sql, const struct plan *plan, const char *schema)
{
    struct printer printer = {.sql = sql, .plan = plan, .schema = schema};

    printer.names =
        mem_array((size_t)plan->table_count, sizeof(*printer.names));
    for (int i = 0; i < plan->table_count; i++) {
        struct names *names = &printer.names[i];

        snprintf(names->stage, sizeof(names->stage), "_stage_1_%d", i + 1);
        snprintf(names->changes, sizeof(names->changes), "%s_changes",
                 names->stage);
        snprintf(names->gone, sizeof(names->gone), "%s_gone", names->stage);
        snprintf(names->hashes, sizeof(names->hashes), "%s_hashes",
                 names->stage);
    }
    print_tables(&printer);
    free(printer.names);
}
