#include "command/plan_dbt.h"

#include <stdlib.h>

#include "base/mem.h"
#include "plan/ddl.h"
#include "plan/layout.h"

/* ---- YAML -------------------------------------------------------------- */

/* `key` includes its indentation and, at the start of an item, the "- " before
 * it. The value is always in double quotes, so that no word is read as a number
 * or as null. YAML reads a JSON string as JSON does. */
static void
append_text(struct buf *yaml, const char *key, const char *text)
{
    buf_printf(yaml, "%s: ", key);
    buf_append_json(yaml, span_str(text));
    buf_append_char(yaml, '\n');
}

/* ---- tables ------------------------------------------------------------ */

static void
append_column(struct buf *yaml, const struct plan_table *table,
              const struct layout_column *column, bool is_key)
{
    struct buf text = buf_with_ceiling(yaml->ceiling);

    ddl_describe_column(&text, table, column);
    append_text(yaml, "          - name", column->name);
    append_text(yaml, "            description", buf_str(&text));
    append_text(yaml, "            data_type", plan_type_name(column->type));
    if (column->in_key)
        buf_printf(yaml,
                   "            quote: true\n"
                   "            tests: [%snot_null]\n",
                   is_key ? "unique, " : "");
    buf_free(&text);
}

static void
append_columns(struct buf *yaml, const struct plan_table *table, bool one_key)
{
    struct layout_column *columns = mem_array(
        (size_t)(table->column_count + LAYOUT_OWN_MAX), sizeof(*columns));
    int count = layout_columns(table, columns);

    buf_append_str(yaml, "        columns:\n");
    for (int i = 0; i < count; i++)
        if (columns[i].in_table)
            append_column(yaml, table, &columns[i], one_key);
    free(columns);
}

/* A key of several columns is tested with dbt's own test `unique`, of a ROW
 * expression. */
static void
append_key(struct buf *yaml, const struct plan_table *table)
{
    struct buf row = buf_with_ceiling(yaml->ceiling);

    buf_append_str(&row, "ROW(");
    ddl_append_key_columns(&row, table);
    buf_append_char(&row, ')');
    buf_append_str(yaml, "        tests:\n          - unique:\n");
    append_text(yaml, "              column_name", buf_str(&row));
    buf_free(&row);
}

static void
append_table(struct buf *yaml, const struct plan_table *table)
{
    struct buf text = buf_with_ceiling(yaml->ceiling);
    const char *names[LAYOUT_KEY_MAX];
    bool one_key = layout_key(table, names) == 1;

    ddl_describe_table(&text, table);
    append_text(yaml, "      - name", table->name);
    append_text(yaml, "        description", buf_str(&text));
    if (!one_key)
        append_key(yaml, table);
    append_columns(yaml, table, one_key);
    buf_free(&text);
}

void
plan_dbt_append(struct buf *yaml, const struct job *job)
{
    const struct plan *plan = job->plan;

    buf_append_str(yaml, "version: 2\n\nsources:\n");
    append_text(yaml, "  - name", job->config->name);
    append_text(yaml, "    schema", job->config->schema);
    buf_append_str(yaml, "    loader: bulkpg\n"
                         "    loaded_at_field: _loaded_at\n"
                         "    tables:\n");
    for (int i = 0; i < plan->table_count; i++)
        if (!plan->tables[i].skip)
            append_table(yaml, &plan->tables[i]);
}
