/*
 *     {store, job, file, …, "tables_left": […], "incremental": {…},
 *      "pages": {…, "requests": […]}, "notes": […], "tables": […]}
 *
 * An object has the same keys in every plan. A value that is absent or not
 * known is null. An empty array is not null: "tables_left" is [] if no table is
 * left, and null if the database was not asked.
 *
 * Hazard. Tools read the keys and the names of kinds, so they must not change
 * when names in the program do.
 */
#include "command/plan_json.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "command/plan_compare.h"
#include "json/write.h"
#include "plan/layout.h"
#include "plan/mask.h"
#include "plan/unseen.h"

static const char *const kind_names[] = {[PLAN_ROOT] = "root",
                                         [PLAN_CONNECTION] = "connection",
                                         [PLAN_LIST] = "list"};

static const char *const deletes_names[] = {[PLAN_DELETES_HARD] = "HARD",
                                            [PLAN_DELETES_SOFT] = "SOFT",
                                            [PLAN_DELETES_KEEP] = "KEEP"};

/* The GraphQL type whose ids the column contains, or NULL. */
static const char *
id_of(const struct plan_table *table, const struct layout_column *column)
{
    const struct plan_gid *gid =
        column->role == LAYOUT_PARENT ? table->parent_gid
        : column->role == LAYOUT_DATA ? table->columns[column->data].gid
                                      : NULL;

    return gid != NULL ? gid->expected : NULL;
}

static void
append_column(struct json_out *json, const struct plan_table *table,
              const struct layout_column *column)
{
    const struct plan_column *data =
        column->role == LAYOUT_DATA ? &table->columns[column->data] : NULL;

    json_out_open(json, '{');
    json_out_text(json, "name", column->name);
    json_out_text(json, "type", plan_type_name(column->type));
    json_out_text(json, "path", data != NULL ? data->path : NULL);
    json_out_text(json, "graphql_type",
                  data != NULL ? data->graphql_type : NULL);
    json_out_text(json, "id_of", id_of(table, column));
    json_out_text(json, "mask", data != NULL ? mask_name(data->mask) : NULL);
    json_out_close(json, '}');
}

static void
append_columns(struct json_out *json, const struct plan_table *table)
{
    struct layout_column *columns = mem_array(
        (size_t)(table->column_count + LAYOUT_OWN_MAX), sizeof(*columns));
    int count = layout_columns(table, columns);

    json_out_key(json, "columns");
    json_out_open(json, '[');
    for (int i = 0; i < count; i++)
        if (columns[i].in_table)
            append_column(json, table, &columns[i]);
    json_out_close(json, ']');
    free(columns);
}

static void
append_key(struct json_out *json, const struct plan_table *table)
{
    const char *names[LAYOUT_KEY_MAX];
    int count = layout_key(table, names);

    json_out_key(json, "key");
    json_out_open(json, '[');
    for (int i = 0; i < count; i++)
        json_out_string(json, names[i]);
    json_out_close(json, ']');
}

static void
append_compared(struct json_out *json, const struct job *job,
                const struct changes *changes, const struct plan_table *table)
{
    const char *why = plan_compare_against(job, changes, table);

    json_out_boolean(json, "compared", why == NULL);
    json_out_text(json, "not_compared", why);
}

static void
append_table(struct json_out *json, const struct job *job,
             const struct changes *changes, const struct plan_table *table)
{
    json_out_open(json, '{');
    json_out_text(json, "name", table->name);
    json_out_text(json, "path", table->path);
    json_out_text(json, "kind", kind_names[table->kind]);
    json_out_text(json, "parent",
                  table->parent != NULL ? table->parent->name : NULL);
    json_out_text(json, "graphql_type", table->node_type);
    json_out_boolean(json, "skip", table->skip);
    append_compared(json, job, changes, table);
    append_columns(json, table);
    append_key(json, table);
    json_out_close(json, '}');
}

static void
append_incremental(struct json_out *json, const struct plan *plan)
{
    json_out_key(json, "incremental");
    if (plan->incremental == NULL) {
        json_out_string(json, NULL);
        return;
    }
    json_out_open(json, '{');
    json_out_text(json, "field", plan->incremental->field);
    json_out_number(json, "overlap_ms", plan->incremental->overlap_ms);
    json_out_number(json, "full_every_ms", plan->incremental->full_every_ms);
    json_out_key(json, "unseen");
    json_out_open(json, '[');
    for (const char *const *unseen = unseen_list(plan); *unseen; unseen++)
        json_out_string(json, *unseen);
    json_out_close(json, ']');
    json_out_close(json, '}');
}

/* ---- pages --------------------------------------------------------------- */

/* `count` with two decimals, NULL if it is not above 0. */
static void
append_decimal(struct json_out *json, const char *key, double count)
{
    char text[64];

    json_out_key(json, key);
    if (count <= 0) {
        json_out_string(json, NULL);
        return;
    }
    snprintf(text, sizeof(text), "%.2f", count);
    json_out_raw(json, span_str(text));
}

/* NULL if it is 0. */
static void
append_positive(struct json_out *json, const char *key, int64_t number)
{
    if (number > 0)
        json_out_number(json, key, number);
    else
        json_out_text(json, key, NULL);
}

static void
append_connection(struct json_out *json, const struct plan *plan,
                  const struct pages_connection *c,
                  const struct expense_terms *terms)
{
    struct expense expense;
    bool has_requests = expense_of(plan, c, terms, &expense);
    double points = expense.points * (double)expense.per_many;

    json_out_open(json, '{');
    json_out_number(json, "level", c->level);
    json_out_text(json, "path", c->path);
    json_out_text(json, "table", c->table->name);
    json_out_text(json, "pages", expense_kind(c->kind));
    append_positive(json, "only", c->only);
    json_out_text(json, "first_page_in", c->is_nested ? c->parent->path : NULL);
    json_out_text(json, "document", has_requests ? c->read->document : NULL);
    append_positive(json, "parents", expense.parents);
    append_positive(json, "rows", expense.rows);
    append_positive(json, "points", (int64_t)expense.points);
    append_positive(json, "requests_for_10000", expense.per_many);
    append_decimal(json, "seconds_for_10000",
                   terms->per_second > 0 ? points / terms->per_second : 0);
    json_out_close(json, '}');
}

static void
append_pages(struct json_out *json, const struct plan *plan,
             const struct expense_terms *terms)
{
    json_out_key(json, "pages");
    if (plan->paged.way == PLAN_BY_BULK) {
        json_out_string(json, NULL);
        return;
    }
    json_out_open(json, '{');
    append_positive(json, "below", plan->paged.below);
    json_out_number(json, "concurrency", terms->concurrency);
    append_decimal(json, "points_per_second", terms->per_second);
    json_out_key(json, "requests");
    json_out_open(json, '[');
    for (int i = 0; i < plan->pages->count; i++)
        append_connection(json, plan, &plan->pages->connections[i], terms);
    json_out_close(json, ']');
    json_out_close(json, '}');
}

/* ---- the plan ------------------------------------------------------------ */

static void
append_notes(struct json_out *json, const struct gql_note *notes)
{
    json_out_key(json, "notes");
    json_out_open(json, '[');
    for (const struct gql_note *n = notes; n != NULL; n = n->next) {
        json_out_open(json, '{');
        json_out_text(json, "code", message_at(n->msg)->code);
        json_out_text(json, "message", n->message);
        json_out_text(json, "hint",
                      n->hint[0] != '\0' ? n->hint
                                         : message_at(n->msg)->remedy);
        json_out_close(json, '}');
    }
    json_out_close(json, ']');
}

/* Tables that the job's query no longer uses. */
static void
append_left(struct json_out *json, const struct changes *changes)
{
    json_out_key(json, "tables_left");
    if (changes == NULL) {
        json_out_string(json, NULL);
        return;
    }
    json_out_open(json, '[');
    for (size_t i = 0; i < changes->left.count; i++) {
        json_out_open(json, '{');
        json_out_text(json, "schema", changes->left.relations[i].table_schema);
        json_out_text(json, "name", changes->left.relations[i].table_name);
        json_out_close(json, '}');
    }
    json_out_close(json, ']');
}

void
plan_json_append(struct buf *text, const struct job *job,
                 const struct expense_terms *terms,
                 const struct changes *changes)
{
    const struct plan *plan = job->plan;
    struct json_out *json = json_out_new(text);

    json_out_open(json, '{');
    json_out_text(json, "store", job->config->name);
    json_out_text(json, "job", plan->job);
    json_out_text(json, "file", plan->file);
    json_out_text(json, "schema", job->config->schema);
    json_out_text(json, "plan_hash", plan->hash);
    json_out_text(json, "document", plan->document);
    json_out_text(json, "changes", changes != NULL ? changes->altered : NULL);
    append_left(json, changes);
    json_out_text(json, "deletes", deletes_names[plan->deletes]);
    json_out_boolean(json, "deletes_all", plan->may_shrink);
    append_incremental(json, plan);
    append_pages(json, plan, terms);
    append_notes(json, job->notes);
    plan_write_left_out(plan, json);
    json_out_key(json, "tables");
    json_out_open(json, '[');
    for (int i = 0; i < plan->table_count; i++)
        append_table(json, job, changes, &plan->tables[i]);
    json_out_close(json, ']');
    json_out_close(json, '}');
    json_out_free(json);
    buf_append_char(text, '\n');
}
