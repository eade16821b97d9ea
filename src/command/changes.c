#include "command/changes.h"

#include <string.h>

#include "load/adapt.h"
#include "plan/ddl.h"
#include "plan/names.h"

enum { SQL_BYTES_MAX = 64 * 1024 * 1024 };

static const char *
keep(struct job *job, struct buf *sql)
{
    const char *kept = arena_strdup(&job->arena, buf_str(sql));

    buf_free(sql);
    return kept;
}

static const char *
write_created(const struct tables *tables, struct job *job)
{
    const char *schema = job->config->schema;
    struct buf sql = buf_with_ceiling(SQL_BYTES_MAX);

    if (!tables->has_schema) {
        buf_append_str(&sql, "CREATE SCHEMA ");
        name_append_quoted(&sql, schema);
        buf_append_str(&sql, ";\n");
    }
    for (int i = 0; i < job->plan->table_count; i++)
        if (!job->plan->tables[i].skip && !tables->targets[i].exists)
            ddl_print_table(&sql, &job->plan->tables[i], schema);
    return keep(job, &sql);
}

static const char *
write_altered(const struct tables *tables, struct job *job)
{
    struct buf sql = buf_with_ceiling(SQL_BYTES_MAX);

    adapt_changes(&sql, job->plan, job->config->schema, tables->targets);
    return keep(job, &sql);
}

static bool
is_used(const struct job *job, const struct journal_relation *relation)
{
    if (strcmp(relation->table_schema, job->config->schema) != 0)
        return false;
    for (int i = 0; i < job->plan->table_count; i++)
        if (!job->plan->tables[i].skip &&
            strcmp(job->plan->tables[i].name, relation->table_name) == 0)
            return true;
    return plan_leaves_out(job->plan, relation->path);
}

static bool
find_left(struct journal_relations *left, struct job *job, struct err *err)
{
    size_t count = 0;

    if (!journal_job_tables(job->context->journal, job->config->name,
                            job->file->job, &job->arena, left, err))
        return false;
    for (size_t i = 0; i < left->count; i++)
        if (!is_used(job, &left->relations[i]))
            left->relations[count++] = left->relations[i];
    left->count = count;
    return true;
}

bool
changes_find(struct changes *changes, struct job *job, struct err *err)
{
    struct tables *tables = &changes->tables;

    *tables = (struct tables){0};
    if (!tables_inspect(tables, job, err))
        return false;
    changes->created = write_created(tables, job);
    changes->altered = write_altered(tables, job);
    return find_left(&changes->left, job, err);
}

void
changes_append_left(struct buf *sql, const struct changes *changes)
{
    if (changes->left.count > 0)
        buf_append_str(sql, "\n-- Tables of this job that its query no longer "
                            "uses. bulkpg does not change them.\n-- To "
                            "remove them:\n");
    for (size_t i = 0; i < changes->left.count; i++) {
        buf_append_str(sql, "--   DROP TABLE ");
        ddl_append_qualified(sql, changes->left.relations[i].table_schema,
                             changes->left.relations[i].table_name);
        buf_append_str(sql, ";\n");
    }
}
