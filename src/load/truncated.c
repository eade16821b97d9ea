#include "load/truncated.h"

#include <inttypes.h>

#include "base/buf.h"
#include "load/statement.h"
#include "plan/names.h"
#include "sql.h"

enum { SQL_BYTES_MAX = 64 * 1024, TEXT_BYTES_MAX = 4096 };

/* Columns of find_truncated.sql. */
enum { KIND, PARENTS, ID, COUNTED, CAME };

static const struct {
    const char *one;
    const char *many;
} findings[] = {
    [MERGE_TRUNCATED] = {"parent has fewer rows than the store counted",
                         "parents have fewer rows than the store counted"},
    [MERGE_MAYBE_TRUNCATED] =
        {"parent has fewer rows than the store counted, and "
         "may have changed since then",
         "parents have fewer rows than the store counted, and "
         "may have changed since then"},
    [MERGE_ROUND] = {"parent has exactly 100 or 250 rows, a number at which "
                     "stores sometimes truncate connections",
                     "parents have exactly 100 or 250 rows, a number at which "
                     "stores sometimes truncate connections"},
};

/* ---- the message --------------------------------------------------------- */

static void
append_gid(struct buf *text, const struct plan_gid *gid, const char *id)
{
    if (!gid->whole && gid->type != NULL)
        buf_printf(text, "gid://shopify/%s/", gid->type);
    buf_append_str(text, id);
}

static void
append_example(struct buf *text, const struct merge_table *table,
               const struct pg_result *result, int row)
{
    append_gid(text, table->table->parent_gid, pg_text(result, row, ID));
    if (pg_is_null(result, row, COUNTED))
        buf_printf(text, " (%s received)", pg_text(result, row, CAME));
    else
        buf_printf(text, " (%s counted, %s received)",
                   pg_text(result, row, COUNTED), pg_text(result, row, CAME));
}

/* Append "products.variants: 2 parents have fewer …: gid… (5 counted, 3
 * received), …" for the result's rows of one kind, which begin at `*row`. Moves
 * `*row` to the first row of the next kind. */
static void
describe(struct buf *text, const struct merge_table *table,
         const struct pg_result *result, int *row)
{
    int64_t kind = pg_int64(result, *row, KIND);
    int64_t parents = pg_int64(result, *row, PARENTS);
    int64_t named = 0;

    buf_printf(text, "%s: %" PRId64 " %s: ", table->table->path, parents,
               parents == 1 ? findings[kind].one : findings[kind].many);
    for (; *row < pg_rows(result) && pg_int64(result, *row, KIND) == kind;
         ++*row, named++) {
        if (named > 0)
            buf_append_str(text, ", ");
        append_example(text, table, result, *row);
    }
    if (named < parents)
        buf_append_str(text, ", …");
}

/* ---- the check ----------------------------------------------------------- */

static bool
refuse(const char *what, struct err *err)
{
    return err_set(err, MSG_CHILDREN_MISSING, "%s", what);
}

static bool
judge(const struct merge *merge, const struct merge_table *table,
      const struct pg_result *result, struct err *err)
{
    int row = 0;
    bool fine = true;

    while (fine && row < pg_rows(result)) {
        struct buf text = buf_with_ceiling(TEXT_BYTES_MAX);
        bool binds =
            table->is_whole && pg_int64(result, row, KIND) == MERGE_TRUNCATED;

        describe(&text, table, result, &row);
        if (binds)
            fine = refuse(buf_str(&text), err);
        else
            merge->warn(merge->warn_ctx, MSG_COUNTS_DIFFER, buf_str(&text));
        buf_free(&text);
    }
    return fine;
}

/* The loader's tally usually proves that no rows are missing. It proves nothing
 * if a key appears twice. */
bool
truncated_is_asked(const struct merge *merge, const struct merge_table *table)
{
    return table->stage != NULL && !table->table->skip &&
           table->table->kind == PLAN_CONNECTION &&
           !(table->is_even && table->duplicates == 0 &&
             merge->tables[table->table->parent->index].duplicates == 0);
}

bool
truncated_queue(struct merge *merge, struct err *err)
{
    for (int i = 0; i < merge->table_count; i++) {
        struct merge_table *table = &merge->tables[i];
        const struct merge_table *above =
            table->table->count != NULL
                ? &merge->tables[table->table->parent->index]
                : NULL;

        if (truncated_is_asked(merge, table) &&
            !statement_queue(merge, sql_find_truncated, table, above, 0, NULL,
                             (struct pg_answer){.result = &table->truncated},
                             err))
            return false;
    }
    return true;
}

bool
truncated_check(const struct merge *merge, struct err *err)
{
    for (int i = 0; i < merge->table_count; i++) {
        const struct merge_table *table = &merge->tables[i];

        if (table->truncated != NULL &&
            !judge(merge, table, table->truncated, err))
            return false;
    }
    return true;
}
