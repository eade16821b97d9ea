#include "plan/merge_sql.h"

#include "plan/history.h"
#include "plan/layout.h"
#include "plan/template.h"
#include "sql.h"

/* ---- columns ----------------------------------------------------------- */

enum column_set {
    KEY_COLUMNS,
    SHARED_COLUMNS,
    VALUE_COLUMNS,
    COMPARED_COLUMNS, /* what a row's hash follows */
    VERSIONED_COLUMNS /* of a history: a change of them begins a version */
};

static bool
is_wanted(const struct layout_column *column, enum column_set which)
{
    if (which == KEY_COLUMNS)
        return column->in_key;
    if (which == VERSIONED_COLUMNS)
        return history_has(column);
    if (!column->in_staging || !column->in_table)
        return false;
    if (which == COMPARED_COLUMNS)
        return column->role != LAYOUT_HASH && column->role != LAYOUT_PLACE;
    return which == SHARED_COLUMNS || !column->in_key;
}

/* Set the list `name`: the columns of the key, the columns that staging and the
 * table share, or those shared columns that are not in the key. */
static void
add_columns(struct template_values *values, const char *name,
            const struct plan_table *table, enum column_set which)
{
    size_t most = (size_t)(table->column_count + LAYOUT_OWN_MAX);
    struct layout_column *columns =
        arena_array(&values->arena, most, sizeof(*columns));
    const char **names = arena_array(&values->arena, most, sizeof(*names));
    int count = layout_columns(table, columns);
    int wanted = 0;

    for (int i = 0; i < count; i++)
        if (is_wanted(&columns[i], which))
            names[wanted++] = columns[i].name;
    template_columns(values, name, names, wanted);
}

/* The column of a parent's staging that has the rows' ids. */
static const char *
row_id(const struct plan_table *table)
{
    return table->stages_id ? "_id" : plan_id_column(table);
}

/* ---- tables ------------------------------------------------------------ */

/* A user may create tables that inherit from one of bulkpg's. ONLY excludes
 * their rows. A partitioned table must be read without ONLY, because all its
 * rows are in its partitions. */
static const char *
only(const struct merge_sql_target *target)
{
    return target->is_partitioned ? "" : "ONLY ";
}

static void
add_history(struct template_values *values,
            const struct merge_sql_target *target)
{
    template_name(values, "history", target->schema, target->table->history);
    add_columns(values, "versioned", target->table, VERSIONED_COLUMNS);
}

static void
add_table(struct template_values *values, const struct merge_sql_target *target)
{
    const struct plan_table *table = target->table;
    const char *keys[LAYOUT_KEY_MAX];

    template_columns(values, "asked", target->asked, target->asked_count);
    layout_key(table, keys);
    template_name(values, "stage", target->schema, target->stage);
    template_name(values, "table", target->schema, table->name);
    template_name(values, "changes", target->schema, target->changes);
    template_name(values, "gone", target->schema, target->gone);
    template_name(values, "hashes", target->schema, target->hashes);
    template_name(values, "key", NULL, keys[0]);
    template_name(values, "parent_column", NULL, table->parent_column);
    template_name(values, "table_id", NULL, plan_id_column(table));
    template_name(values, "count", NULL,
                  table->count != NULL ? table->count->column : NULL);
    if (table->id_gid != NULL)
        template_sql(values, "id_type",
                     plan_type_name(plan_gid_column_type(table->id_gid)));
    template_sql(values, "only", only(target));
    template_sql(values, "ordinal",
                 table->has_ordinal ? "_ordinal" : "_position");
    add_columns(values, "keys", table, KEY_COLUMNS);
    add_columns(values, "shared", table, SHARED_COLUMNS);
    add_columns(values, "values", table, VALUE_COLUMNS);
    add_columns(values, "compared", table, COMPARED_COLUMNS);
    if (table->history != NULL)
        add_history(values, target);
    template_flag(values, "by_value", target->by_value);
    template_flag(values, "known", target->is_known);
    template_flag(values, "unchanged", target->lists_unchanged);
    template_flag(values, "unstaged", target->is_unstaged);
    template_flag(values, "was_gone", target->is_known && target->has_mark);
    template_flag(values, "child", table->parent != NULL);
    template_flag(values, "list", table->kind == PLAN_LIST);
    template_flag(values, "marked", target->has_mark);
    template_flag(values, "marks", table->marks_deleted);
    template_flag(values, "nested", layout_is_nested_list(table));
    template_flag(values, "position", table->has_position);
}

static void
add_parent(struct template_values *values,
           const struct merge_sql_target *parent)
{
    template_name(values, "parent_stage", parent->schema, parent->stage);
    template_name(values, "parent_table", parent->schema, parent->table->name);
    template_name(values, "parent_gone", parent->schema, parent->gone);
    template_name(values, "parent_id", NULL, row_id(parent->table));
    template_name(values, "parent_table_id", NULL,
                  plan_id_column(parent->table));
    template_sql(values, "parent_only", only(parent));
    template_flag(values, "parent_marks", parent->table->marks_deleted);
}

static void
add_kinds(struct template_values *values)
{
    template_number(values, "truncated", MERGE_TRUNCATED);
    template_number(values, "maybe_truncated", MERGE_MAYBE_TRUNCATED);
    template_number(values, "round", MERGE_ROUND);
    template_number(values, "examples", MERGE_EXAMPLES);
}

static void
fill_in(struct buf *sql, const char *text, const char *change,
        const struct merge_sql_target *target,
        const struct merge_sql_target *parent)
{
    struct template_values values = {.count = 0};

    template_sql(&values, "change", change);
    add_table(&values, target);
    add_kinds(&values);
    template_flag(&values, "counted", parent != NULL);
    if (parent != NULL)
        add_parent(&values, parent);
    template_append(sql, text, &values);
    template_free(&values);
}

void
merge_sql(struct buf *sql, const char *text,
          const struct merge_sql_target *target,
          const struct merge_sql_target *parent)
{
    fill_in(sql, text, NULL, target, parent);
}

void
merge_sql_versioned(struct buf *sql, const char *text, const char *change,
                    const struct merge_sql_target *target,
                    const struct merge_sql_target *parent)
{
    struct buf inner = buf_with_ceiling(sql->ceiling);

    merge_sql(&inner, change, target, parent);
    sql->overflowed = sql->overflowed || inner.overflowed;
    fill_in(sql, text, buf_str(&inner), target, parent);
    buf_free(&inner);
}
