/*
 * Why a row is gone, and when this is asked:
 *
 *     did_not_come       full run
 *     is_unknown         full run whose unchanged rows are not staged
 *     not_below_parent   incremental run, below parents that are in staging
 *     parent_is_gone     incremental run, below parents that are gone
 *     does_not_exist     roots that --ids named
 *
 * Each is a statement that deletes the rows or marks them.
 *
 * Hazards. list_gone() must be queued before the rows are removed, or it finds
 * none. remove_rows() keeps the place of an answer on its stack; this is safe
 * only because the count after it waits for all answers.
 */
#include "load/remove.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/arena.h"
#include "json/write.h"
#include "load/compare.h"
#include "load/encode.h"
#include "load/statement.h"
#include "load/versions.h"
#include "sql.h"

/* One reason why rows are gone, with three statements: to delete these rows, to
 * mark them, and to count them. */
struct removal {
    const char *deletes;
    const char *marks;
    const char *counts;
};

static const struct removal did_not_come = {sql_delete_gone, sql_mark_gone,
                                            sql_count_gone};
static const struct removal not_below_parent = {
    sql_delete_below, sql_mark_below, sql_count_below};
static const struct removal parent_is_gone = {
    sql_delete_orphaned, sql_mark_orphaned, sql_count_orphaned};

static const struct removal does_not_exist = {sql_delete_named, sql_mark_named,
                                              sql_count_named};
static const struct removal is_unknown = {sql_delete_unknown, sql_mark_unknown,
                                          sql_count_unknown};

static struct merge_table *
parent_of(struct merge *merge, const struct merge_table *table)
{
    return &merge->tables[table->table->parent->index];
}

static bool
queue_change(struct merge *merge, struct merge_table *table,
             const struct merge_table *above, const struct removal *why,
             int64_t *reported, struct err *err)
{
    bool marks = table->table->marks_deleted;

    return versions_queue_change(merge, table, above,
                                 marks ? why->marks : why->deletes,
                                 VERSIONS_CLOSE, reported, err);
}

/* Count the rows that are gone and still in the table. */
static bool
count_rows(struct merge *merge, const struct merge_table *table,
           const struct merge_table *above, const struct removal *why,
           int64_t *rows, struct err *err)
{
    return statement_number_below(merge, why->counts, table, above, rows, err);
}

/* If a trigger or rule may keep rows, the rows are counted before and after. */
static bool
remove_rows(struct merge *merge, struct merge_table *table,
            const struct merge_table *above, const struct removal *why,
            struct err *err)
{
    int64_t before, after, reported;

    if (!table->is_read_back)
        return queue_change(merge, table, above, why,
                            &table->removed[why == &parent_is_gone], err);
    if (!count_rows(merge, table, above, why, &before, err) ||
        !queue_change(merge, table, above, why, &reported, err) ||
        !count_rows(merge, table, above, why, &after, err))
        return false;
    table->deleted += before - after;
    table->not_deleted += after;
    return true;
}

static bool
has_rows_below(const struct merge *merge, const struct merge_table *table)
{
    for (int i = 0; i < merge->table_count; i++)
        if (merge->tables[i].table->parent == table->table)
            return true;
    return false;
}

/* List the ids of rows that will be removed: the tables below need them. */
static bool
list_gone(struct merge *merge, struct merge_table *table,
          const struct merge_table *above, struct err *err)
{
    table->gone_ids = arena_printf(merge->arena, "%s_gone", table->stage);
    return statement_queue(merge, sql_make_gone, table, NULL, 0, NULL,
                           (struct pg_answer){.result = NULL}, err) &&
           statement_queue(merge, sql_list_gone, table, above, 0, NULL,
                           (struct pg_answer){.result = NULL}, err);
}

/* Remove rows below parents that are in staging. If the parents are children
 * themselves, also remove the rows below parents that are gone. */
static bool
remove_below(struct merge *merge, struct merge_table *table, struct err *err)
{
    const struct merge_table *above = parent_of(merge, table);

    if (has_rows_below(merge, table) && !list_gone(merge, table, above, err))
        return false;
    return remove_rows(merge, table, above, &not_below_parent, err) &&
           (above->gone_ids == NULL ||
            remove_rows(merge, table, above, &parent_is_gone, err));
}

/* Of a table whose unchanged rows are not staged. */
static bool
remove_unknown(struct merge *merge, struct merge_table *table, struct err *err)
{
    bool any;

    return compare_list(merge, table, &any, err) &&
           (!any || remove_rows(merge, table, NULL, &is_unknown, err));
}

/* ---- roots that --ids named --------------------------------------------- */

enum { NAMED_BYTES_MAX = 64 * 1024 * 1024 };

/* A whole id in the form of the table; nothing if the table's numbers are those
 * of ids of another type. */
static void
put_id(struct json_out *json, const struct plan_gid *gid, const char *id)
{
    char text[32];
    int64_t number;

    if (gid == NULL || gid->whole) {
        json_out_string(json, id);
    } else if (encode_gid_number(gid, span_str(id), &number)) {
        snprintf(text, sizeof(text), "%" PRId64, number);
        json_out_string(json, text);
    }
}

static void
put_named(struct buf *text, const struct merge *merge,
          const struct plan_table *table)
{
    struct json_out *json = json_out_new(text);

    json_out_open(json, '[');
    for (int i = 0; i < merge->named_gone_count; i++)
        put_id(json, table->id_gid, merge->named_gone[i]);
    json_out_close(json, ']');
    json_out_free(json);
}

/* Remove roots that were asked for by their ids, and do not exist. */
static bool
remove_named(struct merge *merge, struct merge_table *table, struct err *err)
{
    struct buf ids = buf_with_ceiling(NAMED_BYTES_MAX);
    const char *values[1];
    bool queued;

    put_named(&ids, merge, table->table);
    values[0] = buf_str(&ids);
    table->gone_ids = arena_printf(merge->arena, "%s_gone", table->stage);
    queued =
        ids.overflowed
            ? err_set(err, MSG_BUG, "too many rows to remove")
            : statement_queue(merge, sql_make_gone, table, NULL, 0, NULL,
                              (struct pg_answer){.result = NULL}, err) &&
                  statement_queue(merge, sql_list_named, table, NULL, 1, values,
                                  (struct pg_answer){.result = NULL}, err);
    buf_free(&ids);
    return queued && remove_rows(merge, table, NULL, &does_not_exist, err);
}

/* ---- all of them --------------------------------------------------------- */

bool
remove_takes_all(const struct merge *merge, const struct merge_table *table)
{
    return table->removes && table->exists &&
           (merge->deletes != PLAN_DELETES_KEEP || table->table->has_ordinal);
}

bool
remove_queue_gone(struct merge *merge, struct merge_table *table,
                  struct err *err)
{
    if (!remove_takes_all(merge, table))
        return true;
    if (table->known != NULL)
        return remove_unknown(merge, table, err);
    if (!merge->incremental)
        return remove_rows(merge, table, NULL, &did_not_come, err);
    if (table->table->parent != NULL)
        return remove_below(merge, table, err);
    return merge->named_gone_count == 0 || remove_named(merge, table, err);
}
