/*
 * Removals of the same table and kind are one statement; see plan/pages_sql.h.
 *
 * Hazard. All steps of a statement see staging as it was before the statement.
 * So if a step tests whether a parent is still staged, it must ignore the rows
 * that the step above deletes.
 */
#include "load/removal.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "json/tree.h"
#include "json/write.h"
#include "load/encode.h"
#include "pg/queue.h"
#include "plan/pages.h"
#include "plan/pages_sql.h"

enum {
    STATEMENT_BYTES_MAX = 1024 * 1024,
    IDS_BYTES_MAX = 64 * 1024 * 1024,
    NUMBER_BYTES = 32
};

static enum pages_sql_kind
kind_of(const struct loader_removal *removal)
{
    if (removal->parent_id != NULL)
        return removal->id != NULL ? PAGES_SQL_PAIRS : PAGES_SQL_PARENTS;
    return removal->id != NULL ? PAGES_SQL_ROWS : PAGES_SQL_ALL;
}

/* ---- ids ----------------------------------------------------------------- */

/* An id in the form in which staging has it; NULL: staging cannot have it,
 * because its numbers are those of ids of another type. */
static const char *
staged_id(const struct plan_gid *gid, const char *id, char text[NUMBER_BYTES])
{
    int64_t number;

    if (gid == NULL)
        return NULL;
    if (gid->whole)
        return id;
    if (!encode_gid_number(gid, span_str(id), &number))
        return NULL;
    snprintf(text, NUMBER_BYTES, "%lld", (long long)number);
    return text;
}

static void
put_removal(struct json_out *json, const struct loader_removal *removal)
{
    const struct plan_table *table = removal->table;
    char parent[NUMBER_BYTES], own[NUMBER_BYTES];
    const char *ids[2];
    int count = 0;

    if (removal->parent_id != NULL)
        ids[count++] = staged_id(table->parent_gid, removal->parent_id, parent);
    if (removal->id != NULL)
        ids[count++] = staged_id(table->id_gid, removal->id, own);
    if (ids[0] == NULL || ids[count - 1] == NULL)
        return;
    if (count == 2)
        json_out_open(json, '[');
    for (int i = 0; i < count; i++)
        json_out_string(json, ids[i]);
    if (count == 2)
        json_out_close(json, ']');
}

/* ---- lines of a copy ---------------------------------------------------- */

bool
removal_read(const struct plan *plan, struct arena *arena, struct span line,
             struct loader_removal *removal, struct err *err)
{
    const struct json *what;
    struct json *root;
    int64_t connection;

    if (!json_parse(arena, line, &root, err))
        return false;
    what = root->first;
    if (plan->pages == NULL ||
        !json_int64(json_get(what, "connection"), &connection) ||
        connection < 0 || connection >= plan->pages->count)
        return err_set(err, MSG_OTHER_QUERY,
                       "the file has a removal that does not belong to this "
                       "query");
    *removal = (struct loader_removal){
        .table = plan->pages->connections[connection].table,
        .parent_id = json_str(json_get(what, "parent")),
        .id = json_str(json_get(what, "id"))};
    return true;
}

/* ---- sending ------------------------------------------------------------- */

static bool
is_alike(const struct loader_removal *a, const struct loader_removal *b)
{
    return a->table == b->table && kind_of(a) == kind_of(b);
}

static bool
is_first(const struct loader_removal *removals, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (is_alike(&removals[j], &removals[i]))
            return false;
    return true;
}

/* The ids of all removals that are like the first one. */
static void
list_ids(struct buf *ids, const struct loader_removal *removals, size_t count)
{
    struct json_out *json = json_out_new(ids);

    json_out_open(json, '[');
    for (size_t i = 0; i < count; i++)
        if (is_alike(&removals[i], &removals[0]))
            put_removal(json, &removals[i]);
    json_out_close(json, ']');
    json_out_free(json);
}

/* What all statements of a page share. */
struct removing {
    struct pg_conn *conn;
    struct pages_sql_stages stages;
    int64_t before;
    struct buf sql;
};

static bool
run_one(struct removing *removing, const struct loader_removal *removals,
        size_t count, struct removal_counts *counts, struct err *err)
{
    enum pages_sql_kind kind = kind_of(&removals[0]);
    struct buf ids = buf_with_ceiling(IDS_BYTES_MAX);
    struct pg_result *result;
    char line[NUMBER_BYTES];
    const char *values[2] = {line};
    bool done;

    snprintf(line, sizeof(line), "%lld", (long long)removing->before);
    if (kind != PAGES_SQL_ALL)
        list_ids(&ids, removals, count);
    buf_clear(&removing->sql);
    pages_sql_remove(&removing->sql, &removing->stages, removals[0].table,
                     kind);
    values[1] = buf_str(&ids);
    done = !removing->sql.overflowed && !ids.overflowed
               ? pg_exec(removing->conn, buf_str(&removing->sql),
                         kind == PAGES_SQL_ALL ? 1 : 2, values, &result, err)
               : err_set(err, MSG_BUG, "too many staged rows to remove");
    buf_free(&ids);
    if (!done)
        return err_wrap(err, "removing rows from staging");
    counts->lines += pg_int64(result, 0, 0);
    counts->roots += pg_int64(result, 0, 1);
    pg_result_free(result);
    return true;
}

bool
removal_run(struct pg_conn *conn, const char *schema,
            const struct loader_table *tables, int table_count, int64_t before,
            const struct loader_removal *removals, size_t count,
            struct removal_counts *counts, struct err *err)
{
    const char **names = mem_array((size_t)table_count, sizeof(*names));
    struct removing removing = {
        .conn = conn,
        .stages = {schema, tables[0].plan, table_count, names},
        .before = before,
        .sql = buf_with_ceiling(STATEMENT_BYTES_MAX)};
    bool done = true;

    for (int i = 0; i < table_count; i++)
        names[i] = tables[i].stage;
    *counts = (struct removal_counts){0};
    for (size_t i = 0; done && i < count; i++)
        if (names[removals[i].table->index] != NULL && is_first(removals, i))
            done = run_one(&removing, &removals[i], count - i, counts, err);
    free(names);
    buf_free(&removing.sql);
    return done;
}
