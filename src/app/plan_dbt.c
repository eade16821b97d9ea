#include "app/plan_dbt.h"

#include <stdlib.h>

#include "base/mem.h"
#include "plan/ddl.h"
#include "plan/layout.h"

/* ---- YAML -------------------------------------------------------------- */

/* How many bytes of `text` are a character that YAML does not take as it
 * stands, or takes for the end of a line; 0: it does. `code` is its number. */
static size_t
length_of_unprintable(const unsigned char *text, unsigned *code)
{
    *code = text[0];
    if (text[0] < 0x20 || text[0] == 0x7f)
        return 1;
    if (text[0] < 0xc2 || text[0] > 0xef || text[1] < 0x80)
        return 0;
    if (text[0] < 0xe0) {
        *code = (text[0] & 0x1fU) << 6 | (text[1] & 0x3fU);
        return *code < 0xa0 ? 2 : 0;
    }
    *code = (text[0] & 0xfU) << 12 | (text[1] & 0x3fU) << 6 | (text[2] & 0x3fU);
    return *code == 0x2028 || *code == 0x2029 || *code == 0xfeff ||
                   *code >= 0xfffe
               ? 3
               : 0;
}

/* Always in double quotes, so that no word is taken for a number or null. */
static void
append_quoted(struct buf *yaml, const char *text)
{
    unsigned code;

    buf_append_char(yaml, '"');
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0';) {
        size_t length = length_of_unprintable(at, &code);

        if (length > 0) {
            buf_printf(yaml, "\\u%04x", code);
            at += length;
            continue;
        }
        if (*at == '"' || *at == '\\')
            buf_append_char(yaml, '\\');
        buf_append_char(yaml, (char)*at++);
    }
    buf_append_char(yaml, '"');
}

/* `key` with its indentation, and the "- " before it that begins an item. */
static void
append_text(struct buf *yaml, const char *key, const char *text)
{
    buf_printf(yaml, "%s: ", key);
    append_quoted(yaml, text);
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

/* dbt's own test, of an expression: several columns are unique together. */
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
    append_text(yaml, "  - name", job->store->config->name);
    append_text(yaml, "    schema", job->store->config->schema);
    buf_append_str(yaml, "    loader: bulkpg\n"
                         "    loaded_at_field: _loaded_at\n"
                         "    tables:\n");
    for (int i = 0; i < plan->table_count; i++)
        if (!plan->tables[i].skip)
            append_table(yaml, &plan->tables[i]);
}
