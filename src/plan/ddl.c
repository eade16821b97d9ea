#include "plan/ddl.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "plan/layout.h"
#include "plan/names.h"

void
ddl_append_qualified(struct buf *sql, const char *schema, const char *name)
{
    name_append_quoted(sql, schema);
    buf_append_char(sql, '.');
    name_append_quoted(sql, name);
}

/* The layout of a table, to be freed. */
static struct layout_column *
layout_of(const struct plan_table *table, int *count)
{
    struct layout_column *columns = mem_array(
        (size_t)(table->column_count + LAYOUT_OWN_MAX), sizeof(*columns));

    *count = layout_columns(table, columns);
    return columns;
}

/* ---- tables ------------------------------------------------------------ */

/* NULL in staging. */
static bool
is_numbered_later(const struct layout_column *column)
{
    return column->role == LAYOUT_ORDINAL;
}

/* Keys are NOT NULL in staging too: else each primary key would be looked
 * through for NULLs before it is made. */
static void
append_columns(struct buf *sql, const struct plan_table *table, bool staging)
{
    int count;
    struct layout_column *columns = layout_of(table, &count);
    const char *separator = "\n    ";

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

void
ddl_stage_create(struct buf *sql, const struct plan_table *table,
                 const char *schema, const char *stage, bool logged)
{
    buf_append_str(sql, logged ? "CREATE TABLE " : "CREATE UNLOGGED TABLE ");
    ddl_append_qualified(sql, schema, stage);
    buf_append_str(sql, " (");
    append_columns(sql, table, true);
    buf_append_str(sql, "\n);\n");
}

void
ddl_stage_insert(struct buf *sql, const char *schema, const char *stage)
{
    buf_append_str(sql, "INSERT INTO ");
    ddl_append_qualified(sql, schema, stage);
    buf_append_str(sql, " SELECT * FROM pg_catalog.unnest($1::");
    ddl_append_qualified(sql, schema, stage);
    buf_append_str(sql, "[])");
}

void
ddl_table_create(struct buf *sql, const struct plan_table *table,
                 const char *schema)
{
    buf_append_str(sql, "CREATE TABLE ");
    ddl_append_qualified(sql, schema, table->name);
    buf_append_str(sql, " (");
    append_columns(sql, table, false);
    buf_append_str(sql, "\n);\n");
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
    struct arena arena = {0};

    buf_append_str(sql, "ALTER TABLE ");
    ddl_append_qualified(sql, schema, relation);
    buf_append_str(sql, " ADD CONSTRAINT ");
    name_append_quoted(sql, ddl_key_name(&arena, table));
    buf_append_str(sql, " PRIMARY KEY (");
    ddl_append_key_columns(sql, table);
    buf_append_str(sql, ");\n");
    arena_free(&arena);
}

void
ddl_stage_key(struct buf *sql, const struct plan_table *table,
              const char *schema, const char *stage)
{
    buf_append_str(sql, "CREATE UNIQUE INDEX ON ");
    ddl_append_qualified(sql, schema, stage);
    buf_append_str(sql, " (");
    ddl_append_key_columns(sql, table);
    buf_append_str(sql, ");\n");
}

static void
append_index(struct buf *sql, const struct plan_table *table,
             const char *schema, const char *relation, int column)
{
    struct arena arena = {0};

    buf_append_str(sql, "CREATE INDEX ");
    name_append_quoted(sql, ddl_index_name(&arena, table, column));
    buf_append_str(sql, " ON ");
    ddl_append_qualified(sql, schema, relation);
    buf_append_str(sql, " (");
    name_append_quoted(sql, table->columns[column].name);
    buf_append_str(sql, ");\n");
    arena_free(&arena);
}

void
ddl_indexes_create(struct buf *sql, const struct plan_table *table,
                   const char *schema, const char *relation)
{
    for (int i = 0; i < table->column_count; i++)
        if (ddl_has_index(table, i))
            append_index(sql, table, schema, relation, i);
}

/* What only staging has. */
static void
append_drops(struct buf *sql, const struct plan_table *table)
{
    int count;
    struct layout_column *columns = layout_of(table, &count);

    for (int i = 0; i < count; i++) {
        if (columns[i].in_table)
            continue;
        buf_append_str(sql, " DROP COLUMN ");
        name_append_quoted(sql, columns[i].name);
        buf_append_char(sql, ',');
    }
    free(columns);
}

void
ddl_stage_promote(struct buf *sql, const struct plan_table *table,
                  const char *schema, const char *stage, const char *loaded_at)
{
    buf_append_str(sql, "ALTER TABLE ");
    ddl_append_qualified(sql, schema, stage);
    append_drops(sql, table);
    buf_append_str(sql, " ADD COLUMN _loaded_at timestamptz DEFAULT ");
    name_append_literal(sql, loaded_at);
    if (table->marks_deleted)
        buf_append_str(sql, ", ADD COLUMN _deleted_at timestamptz");
    buf_append_str(sql, ";\nALTER TABLE ");
    ddl_append_qualified(sql, schema, stage);
    buf_append_str(sql, " ALTER COLUMN _loaded_at DROP DEFAULT;\nALTER TABLE ");
    ddl_append_qualified(sql, schema, stage);
    buf_append_str(sql, " RENAME TO ");
    name_append_quoted(sql, table->name);
    buf_append_str(sql, ";\n");
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
                                 ? "place among the rows of its parent, from 0"
                                 : "place among the rows of the result, from "
                                   "0");
        break;
    case LAYOUT_DATA: {
        const struct plan_column *data = &table->columns[column->data];

        buf_printf(text, "%s: %s", data->path, data->graphql_type);
        if (data->gid != NULL)
            append_gid_form(text, data->gid);
        break;
    }
    case LAYOUT_TYPENAME:
        buf_append_str(text, "the row's GraphQL type");
        break;
    case LAYOUT_HASH:
        buf_append_str(text, "of the row's values; NULL: write it anew");
        break;
    case LAYOUT_LOADED_AT:
        buf_append_str(text, "when the run that last changed the row began "
                             "to load");
        break;
    case LAYOUT_DELETED_AT:
        buf_append_str(text, "when the row was found gone; NULL: it is there");
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
    struct buf text = buf_with_ceiling(sql->ceiling);

    ddl_describe_column(&text, table, column);
    buf_append_str(sql, "COMMENT ON COLUMN ");
    ddl_append_qualified(sql, schema, table->name);
    buf_append_char(sql, '.');
    name_append_quoted(sql, column->name);
    buf_append_str(sql, " IS ");
    name_append_literal(sql, buf_str(&text));
    buf_append_str(sql, ";\n");
    buf_free(&text);
}

void
ddl_describe_table(struct buf *text, const struct plan_table *table)
{
    buf_printf(text, "%s: %s", table->path, table->node_type);
}

void
ddl_comments(struct buf *sql, const struct plan_table *table,
             const char *schema)
{
    int count;
    struct layout_column *columns = layout_of(table, &count);
    struct buf text = buf_with_ceiling(sql->ceiling);

    ddl_describe_table(&text, table);
    buf_append_str(sql, "COMMENT ON TABLE ");
    ddl_append_qualified(sql, schema, table->name);
    buf_append_str(sql, " IS ");
    name_append_literal(sql, buf_str(&text));
    buf_append_str(sql, ";\n");
    for (int i = 0; i < count; i++)
        if (columns[i].in_table)
            append_column_comment(sql, table, schema, &columns[i]);
    buf_free(&text);
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

void
ddl_add_column(struct buf *sql, const struct plan_table *table, int column,
               const char *schema)
{
    const struct plan_column *added = &table->columns[column];

    buf_append_str(sql, "ALTER TABLE ");
    ddl_append_qualified(sql, schema, table->name);
    buf_append_str(sql, " ADD COLUMN ");
    name_append_quoted(sql, added->name);
    buf_printf(sql, " %s;\n", plan_type_name(plan_column_type(added)));
    if (added->index)
        append_index(sql, table, schema, table->name, column);
    ddl_comment_column(sql, table, schema, added->name);
}

void
ddl_add_mark(struct buf *sql, const struct plan_table *table,
             const char *schema)
{
    buf_append_str(sql, "ALTER TABLE ");
    ddl_append_qualified(sql, schema, table->name);
    buf_append_str(sql, " ADD COLUMN _deleted_at timestamptz;\n");
    ddl_comment_column(sql, table, schema, "_deleted_at");
}

void
ddl_add_position(struct buf *sql, const struct plan_table *table,
                 const char *schema)
{
    buf_append_str(sql, "ALTER TABLE ");
    ddl_append_qualified(sql, schema, table->name);
    buf_append_str(sql, " ADD COLUMN _position integer;\n");
    ddl_comment_column(sql, table, schema, "_position");
}

void
ddl_forget_hashes(struct buf *sql, const struct plan_table *table,
                  const char *schema)
{
    buf_append_str(sql, "ALTER TABLE ");
    ddl_append_qualified(sql, schema, table->name);
    buf_append_str(sql, " DROP COLUMN _hash, ADD COLUMN _hash bigint;\n");
    ddl_comment_column(sql, table, schema, "_hash");
}

void
ddl_widen_gid(struct buf *sql, const char *schema, const char *table,
              const char *column, const char *gid_type)
{
    struct buf prefix = buf_with_ceiling(1024);

    buf_append_str(sql, "ALTER TABLE ");
    ddl_append_qualified(sql, schema, table);
    buf_append_str(sql, " ALTER COLUMN ");
    name_append_quoted(sql, column);
    buf_append_str(sql, " TYPE text USING ");
    if (gid_type != NULL) {
        buf_printf(&prefix, "gid://shopify/%s/", gid_type);
        name_append_literal(sql, buf_str(&prefix));
        buf_append_str(sql, " || ");
    }
    name_append_quoted(sql, column);
    buf_append_str(sql, "::text;\n");
    buf_free(&prefix);
}

/* A column as the other type, where PostgreSQL's own cast depends on settings
 * of the session or gives another text than the store wrote. */
static const struct {
    enum plan_type from;
    enum plan_type to;
    const char *before; /* the column's name */
    const char *after;
} conversions[] = {
    {PLAN_DATE, PLAN_TIMESTAMPTZ, "", "::timestamp AT TIME ZONE 'UTC'"},
    {PLAN_DATE, PLAN_TEXT, "to_char(", ", 'YYYY-MM-DD')"},
    {PLAN_TIMESTAMPTZ, PLAN_TEXT, "rtrim(rtrim(to_char(",
     " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), '0'), '.') || "
     "'Z'"},
    {PLAN_JSONB, PLAN_TEXT, "", " #>> '{}'"},
};

static void
append_conversion(struct buf *sql, const char *column, enum plan_type from,
                  enum plan_type to)
{
    for (size_t i = 0; i < sizeof(conversions) / sizeof(conversions[0]); i++) {
        if (conversions[i].from != from || conversions[i].to != to)
            continue;
        buf_printf(sql, " USING %s", conversions[i].before);
        name_append_quoted(sql, column);
        buf_append_str(sql, conversions[i].after);
    }
}

void
ddl_widen_type(struct buf *sql, const char *schema, const char *table,
               const char *column, enum plan_type from, enum plan_type to)
{
    buf_append_str(sql, "ALTER TABLE ");
    ddl_append_qualified(sql, schema, table);
    buf_append_str(sql, " ALTER COLUMN ");
    name_append_quoted(sql, column);
    buf_printf(sql, " TYPE %s", plan_type_name(to));
    append_conversion(sql, column, from, to);
    buf_append_str(sql, ";\n");
}

void
ddl_grant_select(struct buf *sql, const struct plan_table *table,
                 const char *schema, const char *role)
{
    buf_append_str(sql, "GRANT SELECT ON ");
    ddl_append_qualified(sql, schema, table->name);
    buf_append_str(sql, " TO ");
    name_append_quoted(sql, role);
    buf_append_str(sql, ";\n");
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
    }
}
