#include "app/job.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/journal_relation.h"
#include "base/mem.h"
#include "graphql/check.h"
#include "graphql/filter.h"
#include "json/tree.h"

void
job_init(struct job *job, struct context *context, struct store_state *store,
         const struct query_file *file)
{
    *job =
        (struct job){.context = context,
                     .store = store,
                     .file = file,
                     .log = {.store = store->config->name, .job = file->job}};
}

void
job_free(struct job *job)
{
    arena_free(&job->arena);
    free(job->operation_id);
}

bool
job_prepare(struct job *job, const char *types_file, struct err *err)
{
    struct arena *arena = &job->arena;
    struct gql_schema *schema = gql_schema_new(arena);
    struct gql_document *document;
    struct types_source source = {.file = types_file,
                                  .context = job->context,
                                  .store = job->store,
                                  .log = &job->log};

    if (job->file->fault.kind != ERR_NONE) {
        *err = job->file->fault;
        return false;
    }
    return gql_parse(arena, job->file->path, job->file->text, &document, err) &&
           types_gather(&source, schema, document, arena, err) &&
           gql_check(document, schema, err) &&
           gql_check_bulk(document, schema, err) &&
           gql_check_filter(document, schema, err) &&
           plan_build(arena, job->file->job, document, schema, &job->plan, err);
}

void
job_fail(struct job *job, const char *message, const struct err *err)
{
    job->err = *err;
    job->status = err_exit_status(err->kind);
    log_failure(err->kind == ERR_STOPPED ? LOG_WARN : LOG_ERROR, &job->log,
                message, err);
}

/* ---- owners ------------------------------------------------------------ */

/* What the journal remembers of an id column: its gid type. */
static void
recall_gid(struct plan_gid *gid, const struct json *column, struct arena *arena)
{
    const char *type = json_str(json_get(column, "gid_type"));

    if (gid != NULL && type != NULL && gid->type == NULL)
        gid->type = arena_strdup(arena, type);
}

static void
recall_column(struct plan_table *table, const struct json *column,
              struct arena *arena)
{
    const char *name = json_str(json_get(column, "name"));

    if (name == NULL)
        return;
    if (table->parent_column != NULL && strcmp(name, table->parent_column) == 0)
        recall_gid(table->parent_gid, column, arena);
    for (int i = 0; i < table->column_count; i++)
        if (strcmp(name, table->columns[i].name) == 0)
            recall_gid(table->columns[i].gid, column, arena);
}

static bool
recall_columns(struct job *job, struct plan_table *table, const char *columns,
               struct err *err)
{
    struct json *array;

    if (!json_parse(&job->arena, span_str(columns), &array, err)) {
        err_wrap(err, "bulkpg.relation, table %s", table->name);
        return false;
    }
    for (const struct json *c = array->first; c != NULL; c = c->next)
        recall_column(table, c, &job->arena);
    return true;
}

static bool
refuse_owned(const struct job *job, const struct journal_relation *owner,
             struct err *err)
{
    err_set(err, ERR_CONFIG,
            "table %s.%s belongs to job %s of store %s (%s); %s would write "
            "it too",
            owner->table_schema, owner->table_name, owner->job, owner->store,
            owner->file, job->file->path);
    err_code(err, "TABLE_OWNED");
    return err_hint(err, "give it another name with @table(name:), or the "
                         "store another schema");
}

/* Another job's table is taken over only when the file that made it is gone. */
static bool
is_ours(const struct job *job, const struct journal_relation *owner)
{
    struct stat file;

    if (strcmp(owner->store, job->store->config->name) == 0 &&
        strcmp(owner->job, job->file->job) == 0)
        return true;
    return owner->file == NULL || stat(owner->file, &file) != 0;
}

static bool
check_table_owner(struct job *job, struct plan_table *table, struct err *err)
{
    struct journal_relation *owner;

    if (!journal_relation(job->context->journal, job->store->config->schema,
                          table->name, &job->arena, &owner, err))
        return false;
    if (owner == NULL)
        return true;
    if (!is_ours(job, owner))
        return refuse_owned(job, owner, err);
    return owner->columns == NULL ||
           recall_columns(job, table, owner->columns, err);
}

bool
job_check_owner(struct job *job, struct err *err)
{
    for (int i = 0; i < job->plan->table_count; i++)
        if (!job->plan->tables[i].skip &&
            !check_table_owner(job, &job->plan->tables[i], err))
            return false;
    return true;
}

static void
append_column(struct buf *json, const char *name, const char *path,
              enum plan_type type, const struct plan_gid *gid)
{
    buf_append_str(json, json->length > 1 ? ",{\"name\":" : "{\"name\":");
    buf_append_json(json, span_str(name));
    buf_append_str(json, ",\"type\":");
    buf_append_json(json, span_str(plan_type_name(type)));
    buf_append_str(json, ",\"path\":");
    buf_append_json(json, span_str(path));
    if (gid != NULL && gid->type != NULL) {
        buf_append_str(json, ",\"gid_type\":");
        buf_append_json(json, span_str(gid->type));
    }
    buf_append_char(json, '}');
}

const char *
job_relation_columns(struct job *job, const struct plan_table *table)
{
    struct buf json = buf_with_ceiling(4 * 1024 * 1024);
    const char *kept;

    buf_append_char(&json, '[');
    if (table->parent_column != NULL)
        append_column(&json, table->parent_column, "__parentId",
                      plan_gid_column_type(table->parent_gid),
                      table->parent_gid);
    for (int i = 0; i < table->column_count; i++)
        append_column(&json, table->columns[i].name, table->columns[i].path,
                      plan_column_type(&table->columns[i]),
                      table->columns[i].gid);
    buf_append_char(&json, ']');
    kept = arena_strdup(&job->arena, buf_str(&json));
    buf_free(&json);
    return kept;
}
