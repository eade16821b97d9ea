/*
 * Statements that create and change tables, appended to a buf. All names are
 * quoted. layout.h determines the columns and their order. Each column has a
 * COMMENT that says where its values come from.
 */
#include "plan/ddl.h"

#include <stdlib.h>
#include <string.h>

#include "plan/history.h"
#include "plan/layout.h"
#include "plan/names.h"
#include "plan/template.h"
#include "sql.h"

enum { COLUMNS_CEILING = 1024 * 1024 };

void
ddl_append_qualified(struct buf *sql, const char *schema, const char *name)
{
    name_append_quoted(sql, schema);
    buf_append_char(sql, '.');
    name_append_quoted(sql, name);
}

/* Append a statement of sql/ddl/ and free its values. */
static void
append(struct buf *sql, const char *text, struct template_values *values)
{
    template_append(sql, text, values);
    template_free(values);
}

/* ---- tables ------------------------------------------------------------ */

/* Is the column NULL in staging, until rows are numbered? */
static bool
is_numbered_later(const struct layout_column *column)
{
    return column->role == LAYOUT_ORDINAL;
}

/* Key columns are NOT NULL in staging, too: otherwise PostgreSQL would scan
 * the table for NULLs when the primary key is added. */
static void
append_columns(struct buf *sql, const struct plan_table *table, bool staging)
{
    int count;
    struct layout_column *columns = layout_of(table, &count);
    const char *separator = "";

    for (int i = 0; i < count; i++) {
        if (staging ? !columns[i].in_staging : !columns[i].in_table)
            continue;
        buf_append_str(sql, separator);
        name_append_quoted(sql, columns[i].name);
        buf_printf(sql, " %s", plan_type_name(columns[i].type));
        if (columns[i].in_key && !(staging && is_numbered_later(&columns[i])))
            buf_append_str(sql, " NOT NULL");
        separator = ",\n    ";
    }
    free(columns);
}

/* CREATE TABLE of the table or of its staging. */
static void
append_create(struct buf *sql, const char *text, const struct plan_table *table,
              bool staging, struct template_values *values)
{
    struct buf columns = buf_with_ceiling(COLUMNS_CEILING);

    append_columns(&columns, table, staging);
    if (columns.overflowed)
        sql->overflowed = true;
    template_sql(values, "columns", buf_str(&columns));
    append(sql, text, values);
    buf_free(&columns);
}

void
ddl_stage_create(struct buf *sql, const struct plan_table *table,
                 const char *schema, const char *stage, bool logged)
{
    struct template_values values = {.count = 0};

    template_name(&values, "stage", schema, stage);
    template_flag(&values, "logged", logged);
    append_create(sql, sql_create_stage, table, true, &values);
}

void
ddl_stage_insert(struct buf *sql, const char *schema, const char *stage)
{
    struct template_values values = {.count = 0};

    template_name(&values, "stage", schema, stage);
    append(sql, sql_insert_staged, &values);
}

void
ddl_table_create(struct buf *sql, const struct plan_table *table,
                 const char *schema)
{
    struct template_values values = {.count = 0};

    template_name(&values, "table", schema, table->name);
    append_create(sql, sql_create_table, table, false, &values);
}

/* ---- keys and indexes -------------------------------------------------- */

const char *
ddl_key_name(struct arena *arena, const struct plan_table *table)
{
    return name_shorten(arena, arena_printf(arena, "%s_pkey", table->name));
}

const char *
ddl_index_name(struct arena *arena, const struct plan_table *table, int column)
{
    return name_shorten(arena, arena_printf(arena, "%s_%s_idx", table->name,
                                            table->columns[column].name));
}

bool
ddl_has_index(const struct plan_table *table, int column)
{
    return table->columns[column].index ||
           (table->parent != NULL && column == table->id_column);
}

void
ddl_append_key_columns(struct buf *sql, const struct plan_table *table)
{
    const char *names[LAYOUT_KEY_MAX];
    int count = layout_key(table, names);

    for (int i = 0; i < count; i++) {
        buf_append_str(sql, i > 0 ? ", " : "");
        name_append_quoted(sql, names[i]);
    }
}

void
ddl_key_create(struct buf *sql, const struct plan_table *table,
               const char *schema, const char *relation)
{
    struct template_values values = {.count = 0};
    const char *keys[LAYOUT_KEY_MAX];

    template_name(&values, "relation", schema, relation);
    template_name(&values, "key_name", NULL,
                  ddl_key_name(&values.arena, table));
    template_columns(&values, "keys", keys, layout_key(table, keys));
    append(sql, sql_add_key, &values);
}

void
ddl_stage_key(struct buf *sql, const struct plan_table *table,
              const char *schema, const char *stage)
{
    struct template_values values = {.count = 0};
    const char *keys[LAYOUT_KEY_MAX];

    template_name(&values, "stage", schema, stage);
    template_columns(&values, "keys", keys, layout_key(table, keys));
    append(sql, sql_create_stage_key, &values);
}

static void
append_index(struct buf *sql, const struct plan_table *table,
             const char *schema, const char *relation, int column)
{
    struct template_values values = {.count = 0};

    template_name(&values, "index", NULL,
                  ddl_index_name(&values.arena, table, column));
    template_name(&values, "relation", schema, relation);
    template_name(&values, "column", NULL, table->columns[column].name);
    append(sql, sql_create_index, &values);
}

void
ddl_indexes_create(struct buf *sql, const struct plan_table *table,
                   const char *schema, const char *relation)
{
    for (int i = 0; i < table->column_count; i++)
        if (ddl_has_index(table, i))
            append_index(sql, table, schema, relation, i);
}

/* The columns that only staging has. */
static void
add_drops(struct template_values *values, const struct plan_table *table)
{
    size_t most = (size_t)(table->column_count + LAYOUT_OWN_MAX);
    struct layout_column *columns =
        arena_array(&values->arena, most, sizeof(*columns));
    const char **names = arena_array(&values->arena, most, sizeof(*names));
    int count = layout_columns(table, columns);
    int drops = 0;

    for (int i = 0; i < count; i++)
        if (!columns[i].in_table)
            names[drops++] = columns[i].name;
    template_columns(values, "drops", names, drops);
}

void
ddl_stage_promote(struct buf *sql, const struct plan_table *table,
                  const char *schema, const char *stage, const char *loaded_at)
{
    struct template_values values = {.count = 0};

    template_name(&values, "stage", schema, stage);
    template_name(&values, "name", NULL, table->name);
    template_literal(&values, "loaded_at", loaded_at);
    template_flag(&values, "marks", table->marks_deleted);
    add_drops(&values, table);
    append(sql, sql_promote_stage, &values);
}

/* ---- comments ---------------------------------------------------------- */

static void
append_gid_form(struct buf *text, const struct plan_gid *gid)
{
    const char *type = gid->type != NULL ? gid->type : gid->expected;

    if (gid->whole)
        buf_append_str(text, "; the whole gid");
    else if (type != NULL)
        buf_printf(text, "; the number of gid://shopify/%s/<number>", type);
    else
        buf_append_str(text, "; the number of a gid");
}

void
ddl_describe_column(struct buf *text, const struct plan_table *table,
                    const struct layout_column *column)
{
    switch (column->role) {
    case LAYOUT_PARENT:
        buf_printf(text, "id of the row's parent in %s", table->parent->path);
        append_gid_form(text, table->parent_gid);
        break;
    case LAYOUT_ORDINAL:
        buf_append_str(text, table->parent != NULL
                                 ? "position under the parent, from 0"
                                 : "position in the result, from 0");
        break;
    case LAYOUT_PLACE:
        buf_append_str(text, table->parent != NULL
                                 ? "position among the rows of its parent, "
                                   "from 0"
                                 : "position among the rows of the result, "
                                   "from 0");
        break;
    case LAYOUT_DATA: {
        const struct plan_column *data = &table->columns[column->data];

        buf_printf(text, "%s: %s", data->path, data->graphql_type);
        if (data->gid != NULL)
            append_gid_form(text, data->gid);
        if (data->mask != PLAN_MASK_NONE)
            buf_printf(text, ", masked: %s", mask_name(data->mask));
        break;
    }
    case LAYOUT_TYPENAME:
        buf_append_str(text, "the row's GraphQL type");
        break;
    case LAYOUT_HASH:
        buf_append_str(text, "hash of the row's values; NULL: the next merge "
                             "writes the row");
        break;
    case LAYOUT_LOADED_AT:
        buf_append_str(text, "when the run that last changed the row began "
                             "to load");
        break;
    case LAYOUT_DELETED_AT:
        buf_append_str(text, "when bulkpg found that the row is gone from the "
                             "store; NULL: the row exists there");
        break;
    case LAYOUT_LINE:
    case LAYOUT_POSITION:
    case LAYOUT_PARENT_POSITION:
    case LAYOUT_COUNT:
    case LAYOUT_ROW_ID:
        break;
    }
}

static void
append_column_comment(struct buf *sql, const struct plan_table *table,
                      const char *schema, const struct layout_column *column)
{
    struct template_values values = {.count = 0};
    struct buf text = buf_with_ceiling(sql->ceiling);

    ddl_describe_column(&text, table, column);
    template_name(&values, "table", schema, table->name);
    template_name(&values, "column", NULL, column->name);
    template_literal(&values, "comment", buf_str(&text));
    append(sql, sql_comment_column, &values);
    buf_free(&text);
}

void
ddl_describe_table(struct buf *text, const struct plan_table *table)
{
    buf_printf(text, "%s: %s", table->path, table->node_type);
}

static void
append_table_comment(struct buf *sql, const struct plan_table *table,
                     const char *schema)
{
    struct template_values values = {.count = 0};
    struct buf text = buf_with_ceiling(sql->ceiling);

    ddl_describe_table(&text, table);
    template_name(&values, "table", schema, table->name);
    template_literal(&values, "comment", buf_str(&text));
    append(sql, sql_comment_table, &values);
    buf_free(&text);
}

void
ddl_comments(struct buf *sql, const struct plan_table *table,
             const char *schema)
{
    int count;
    struct layout_column *columns = layout_of(table, &count);

    append_table_comment(sql, table, schema);
    for (int i = 0; i < count; i++)
        if (columns[i].in_table)
            append_column_comment(sql, table, schema, &columns[i]);
    free(columns);
}

/* ---- changes ----------------------------------------------------------- */

void
ddl_add_index(struct buf *sql, const struct plan_table *table, int column,
              const char *schema)
{
    append_index(sql, table, schema, table->name, column);
}

void
ddl_comment_column(struct buf *sql, const struct plan_table *table,
                   const char *schema, const char *name)
{
    int count;
    struct layout_column *columns = layout_of(table, &count);

    for (int i = 0; i < count; i++)
        if (strcmp(columns[i].name, name) == 0)
            append_column_comment(sql, table, schema, &columns[i]);
    free(columns);
}

/* Add a column, without index and COMMENT. */
static void
append_added(struct buf *sql, const struct plan_table *table,
             const char *schema, const char *column, const char *type)
{
    struct template_values values = {.count = 0};

    template_name(&values, "table", schema, table->name);
    template_name(&values, "column", NULL, column);
    template_sql(&values, "type", type);
    append(sql, sql_add_column, &values);
}

void
ddl_add_column(struct buf *sql, const struct plan_table *table, int column,
               const char *schema)
{
    const struct plan_column *added = &table->columns[column];

    append_added(sql, table, schema, added->name,
                 plan_type_name(plan_column_type(added)));
    if (added->index)
        append_index(sql, table, schema, table->name, column);
    ddl_comment_column(sql, table, schema, added->name);
}

void
ddl_add_mark(struct buf *sql, const struct plan_table *table,
             const char *schema)
{
    append_added(sql, table, schema, "_deleted_at", "timestamptz");
    ddl_comment_column(sql, table, schema, "_deleted_at");
}

void
ddl_add_position(struct buf *sql, const struct plan_table *table,
                 const char *schema)
{
    append_added(sql, table, schema, "_position", "integer");
    ddl_comment_column(sql, table, schema, "_position");
}

void
ddl_forget_hashes(struct buf *sql, const struct plan_table *table,
                  const char *schema)
{
    struct template_values values = {.count = 0};

    template_name(&values, "table", schema, table->name);
    append(sql, sql_forget_hashes, &values);
    ddl_comment_column(sql, table, schema, "_hash");
}

void
ddl_forget_staged_hashes(struct buf *sql, const char *schema, const char *stage)
{
    struct template_values values = {.count = 0};

    template_name(&values, "stage", schema, stage);
    append(sql, sql_forget_staged_hashes, &values);
}

void
ddl_widen_gid(struct buf *sql, const char *schema, const char *table,
              const char *column, const char *gid_type)
{
    struct template_values values = {.count = 0};

    template_name(&values, "table", schema, table);
    template_name(&values, "column", NULL, column);
    if (gid_type == NULL)
        template_flag(&values, "prefix", false);
    else
        template_literal(
            &values, "prefix",
            arena_printf(&values.arena, "gid://shopify/%s/", gid_type));
    append(sql, sql_widen_gid, &values);
}

/* Conversions to a wider type for which a cast is not enough: its result would
 * depend on the session's settings, or differ from the store's text. */
static const struct {
    enum plan_type from;
    enum plan_type to;
    const char *using;
} conversions[] = {
    {PLAN_DATE, PLAN_TIMESTAMPTZ, "{column}::timestamp AT TIME ZONE 'UTC'"},
    {PLAN_DATE, PLAN_TEXT, "to_char({column}, 'YYYY-MM-DD')"},
    {PLAN_TIMESTAMPTZ, PLAN_TEXT,
     "rtrim(rtrim(to_char({column} AT TIME ZONE 'UTC', "
     "'YYYY-MM-DD\"T\"HH24:MI:SS.US'), '0'), '.') || 'Z'"},
    {PLAN_JSONB, PLAN_TEXT, "{column} #>> '{}'"},
    {PLAN_INET, PLAN_TEXT, "abbrev({column})"},
};

static const char *
find_conversion(enum plan_type from, enum plan_type to)
{
    for (size_t i = 0; i < sizeof(conversions) / sizeof(conversions[0]); i++)
        if (conversions[i].from == from && conversions[i].to == to)
            return conversions[i].using;
    return NULL;
}

void
ddl_widen_type(struct buf *sql, const char *schema, const char *table,
               const char *column, enum plan_type from, enum plan_type to)
{
    struct template_values values = {.count = 0};
    struct buf using = buf_with_ceiling(sql->ceiling);
    const char *conversion = find_conversion(from, to);

    template_name(&values, "table", schema, table);
    template_name(&values, "column", NULL, column);
    template_sql(&values, "type", plan_type_name(to));
    if (conversion != NULL)
        template_append(&using, conversion, &values);
    template_sql(&values, "using", conversion != NULL ? buf_str(&using) : NULL);
    append(sql, sql_widen_type, &values);
    buf_free(&using);
}

void
ddl_clear_column(struct buf *sql, const char *schema, const char *table,
                 const char *column, enum plan_type type)
{
    struct template_values values = {.count = 0};

    template_name(&values, "table", schema, table);
    template_name(&values, "column", NULL, column);
    template_sql(&values, "type", plan_type_name(type));
    append(sql, sql_clear_column, &values);
}

void
ddl_change_mask(struct buf *sql, const char *schema, const char *table,
                const struct plan_column *column, enum mask_change change,
                enum plan_type has, const char *gid_type)
{
    if (change == MASK_CLEARS)
        ddl_clear_column(sql, schema, table, column->name,
                         plan_column_type(column));
    else if (gid_type != NULL && has == PLAN_BIGINT)
        ddl_widen_gid(sql, schema, table, column->name, gid_type);
    else if (has != PLAN_TEXT)
        ddl_widen_type(sql, schema, table, column->name, has, PLAN_TEXT);
}

void
ddl_grant_select(struct buf *sql, const char *schema, const char *table,
                 const char *role)
{
    struct template_values values = {.count = 0};

    template_name(&values, "table", schema, table);
    template_name(&values, "role", NULL, role);
    append(sql, sql_grant_select, &values);
}

void
ddl_print_table(struct buf *sql, const struct plan_table *table,
                const char *schema)
{
    ddl_table_create(sql, table, schema);
    ddl_key_create(sql, table, schema, table->name);
    ddl_indexes_create(sql, table, schema, table->name);
    ddl_comments(sql, table, schema);
}

void
ddl_print(struct buf *sql, const struct plan *plan, const char *schema)
{
    for (int i = 0; i < plan->table_count; i++) {
        const struct plan_table *table = &plan->tables[i];

        if (table->skip)
            continue;
        if (sql->length > 0)
            buf_append_char(sql, '\n');
        ddl_print_table(sql, table, schema);
        if (table->history != NULL)
            history_create(sql, table, schema);
    }
}
