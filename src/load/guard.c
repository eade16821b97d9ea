/*
 * The two guards of guard.h.
 *
 * Columns: only columns that are NULL in all rows in staging, and that are not
 * @optional, are looked up in the table, first with one scan, then with a join
 * on the keys. An incremental run has no scan, and queues the join with the
 * statements that list changes: the join reads nothing if no column is NULL.
 *
 * Rows: the counts of the merge are enough in a full run. In an incremental
 * run the table's other rows must be counted.
 */
#include "load/guard.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "load/statement.h"
#include "sql.h"

enum {
    ROWS_BEFORE_MIN = 10,   /* fewer rows may all be NULL by chance */
    ROWS_REMOVED_MIN = 100, /* fewer rows may all be removed on purpose */
    VALUES_PERCENT = 20
};

/* ---- columns that became NULL ------------------------------------------ */

/* Queue `text`, which returns count(*) and then one value for each column in
 * `asked`. */
static bool
queue_columns(struct merge *merge, const struct merge_table *table,
              const bool *asked, const char *text, struct pg_result **result,
              struct err *err)
{
    const struct plan_table *plan = table->table;
    struct merge_sql_target target = statement_target(merge, table);
    const char **names = mem_array((size_t)plan->column_count, sizeof(*names));
    bool done;

    for (int i = 0; i < plan->column_count; i++)
        if (asked[i])
            names[target.asked_count++] = plan->columns[i].name;
    target.asked = names;
    done = statement_queue_ask(merge, text, &target, result, err);
    free(names);
    return done;
}

static bool
ask_columns(struct merge *merge, const struct merge_table *table,
            const bool *asked, const char *text, struct pg_result **result,
            struct err *err)
{
    return queue_columns(merge, table, asked, text, result, err) &&
           pg_settle(merge->conn, err);
}

static bool
has_any(const bool *asked, int count)
{
    for (int i = 0; i < count; i++)
        if (asked[i])
            return true;
    return false;
}

/* Reduce `asked` to the columns that have a value in the table. Most columns
 * that are NULL always were, and this scan is cheaper than the join in
 * check_held(). In an incremental run the join is cheaper, because staging has
 * few rows. */
static bool
find_held(struct merge *merge, struct merge_table *table, bool *asked,
          struct err *err)
{
    const struct pg_result *result;
    int answer = 1;

    if (merge->incremental || !has_any(asked, table->table->column_count))
        return true;
    if (table->values == NULL &&
        !ask_columns(merge, table, asked, sql_count_values, &table->values,
                     err))
        return false;
    result = table->values;
    for (int i = 0; i < table->table->column_count; i++)
        asked[i] = asked[i] && pg_int64(result, 0, answer++) > 0;
    return true;
}

static bool
refuse_null(const struct merge *merge, const struct merge_table *table,
            int column, int64_t held, int64_t rows, struct err *err)
{
    err_set(err, MSG_COLUMN_NULL,
            "column %s of %s.%s has values in %" PRId64 " of the %" PRId64
            " rows that were received again, but is NULL in all %" PRId64
            " received rows",
            table->table->columns[column].name, merge->schema,
            table->table->name, held, rows,
            table->staged - table->superseded - table->duplicates);
    return false;
}

/* Refuse the first column in `asked` that has values in the table's rows whose
 * keys are in staging. Rows that came unchanged have none. */
static bool
check_held(struct merge *merge, struct merge_table *table, const bool *asked,
           struct err *err)
{
    bool is_asked = merge->incremental && table->values != NULL;
    const bool *counted = is_asked ? table->has_column : asked;
    struct pg_result *result = NULL;
    bool fine = true;
    int answer = 1;
    int64_t rows;

    if (!has_any(asked, table->table->column_count))
        return true;
    if (is_asked) {
        result = table->values;
        table->values = NULL;
    } else if (!ask_columns(merge, table, asked, sql_count_values_again,
                            &result, err)) {
        return false;
    }
    rows = pg_int64(result, 0, 0);
    if (table->known != NULL)
        rows += known_marked(table->known);
    for (int i = 0; fine && i < table->table->column_count; i++) {
        int64_t held = counted[i] ? pg_int64(result, 0, answer++) : 0;

        if (asked[i] && table->table->columns[i].mask != PLAN_MASK_NULL &&
            rows >= ROWS_BEFORE_MIN && held * 100 > rows * VALUES_PERCENT)
            fine = refuse_null(merge, table, i, held, rows, err);
    }
    pg_result_free(result);
    return fine;
}

/* Is there a question about the table's columns? Not if all rows that came are
 * as they were. */
static bool
is_guarded(const struct merge_table *table)
{
    return table->stage != NULL && !table->is_unstaged && table->exists &&
           !table->table->skip &&
           has_any(table->has_column, table->table->column_count);
}

static bool
guard_table(struct merge *merge, struct merge_table *table, struct err *err)
{
    int count = table->table->column_count;
    bool *asked = mem_array((size_t)count, sizeof(*asked));
    int answer = 1;
    bool fine;

    for (int i = 0; i < count; i++)
        asked[i] = table->has_column[i] &&
                   (table->known != NULL
                        ? !table->has_value[i]
                        : pg_bool(table->null_columns, 0, answer++)) &&
                   !table->table->columns[i].is_optional;
    pg_result_free(table->null_columns);
    table->null_columns = NULL;
    fine = find_held(merge, table, asked, err) &&
           check_held(merge, table, asked, err);
    free(asked);
    return fine;
}

/* The loader saw all rows of a table whose unchanged rows are not staged. */
static bool
queue_values(struct merge *merge, struct merge_table *table, struct err *err)
{
    int count = table->table->column_count;
    bool *asked = mem_array((size_t)count, sizeof(*asked));
    bool queued;

    for (int i = 0; i < count; i++)
        asked[i] = table->has_column[i] && !table->has_value[i] &&
                   !table->table->columns[i].is_optional;
    queued = !has_any(asked, count) ||
             queue_columns(merge, table, asked, sql_count_values,
                           &table->values, err);
    free(asked);
    return queued;
}

static bool
queue_nulls(struct merge *merge, struct merge_table *table, struct err *err)
{
    if (table->known != NULL)
        return queue_values(merge, table, err);
    return queue_columns(merge, table, table->has_column, sql_find_null_columns,
                         &table->null_columns, err) &&
           (!merge->incremental ||
            queue_columns(merge, table, table->has_column,
                          sql_count_values_again, &table->values, err));
}

bool
guard_queue_nulls(struct merge *merge, struct err *err)
{
    for (int i = 0; i < merge->table_count; i++)
        if (is_guarded(&merge->tables[i]) &&
            !queue_nulls(merge, &merge->tables[i], err))
            return false;
    return true;
}

bool
guard_nulls(struct merge *merge, struct err *err)
{
    for (int i = 0; i < merge->table_count; i++)
        if (merge->guards_nulls && is_guarded(&merge->tables[i]) &&
            merge->tables[i].staged >= ROWS_BEFORE_MIN &&
            !guard_table(merge, &merge->tables[i], err))
            return false;
    return true;
}

/* ---- rows that are gone ------------------------------------------------ */

static bool
refuse_empty(const struct merge *merge, const struct merge_table *table,
             int64_t rows, struct err *err)
{
    err_set(err, MSG_NO_ROOTS,
            "the result is empty, but %s.%s has %" PRId64 " rows",
            merge->schema, table->table->name, rows);
    return false;
}

/* With @deletes(mode: KEEP) no rows are removed, but an empty result is just as
 * suspicious: the table's rows are counted. */
static bool
guard_root(struct merge *merge, const struct merge_table *root, struct err *err)
{
    int64_t rows;

    if (merge->incremental || root->stage == NULL || !root->exists ||
        root->table->skip || root->staged > 0 ||
        (root->deleted + root->not_deleted == 0 &&
         merge->deletes != PLAN_DELETES_KEEP))
        return true;
    return merge_rows_before(merge, root, &rows, err) &&
           (rows == 0 || refuse_empty(merge, root, rows, err));
}

/* A query by pages may have several roots. */
static bool
guard_roots(struct merge *merge, struct err *err)
{
    for (int i = 0; i < merge->table_count; i++)
        if (merge->tables[i].table->kind == PLAN_ROOT &&
            !guard_root(merge, &merge->tables[i], err))
            return false;
    return true;
}

static bool
refuse_deletes(const struct merge *merge, const struct merge_table *table,
               int64_t rows, struct err *err)
{
    err_set(err, MSG_TOO_MANY_DELETES,
            "%" PRId64 " of the %" PRId64 " rows of %s.%s would be removed",
            table->deleted, rows, merge->schema, table->table->name);
    return false;
}

/* The rows that the table had before. A full run has looked at all of them. An
 * incremental run has not: the others are counted only if they can matter. */
static bool
count_before(struct merge *merge, const struct merge_table *table,
             double fraction, int64_t *rows, struct err *err)
{
    *rows = table->deleted + table->not_deleted + table->updated +
            table->not_updated + table->unchanged;
    return !merge->incremental || table->deleted == 0 ||
           (double)table->deleted <= fraction * (double)*rows ||
           merge_rows_before(merge, table, rows, err);
}

bool
guard_deletes(struct merge *merge, double fraction, struct err *err)
{
    if (!guard_roots(merge, err))
        return false;
    for (int i = 0; i < merge->table_count; i++) {
        const struct merge_table *table = &merge->tables[i];
        int64_t rows;

        if (!count_before(merge, table, fraction, &rows, err))
            return false;
        if (rows > ROWS_REMOVED_MIN &&
            (double)table->deleted > fraction * (double)rows)
            return refuse_deletes(merge, table, rows, err);
    }
    return true;
}
