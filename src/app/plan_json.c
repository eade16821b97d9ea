#include "app/plan_json.h"

#include <stdlib.h>

#include "base/mem.h"
#include "plan/layout.h"

static const char *const kind_names[] = {[PLAN_ROOT] = "root",
                                         [PLAN_CONNECTION] = "connection",
                                         [PLAN_LIST] = "list"};

static void
append_member(struct buf *json, const char *key, const char *text)
{
    buf_append_json(json, span_str(key));
    buf_append_char(json, ':');
    if (text != NULL)
        buf_append_json(json, span_str(text));
    else
        buf_append_str(json, "null");
}

static void
append_column(struct buf *json, const struct plan_table *table,
              const struct layout_column *column)
{
    const struct plan_column *data =
        column->role == LAYOUT_DATA ? &table->columns[column->data] : NULL;

    buf_append_char(json, '{');
    append_member(json, "name", column->name);
    buf_append_char(json, ',');
    append_member(json, "type", plan_type_name(column->type));
    buf_append_char(json, ',');
    append_member(json, "path", data != NULL ? data->path : NULL);
    buf_append_char(json, ',');
    append_member(json, "graphql_type",
                  data != NULL ? data->graphql_type : NULL);
    buf_append_char(json, '}');
}

static void
append_columns(struct buf *json, const struct plan_table *table)
{
    struct layout_column *columns = mem_array(
        (size_t)(table->column_count + LAYOUT_OWN_MAX), sizeof(*columns));
    int count = layout_columns(table, columns);
    const char *separator = "";

    buf_append_str(json, "\"columns\":[");
    for (int i = 0; i < count; i++) {
        if (!columns[i].in_table)
            continue;
        buf_append_str(json, separator);
        append_column(json, table, &columns[i]);
        separator = ",";
    }
    buf_append_char(json, ']');
    free(columns);
}

static void
append_key(struct buf *json, const struct plan_table *table)
{
    const char *names[LAYOUT_KEY_MAX];
    int count = layout_key(table, names);

    buf_append_str(json, "\"key\":[");
    for (int i = 0; i < count; i++) {
        buf_append_str(json, i > 0 ? "," : "");
        buf_append_json(json, span_str(names[i]));
    }
    buf_append_char(json, ']');
}

static void
append_table(struct buf *json, const struct plan_table *table)
{
    buf_append_char(json, '{');
    append_member(json, "name", table->name);
    buf_append_char(json, ',');
    append_member(json, "path", table->path);
    buf_append_char(json, ',');
    append_member(json, "kind", kind_names[table->kind]);
    buf_append_char(json, ',');
    append_member(json, "parent",
                  table->parent != NULL ? table->parent->name : NULL);
    buf_append_char(json, ',');
    append_member(json, "graphql_type", table->node_type);
    buf_printf(json, ",\"skip\":%s,", table->skip ? "true" : "false");
    append_columns(json, table);
    buf_append_char(json, ',');
    append_key(json, table);
    buf_append_char(json, '}');
}

void
plan_json_append(struct buf *json, const struct job *job, const char *changes)
{
    const struct plan *plan = job->plan;

    buf_append_char(json, '{');
    append_member(json, "store", job->store->config->name);
    buf_append_char(json, ',');
    append_member(json, "job", plan->job);
    buf_append_char(json, ',');
    append_member(json, "file", plan->file);
    buf_append_char(json, ',');
    append_member(json, "schema", job->store->config->schema);
    buf_append_char(json, ',');
    append_member(json, "plan_hash", plan->hash);
    buf_append_char(json, ',');
    append_member(json, "document", plan->document);
    buf_append_char(json, ',');
    append_member(json, "changes", changes);
    buf_append_str(json, ",\"tables\":[");
    for (int i = 0; i < plan->table_count; i++) {
        if (i > 0)
            buf_append_char(json, ',');
        append_table(json, &plan->tables[i]);
    }
    buf_append_str(json, "]}\n");
}
