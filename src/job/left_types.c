#include "job/left_types.h"

#include <string.h>

#include "journal/relation.h"
#include "json/tree.h"

/* Is the path of the leaf that of the table, a dot, and `column`? */
static bool
is_path(const char *path, const char *table, const char *column)
{
    size_t length = strlen(table);

    return strncmp(path, table, length) == 0 && path[length] == '.' &&
           strcmp(path + length + 1, column) == 0;
}

static void
take_column(struct gql_optional *optional, const char *table,
            const struct json *column)
{
    const char *path = json_str(json_get(column, "path"));
    struct gql_left_leaf *leaf = path != NULL ? optional->leaves : NULL;

    for (; leaf != NULL; leaf = leaf->next)
        if (leaf->pg_type == NULL && is_path(leaf->path, table, path)) {
            leaf->pg_type = json_str(json_get(column, "type"));
            leaf->gid_type = json_str(json_get(column, "gid_type"));
        }
}

/* A relation of bulkpg.relation that cannot be read has no types. */
static void
take_columns(struct job *job, struct gql_optional *optional,
             const struct journal_relation *relation)
{
    struct json *columns;
    struct err err;

    if (relation->columns == NULL ||
        !json_parse(&job->arena, span_str(relation->columns), &columns, &err) ||
        columns->kind != JSON_ARRAY)
        return;
    for (const struct json *c = columns->first; c != NULL; c = c->next)
        take_column(optional, relation->path, c);
}

static bool
is_wanted(const struct gql_optional *optional)
{
    const struct gql_left_leaf *leaf = optional->leaves;

    while (leaf != NULL && leaf->definition != NULL)
        leaf = leaf->next;
    return leaf != NULL;
}

bool
left_types_find(struct job *job, struct gql_optional *optional, struct err *err)
{
    struct journal_relations all;

    if (!is_wanted(optional) || job->context->journal == NULL)
        return true;
    if (!journal_list_relations(job->context->journal, NULL, job->file->job,
                                &job->arena, &all, err))
        return false;
    for (int other = 0; other <= 1; other++)
        for (size_t i = 0; i < all.count; i++)
            if ((strcmp(all.relations[i].store, job->config->name) != 0) ==
                (other == 1))
                take_columns(job, optional, &all.relations[i]);
    return true;
}
