#include "plan/merge_sql.h"

#include "base/arena.h"
#include "plan/ddl.h"
#include "plan/layout.h"
#include "plan/names.h"
#include "plan/template.h"
#include "sql.h"

enum { VALUES_MAX = 48, NAME_CEILING = 1024 };

/* What the names in sql/merge/ stand for, for one table. */
struct filling {
    struct arena arena;
    struct template_value items[VALUES_MAX];
    int count;
};

static struct template_value *
add(struct filling *filling, const char *name)
{
    struct template_value *value = &filling->items[filling->count++];

    *value = (struct template_value){.name = name};
    return value;
}

static void
add_sql(struct filling *filling, const char *name, const char *sql)
{
    add(filling, name)->sql = sql;
}

static void
add_flag(struct filling *filling, const char *name, bool is_set)
{
    add(filling, name)->is_set = is_set;
}

static void
add_number(struct filling *filling, const char *name, int number)
{
    add_sql(filling, name, arena_printf(&filling->arena, "%d", number));
}

/* A column's name, or a relation's in `schema`; quoted. The flag of that name
 * says whether there is one (`bare` is not NULL). */
static void
add_name(struct filling *filling, const char *name, const char *schema,
         const char *bare)
{
    struct template_value *value = add(filling, name);
    struct buf quoted = buf_with_ceiling(NAME_CEILING);

    value->is_set = bare != NULL;
    if (bare == NULL)
        return;
    if (schema != NULL)
        ddl_append_qualified(&quoted, schema, bare);
    else
        name_append_quoted(&quoted, bare);
    value->sql = arena_strdup(&filling->arena, buf_str(&quoted));
    buf_free(&quoted);
}

/* ---- columns ----------------------------------------------------------- */

enum column_set { KEY_COLUMNS, SHARED_COLUMNS, VALUE_COLUMNS };

static bool
is_wanted(const struct layout_column *column, enum column_set which)
{
    if (which == KEY_COLUMNS)
        return column->in_key;
    if (!column->in_staging || !column->in_table)
        return false;
    return which == SHARED_COLUMNS || !column->in_key;
}

/* The columns that staging and table share, or those of them in the key. */
static void
add_columns(struct filling *filling, const char *name,
            const struct plan_table *table, enum column_set which)
{
    size_t most = (size_t)(table->column_count + LAYOUT_OWN_MAX);
    struct layout_column *columns =
        arena_array(&filling->arena, most, sizeof(*columns));
    const char **names = arena_array(&filling->arena, most, sizeof(*names));
    struct template_value *value = add(filling, name);
    int count = layout_columns(table, columns);

    value->columns = names;
    for (int i = 0; i < count; i++)
        if (is_wanted(&columns[i], which))
            names[value->column_count++] = columns[i].name;
}

/* Staging's column with the rows' ids, of a table that others are below. */
static const char *
row_id(const struct plan_table *table)
{
    return table->stages_id ? "_id" : plan_id_column(table);
}

/* ---- tables ------------------------------------------------------------ */

/* Rows of tables that inherit from one of ours are not ours. All rows of a
 * partitioned table are in others. */
static const char *
only(const struct merge_target *target)
{
    return target->is_partitioned ? "" : "ONLY ";
}

static void
add_table(struct filling *filling, const struct merge_target *target)
{
    const struct plan_table *table = target->table;
    const char *keys[LAYOUT_KEY_MAX];
    struct template_value *asked = add(filling, "asked");

    asked->columns = target->asked;
    asked->column_count = target->asked_count;
    layout_key(table, keys);
    add_name(filling, "stage", target->schema, target->stage);
    add_name(filling, "table", target->schema, table->name);
    add_name(filling, "changes", target->schema, target->changes);
    add_name(filling, "gone", target->schema, target->gone);
    add_name(filling, "key", NULL, keys[0]);
    add_name(filling, "parent_column", NULL, table->parent_column);
    add_name(filling, "table_id", NULL, plan_id_column(table));
    add_name(filling, "count", NULL,
             table->count != NULL ? table->count->column : NULL);
    if (table->id_gid != NULL)
        add_sql(filling, "id_type",
                plan_type_name(plan_gid_column_type(table->id_gid)));
    add_sql(filling, "only", only(target));
    add_sql(filling, "ordinal", table->has_ordinal ? "_ordinal" : "_position");
    add_columns(filling, "keys", table, KEY_COLUMNS);
    add_columns(filling, "shared", table, SHARED_COLUMNS);
    add_columns(filling, "values", table, VALUE_COLUMNS);
    add_flag(filling, "child", table->parent != NULL);
    add_flag(filling, "list", table->kind == PLAN_LIST);
    add_flag(filling, "marked", target->has_mark);
    add_flag(filling, "marks", table->marks_deleted);
    add_flag(filling, "nested", layout_is_nested_list(table));
    add_flag(filling, "position", table->has_position);
}

static void
add_parent(struct filling *filling, const struct merge_target *parent)
{
    add_name(filling, "parent_stage", parent->schema, parent->stage);
    add_name(filling, "parent_table", parent->schema, parent->table->name);
    add_name(filling, "parent_gone", parent->schema, parent->gone);
    add_name(filling, "parent_id", NULL, row_id(parent->table));
    add_name(filling, "parent_table_id", NULL, plan_id_column(parent->table));
    add_sql(filling, "parent_only", only(parent));
    add_flag(filling, "parent_marks", parent->table->marks_deleted);
}

static void
add_kinds(struct filling *filling)
{
    add_number(filling, "truncated", MERGE_TRUNCATED);
    add_number(filling, "maybe_truncated", MERGE_MAYBE_TRUNCATED);
    add_number(filling, "round", MERGE_ROUND);
    add_number(filling, "examples", MERGE_EXAMPLES);
}

void
merge_sql(struct buf *sql, const char *text, const struct merge_target *target,
          const struct merge_target *parent)
{
    struct filling filling = {.count = 0};
    struct template_values values = {.items = filling.items};

    add_table(&filling, target);
    add_kinds(&filling);
    add_flag(&filling, "counted", parent != NULL);
    if (parent != NULL)
        add_parent(&filling, parent);
    values.count = filling.count;
    template_append(sql, text, &values);
    arena_free(&filling.arena);
}
