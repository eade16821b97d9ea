#include "plan/merge.h"

#include <stdlib.h>

#include "base/mem.h"
#include "plan/ddl.h"
#include "plan/layout.h"
#include "plan/names.h"

/* How a column is written into a list. */
typedef void append_fn(struct buf *sql, const char *name);

static void
append_bare(struct buf *sql, const char *name)
{
    name_append_quoted(sql, name);
}

static void
append_staged(struct buf *sql, const char *name)
{
    buf_append_str(sql, "s.");
    name_append_quoted(sql, name);
}

static void
append_equal(struct buf *sql, const char *name)
{
    buf_append_str(sql, "s.");
    name_append_quoted(sql, name);
    buf_append_str(sql, " = t.");
    name_append_quoted(sql, name);
}

static void
append_assignment(struct buf *sql, const char *name)
{
    name_append_quoted(sql, name);
    buf_append_str(sql, " = s.");
    name_append_quoted(sql, name);
}

enum { KEY_COLUMNS, SHARED_COLUMNS, VALUE_COLUMNS };

static bool
is_wanted(const struct layout_column *column, int which)
{
    if (which == KEY_COLUMNS)
        return column->in_key;
    if (!column->in_staging || !column->in_table)
        return false;
    return which == SHARED_COLUMNS || !column->in_key;
}

/* The columns that staging and table share, as a list. */
static void
append_list(struct buf *sql, const struct plan_table *table, int which,
            append_fn *append, const char *separator)
{
    struct layout_column *columns = mem_array(
        (size_t)(table->column_count + LAYOUT_OWN_MAX), sizeof(*columns));
    int count = layout_columns(table, columns);
    bool first = true;

    for (int i = 0; i < count; i++) {
        if (!is_wanted(&columns[i], which))
            continue;
        if (!first)
            buf_append_str(sql, separator);
        append(sql, columns[i].name);
        first = false;
    }
    free(columns);
}

static void
append_stage(struct buf *sql, const struct merge_target *target)
{
    ddl_append_qualified(sql, target->schema, target->stage);
}

static void
append_table(struct buf *sql, const struct merge_target *target)
{
    ddl_append_qualified(sql, target->schema, target->table->name);
}

/* To read or change: rows of tables that inherit from it are not ours. All rows
 * of a partitioned table are in others. */
static void
append_only(struct buf *sql, const struct merge_target *target)
{
    buf_append_str(sql, target->is_partitioned ? "" : "ONLY ");
    append_table(sql, target);
}

/* Rows of one line stand in the order of their lists. */
static const char *
latest_first(const struct plan_table *table)
{
    return table->kind == PLAN_LIST ? "_line DESC, _pos DESC" : "_line DESC";
}

void
merge_count_staged(struct buf *sql, const struct merge_target *target)
{
    buf_append_str(sql, "SELECT count(*) FROM ");
    append_stage(sql, target);
}

void
merge_delete_lines(struct buf *sql, const struct merge_target *target)
{
    buf_append_str(sql, "DELETE FROM ");
    append_stage(sql, target);
    buf_append_str(sql, " WHERE _line = ANY ($1::bigint[])");
}

/* Staging's column with the rows' ids, of a table that others stand below. */
static const char *
row_id(const struct plan_table *table)
{
    return table->stages_id ? "_id" : plan_id_column(table);
}

void
merge_delete_superseded(struct buf *sql, const struct merge_target *target,
                        const struct merge_target *parent)
{
    bool nested = layout_is_nested_list(target->table);

    buf_append_str(sql, "DELETE FROM ");
    append_stage(sql, target);
    buf_append_str(sql, " AS s USING (SELECT ");
    name_append_quoted(sql, row_id(parent->table));
    buf_append_str(sql, nested ? " AS id, max(ARRAY[_line, _pos]) AS last FROM "
                               : " AS id, max(_line) AS last FROM ");
    append_stage(sql, parent);
    buf_append_str(sql, " GROUP BY 1 HAVING count(*) > 1) AS d WHERE s.");
    name_append_quoted(sql, target->table->parent_column);
    buf_append_str(sql,
                   nested ? " = d.id AND ARRAY[s._line, s._parent_pos] < d.last"
                          : " = d.id AND s._line < d.last");
}

void
merge_delete_orphans(struct buf *sql, const struct merge_target *target,
                     const struct merge_target *parent)
{
    buf_append_str(sql, "DELETE FROM ");
    append_stage(sql, target);
    buf_append_str(sql, " AS s WHERE NOT EXISTS (SELECT FROM ");
    append_stage(sql, parent);
    buf_append_str(sql, " AS p WHERE p._line = s._line AND "
                        "p._pos = s._parent_pos)");
}

void
merge_delete_duplicates(struct buf *sql, const struct merge_target *target)
{
    buf_append_str(sql, "DELETE FROM ");
    append_stage(sql, target);
    buf_append_str(sql, " AS s USING (SELECT ctid AS place, row_number() "
                        "OVER (PARTITION BY ");
    append_list(sql, target->table, KEY_COLUMNS, append_bare, ", ");
    buf_printf(sql, " ORDER BY %s) AS n FROM ", latest_first(target->table));
    append_stage(sql, target);
    buf_append_str(sql, ") AS d WHERE s.ctid = d.place AND d.n > 1");
}

void
merge_set_ordinals(struct buf *sql, const struct merge_target *target)
{
    const struct plan_table *table = target->table;

    buf_append_str(sql, "UPDATE ");
    append_stage(sql, target);
    buf_printf(sql,
               " AS s SET %s = d.n - 1 FROM (SELECT ctid AS place, "
               "row_number() OVER (",
               table->has_ordinal ? "_ordinal" : "_position");
    if (table->parent != NULL) {
        buf_append_str(sql, "PARTITION BY ");
        name_append_quoted(sql, table->parent_column);
        buf_append_char(sql, ' ');
    }
    buf_append_str(sql, table->kind == PLAN_LIST ? "ORDER BY _line, _pos"
                                                 : "ORDER BY _line");
    buf_append_str(sql, ") AS n FROM ");
    append_stage(sql, target);
    buf_append_str(sql, ") AS d WHERE s.ctid = d.place");
}

/* Of every parent: id, counted, came. */
static void
append_came(struct buf *sql, const struct merge_target *target,
            const struct merge_target *parent)
{
    buf_append_str(sql, "(SELECT ");
    name_append_quoted(sql, target->table->parent_column);
    buf_append_str(sql, " AS id, count(*) AS came FROM ");
    append_stage(sql, target);
    buf_append_str(sql, " GROUP BY 1) AS c");
    if (parent == NULL) {
        buf_append_str(sql, " CROSS JOIN (SELECT NULL::integer AS "
                            "counted) AS p");
        return;
    }
    buf_append_str(sql, " FULL JOIN (SELECT ");
    name_append_quoted(sql, row_id(parent->table));
    buf_append_str(sql, " AS id, ");
    name_append_quoted(sql, target->table->count->column);
    buf_append_str(sql, " AS counted FROM ");
    append_stage(sql, parent);
    buf_append_str(sql, ") AS p USING (id)");
}

void
merge_find_truncated(struct buf *sql, const struct merge_target *target,
                     const struct merge_target *parent)
{
    buf_printf(sql,
               "SELECT kind, parents, id, counted, came FROM (SELECT *, "
               "count(*) OVER (PARTITION BY kind) AS parents, row_number() "
               "OVER (PARTITION BY kind ORDER BY id) AS n FROM (SELECT CASE "
               "WHEN counted > 0 THEN %d WHEN counted < 0 THEN %d ELSE %d END "
               "AS kind, id, max(abs(counted)) AS counted, "
               "max(coalesce(came, 0)) AS came FROM ",
               MERGE_TRUNCATED, MERGE_MAYBE_TRUNCATED, MERGE_ROUND);
    append_came(sql, target, parent);
    buf_printf(sql,
               " WHERE abs(counted) > coalesce(came, 0) OR (counted IS NULL "
               "AND came IN (100, 250)) GROUP BY 1, 2) AS d) AS e WHERE n <= "
               "%d ORDER BY kind, id",
               MERGE_EXAMPLES);
}

static void
append_changes(struct buf *sql, const struct merge_target *target)
{
    ddl_append_qualified(sql, target->schema, target->changes);
}

/* Workers may take part where a table is made, and not where rows are inserted
 * into one that is there. */
void
merge_list_changes(struct buf *sql, const struct merge_target *target)
{
    const char *names[LAYOUT_KEY_MAX];

    layout_key(target->table, names);
    buf_append_str(sql, "CREATE UNLOGGED TABLE ");
    append_changes(sql, target);
    buf_append_str(sql, " AS SELECT s.ctid AS place, t.");
    name_append_quoted(sql, names[0]);
    buf_append_str(sql, " IS NULL AS is_new FROM ");
    append_stage(sql, target);
    buf_append_str(sql, " AS s LEFT JOIN ");
    append_only(sql, target);
    buf_append_str(sql, " AS t ON ");
    append_list(sql, target->table, KEY_COLUMNS, append_equal, " AND ");
    buf_append_str(sql, " WHERE t.");
    name_append_quoted(sql, names[0]);
    buf_append_str(sql, " IS NULL OR t._hash IS DISTINCT FROM s._hash");
    if (target->table->has_position)
        buf_append_str(sql, " OR t._position IS DISTINCT FROM s._position");
    if (target->has_mark)
        buf_append_str(sql, " OR t._deleted_at IS NOT NULL");
}

void
merge_count_changes(struct buf *sql, const struct merge_target *target)
{
    buf_append_str(sql, "SELECT count(*) FILTER (WHERE is_new), count(*) "
                        "FILTER (WHERE NOT is_new) FROM ");
    append_changes(sql, target);
}

void
merge_from_live(struct buf *sql, const struct merge_target *target)
{
    buf_append_str(sql, " FROM ");
    append_only(sql, target);
    buf_append_str(sql, " AS t");
    if (target->has_mark)
        buf_append_str(sql, " WHERE t._deleted_at IS NULL");
}

void
merge_from_known(struct buf *sql, const struct merge_target *target)
{
    buf_append_str(sql, " FROM ");
    append_only(sql, target);
    buf_append_str(sql, " AS t JOIN ");
    append_stage(sql, target);
    buf_append_str(sql, " AS s ON ");
    append_list(sql, target->table, KEY_COLUMNS, append_equal, " AND ");
    if (target->has_mark)
        buf_append_str(sql, " WHERE t._deleted_at IS NULL");
}

/* stage AS s, the places in it AS c WHERE they are new, or not */
static void
append_listed(struct buf *sql, const struct merge_target *target, bool is_new)
{
    append_stage(sql, target);
    buf_append_str(sql, " AS s, ");
    append_changes(sql, target);
    buf_printf(sql, " AS c WHERE %sc.is_new AND s.ctid = c.place",
               is_new ? "" : "NOT ");
}

/* Keys of two columns look to the planner as if hardly a row had its like in
 * the table: joined with that first, all places would be looked through for
 * each row. */
void
merge_update_changed(struct buf *sql, const struct merge_target *target)
{
    buf_append_str(sql, "UPDATE ");
    append_only(sql, target);
    buf_append_str(sql, " AS t SET ");
    append_list(sql, target->table, VALUE_COLUMNS, append_assignment, ", ");
    buf_append_str(sql, ", _loaded_at = $1::timestamptz");
    if (target->has_mark)
        buf_append_str(sql, ", _deleted_at = NULL");
    buf_append_str(sql, " FROM (SELECT s.* FROM ");
    append_listed(sql, target, false);
    buf_append_str(sql, " OFFSET 0) AS s WHERE ");
    append_list(sql, target->table, KEY_COLUMNS, append_equal, " AND ");
}

void
merge_insert_new(struct buf *sql, const struct merge_target *target)
{
    buf_append_str(sql, "INSERT INTO ");
    append_table(sql, target);
    buf_append_str(sql, " (");
    append_list(sql, target->table, SHARED_COLUMNS, append_bare, ", ");
    buf_append_str(sql, ", _loaded_at) SELECT ");
    append_list(sql, target->table, SHARED_COLUMNS, append_staged, ", ");
    buf_append_str(sql, ", $1::timestamptz FROM ");
    if (target->changes != NULL) {
        append_listed(sql, target, true);
    } else {
        append_stage(sql, target);
        buf_append_str(sql, " AS s");
    }
}

void
merge_count_unwritten(struct buf *sql, const struct merge_target *target)
{
    buf_append_str(sql, "SELECT count(*) FILTER (WHERE s.is_new), count(*) "
                        "FILTER (WHERE NOT s.is_new) FROM (SELECT s.*, "
                        "c.is_new FROM ");
    append_stage(sql, target);
    buf_append_str(sql, " AS s, ");
    append_changes(sql, target);
    buf_append_str(sql, " AS c WHERE s.ctid = c.place OFFSET 0) AS s WHERE "
                        "NOT EXISTS (SELECT FROM ");
    append_only(sql, target);
    buf_append_str(sql, " AS t WHERE ");
    append_list(sql, target->table, KEY_COLUMNS, append_equal, " AND ");
    buf_append_str(sql, " AND t._hash IS NOT DISTINCT FROM s._hash");
    if (target->table->has_position)
        buf_append_str(sql, " AND t._position IS NOT DISTINCT FROM "
                            "s._position");
    if (target->has_mark)
        buf_append_str(sql, " AND t._deleted_at IS NULL");
    buf_append_char(sql, ')');
}

/* ---- rows gone --------------------------------------------------------- */

/* Up to the list of what the rows are joined with. */
static void
append_removal(struct buf *sql, const struct merge_target *target)
{
    bool marks = target->table->marks_deleted;

    if (target->only_counts) {
        buf_append_str(sql, "SELECT count(*) FROM ");
        append_only(sql, target);
        buf_append_str(sql, " AS t");
        return;
    }
    buf_append_str(sql, marks ? "UPDATE " : "DELETE FROM ");
    append_only(sql, target);
    buf_append_str(sql, marks ? " AS t SET _deleted_at = $1::timestamptz, "
                                "_loaded_at = $1::timestamptz"
                              : " AS t");
}

static const char *
before_join(const struct merge_target *target)
{
    if (target->only_counts)
        return ", ";
    return target->table->marks_deleted ? " FROM " : " USING ";
}

/* Rows that are marked went before. */
static void
append_live(struct buf *sql, const struct merge_target *target)
{
    if (target->table->marks_deleted)
        buf_append_str(sql, "t._deleted_at IS NULL AND ");
}

/* The row did not come. */
static void
append_missing(struct buf *sql, const struct merge_target *target)
{
    buf_append_str(sql, "NOT EXISTS (SELECT FROM ");
    append_stage(sql, target);
    buf_append_str(sql, " AS s WHERE ");
    append_list(sql, target->table, KEY_COLUMNS, append_equal, " AND ");
    buf_append_char(sql, ')');
}

void
merge_remove_gone(struct buf *sql, const struct merge_target *target)
{
    append_removal(sql, target);
    buf_append_str(sql, " WHERE ");
    append_live(sql, target);
    append_missing(sql, target);
}

/* (the parents that came) AS p WHERE the row is below one and did not come */
static void
append_below(struct buf *sql, const struct merge_target *target,
             const struct merge_target *parent)
{
    buf_append_str(sql, "(SELECT DISTINCT ");
    name_append_quoted(sql, row_id(parent->table));
    buf_append_str(sql, " AS id FROM ");
    append_stage(sql, parent);
    buf_append_str(sql, ") AS p WHERE t.");
    name_append_quoted(sql, target->table->parent_column);
    buf_append_str(sql, " = p.id AND ");
    append_live(sql, target);
    append_missing(sql, target);
}

void
merge_remove_below(struct buf *sql, const struct merge_target *target,
                   const struct merge_target *parent)
{
    append_removal(sql, target);
    buf_append_str(sql, before_join(target));
    append_below(sql, target, parent);
}

/* (the parents that went) AS g WHERE the row's parent stands nowhere else */
static void
append_orphaned(struct buf *sql, const struct merge_target *target,
                const struct merge_target *parent)
{
    ddl_append_qualified(sql, parent->schema, parent->gone);
    buf_append_str(sql, " AS g WHERE t.");
    name_append_quoted(sql, target->table->parent_column);
    buf_append_str(sql, " = g.id AND ");
    append_live(sql, target);
    buf_append_str(sql, "NOT EXISTS (SELECT FROM ");
    append_only(sql, parent);
    buf_append_str(sql, " AS p WHERE p.");
    name_append_quoted(sql, plan_id_column(parent->table));
    buf_append_str(sql, parent->table->marks_deleted
                            ? " = g.id AND p._deleted_at IS NULL)"
                            : " = g.id)");
}

void
merge_remove_orphaned(struct buf *sql, const struct merge_target *target,
                      const struct merge_target *parent)
{
    append_removal(sql, target);
    buf_append_str(sql, before_join(target));
    append_orphaned(sql, target, parent);
}

/* SELECT the ids of rows, up to the list of what they are joined with. */
static void
append_ids(struct buf *sql, const struct merge_target *target)
{
    buf_append_str(sql, "SELECT DISTINCT t.");
    name_append_quoted(sql, plan_id_column(target->table));
    buf_append_str(sql, " AS id FROM ");
    append_only(sql, target);
    buf_append_str(sql, " AS t, ");
}

void
merge_make_gone(struct buf *sql, const struct merge_target *target)
{
    buf_append_str(sql, "CREATE UNLOGGED TABLE ");
    ddl_append_qualified(sql, target->schema, target->gone);
    buf_printf(sql, " (id %s)",
               plan_type_name(plan_gid_column_type(target->table->id_gid)));
}

void
merge_list_gone(struct buf *sql, const struct merge_target *target,
                const struct merge_target *parent)
{
    buf_append_str(sql, "INSERT INTO ");
    ddl_append_qualified(sql, target->schema, target->gone);
    buf_append_char(sql, ' ');
    append_ids(sql, target);
    append_below(sql, target, parent);
    if (parent->gone == NULL)
        return;
    buf_append_str(sql, " UNION ");
    append_ids(sql, target);
    append_orphaned(sql, target, parent);
}

void
merge_count_live(struct buf *sql, const struct merge_target *target)
{
    buf_append_str(sql, "SELECT count(*) FROM ");
    append_only(sql, target);
    if (target->has_mark)
        buf_append_str(sql, " WHERE _deleted_at IS NULL");
}
