#include "load/guard.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "plan/ddl.h"
#include "plan/names.h"

enum {
    ROWS_THAT_TELL = 100, /* fewer may well be NULL, or go, by chance */
    VALUES_PERCENT = 20,
    SQL_BYTES_MAX = 4 * 1024 * 1024
};

/* ---- columns gone NULL ------------------------------------------------- */

/* Appends what is asked about one column. */
typedef void ask_fn(struct buf *sql, const struct merge *merge,
                    const struct merge_table *table, const char *column);

/* Stops at the first value, so that it costs nothing where there is one. */
static void
ask_all_null(struct buf *sql, const struct merge *merge,
             const struct merge_table *table, const char *column)
{
    buf_append_str(sql, "NOT EXISTS (SELECT FROM ");
    ddl_append_qualified(sql, merge->schema, table->stage);
    buf_append_str(sql, " WHERE ");
    name_append_quoted(sql, column);
    buf_append_str(sql, " IS NOT NULL)");
}

static void
ask_count(struct buf *sql, const struct merge *merge,
          const struct merge_table *table, const char *column)
{
    (void)merge;
    (void)table;
    buf_append_str(sql, "count(");
    name_append_quoted(sql, column);
    buf_append_char(sql, ')');
}

/* SELECT 1 or count(*), then one answer per column in `asked`. */
static bool
ask_columns(struct merge *merge, const struct merge_table *table,
            const bool *asked, ask_fn *ask, struct pg_result **result,
            struct err *err)
{
    struct buf sql = buf_with_ceiling(SQL_BYTES_MAX);
    bool counting = ask == ask_count;
    bool done;

    buf_append_str(&sql, counting ? "SELECT count(*)" : "SELECT 1");
    for (int i = 0; i < table->table->column_count; i++) {
        if (!asked[i])
            continue;
        buf_append_str(&sql, ", ");
        ask(&sql, merge, table, table->table->columns[i].name);
    }
    if (counting) {
        buf_append_str(&sql, " FROM ");
        ddl_append_qualified(&sql, merge->schema, table->table->name);
    }
    done = pg_exec(merge->conn, buf_str(&sql), 0, NULL, result, err);
    buf_free(&sql);
    return done;
}

/* Keep in `asked` the columns that are NULL in every row that came. */
static bool
find_all_null(struct merge *merge, const struct merge_table *table, bool *asked,
              bool *any, struct err *err)
{
    struct pg_result *result;
    int answer = 1;

    if (!ask_columns(merge, table, asked, ask_all_null, &result, err))
        return false;
    *any = false;
    for (int i = 0; i < table->table->column_count; i++) {
        if (!asked[i])
            continue;
        asked[i] = pg_bool(result, 0, answer++);
        *any = *any || asked[i];
    }
    pg_result_free(result);
    return true;
}

static bool
refuse_null(const struct merge *merge, const struct merge_table *table,
            int column, int64_t held, int64_t rows, struct err *err)
{
    err_set(err, MSG_COLUMN_NULL,
            "column %s of %s.%s holds values in %" PRId64 " of %" PRId64
            " rows and is NULL in all %" PRId64 " rows that came",
            table->table->columns[column].name, merge->schema,
            table->table->name, held, rows, table->staged);
    return false;
}

/* Did those columns hold values before? */
static bool
check_held(struct merge *merge, const struct merge_table *table,
           const bool *asked, struct err *err)
{
    struct pg_result *result;
    bool fine = true;
    int answer = 1;
    int64_t rows;

    if (!ask_columns(merge, table, asked, ask_count, &result, err))
        return false;
    rows = pg_int64(result, 0, 0);
    for (int i = 0; fine && i < table->table->column_count; i++) {
        int64_t held;

        if (!asked[i])
            continue;
        held = pg_int64(result, 0, answer++);
        if (held * 100 > rows * VALUES_PERCENT)
            fine = refuse_null(merge, table, i, held, rows, err);
    }
    pg_result_free(result);
    return fine;
}

static bool
guard_table(struct merge *merge, const struct merge_table *table,
            struct err *err)
{
    size_t count = (size_t)table->table->column_count;
    bool *asked = mem_array(count, sizeof(*asked));
    bool any = false, fine;

    for (size_t i = 0; i < count; i++) {
        asked[i] = table->has_column[i];
        any = any || asked[i];
    }
    fine = !any || (find_all_null(merge, table, asked, &any, err) &&
                    (!any || check_held(merge, table, asked, err)));
    free(asked);
    return fine;
}

bool
guard_nulls(struct merge *merge, struct err *err)
{
    for (int i = 0; i < merge->table_count; i++) {
        const struct merge_table *table = &merge->tables[i];

        if (table->stage != NULL && table->exists &&
            table->staged >= ROWS_THAT_TELL && !guard_table(merge, table, err))
            return false;
    }
    return true;
}

/* ---- rows gone --------------------------------------------------------- */

static bool
refuse_empty(const struct merge *merge, const struct merge_table *table,
             int64_t rows, struct err *err)
{
    err_set(err, MSG_NO_ROOTS, "nothing came, but %s.%s has %" PRId64 " rows",
            merge->schema, table->table->name, rows);
    return false;
}

/* Rows that are kept are none the less rows that did not come. */
static bool
guard_roots(struct merge *merge, struct err *err)
{
    const struct merge_table *root = &merge->tables[0];
    int64_t rows;

    if (merge->incremental || root->stage == NULL || !root->exists ||
        root->table->skip || root->staged > 0 ||
        (root->deleted == 0 && merge->deletes != PLAN_DELETES_KEEP))
        return true;
    return merge_rows_before(merge, root, &rows, err) &&
           (rows == 0 || refuse_empty(merge, root, rows, err));
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

/* Of a full run all of the table's rows were looked at; of an incremental one
 * some, and the others are counted only where it matters. */
static bool
count_before(struct merge *merge, const struct merge_table *table,
             double fraction, int64_t *rows, struct err *err)
{
    *rows = table->deleted + table->updated + table->unchanged;
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
        if (rows > ROWS_THAT_TELL &&
            (double)table->deleted > fraction * (double)rows)
            return refuse_deletes(merge, table, rows, err);
    }
    return true;
}
