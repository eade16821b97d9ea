/*
 * A table's hashes are read before the load. The merge compares only their sums
 * with those of the table, and reads the hashes again if the sums differ. The
 * hashes of all tables come in one wait, row by row (pg/queue.h).
 *
 * A row of the table is gone if its hash in the set is neither marked nor that
 * of a row to be updated. The merge lists the hashes of gone rows in a table of
 * the database; or the marked hashes, if these are fewer.
 *
 * Hazard. The merge may be retried after a deadlock: compare_queue_changed()
 * forgets the results of the first try.
 */
#include "load/compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "load/statement.h"
#include "load/truncated.h"
#include "sql.h"

enum {
    LISTED_AT_ONCE = 10000, /* hashes in one statement */
    HASH_TEXT_BYTES = 21
};

static bool
not_compared(const struct merge *merge, const struct merge_table *table,
             const char *why, struct err *err)
{
    return err_set(err, MSG_NOT_COMPARED, "%s.%s: %s", merge->schema,
                   table->table->name, why);
}

/* ---- all tables in one statement --------------------------------------- */

static bool
append_column(struct buf *sql, const struct merge *merge,
              const struct merge_table *table, const char *text)
{
    struct merge_sql_target target = statement_target(merge, table);

    buf_append_str(sql, sql->length == 0 ? "SELECT " : ", ");
    merge_sql(sql, text, &target, NULL);
    return !sql->overflowed;
}

/* One column of the answer for each table that `asked` says. */
static bool
queue_all(struct merge *merge, const bool *asked, const char *text,
          struct pg_result **result, struct err *err)
{
    struct buf sql = buf_with_ceiling(STATEMENT_BYTES_MAX);
    bool done = true;

    for (int i = 0; done && i < merge->table_count; i++)
        if (asked[i])
            done = append_column(&sql, merge, &merge->tables[i], text) ||
                   err_set(err, MSG_BUG, "a statement is too long");
    if (done && sql.length > 0)
        pg_queue(merge->conn, buf_str(&sql), 0, NULL,
                 &(struct pg_answer){.result = result});
    buf_free(&sql);
    return done;
}

bool
compare_count(struct merge *merge, const bool *asked, int64_t *rows,
              struct err *err)
{
    struct pg_result *result = NULL;
    bool counted;
    int column = 0;

    counted = queue_all(merge, asked, sql_count_known, &result, err) &&
              pg_settle(merge->conn, err);
    for (int i = 0; counted && i < merge->table_count; i++)
        if (asked[i])
            rows[i] = pg_int64(result, 0, column++);
    pg_result_free(result);
    return counted;
}

/* ---- reading ----------------------------------------------------------- */

static bool
queue_hashes(struct merge *merge, const struct merge_table *table,
             const char *text, pg_number_fn *on_hash, void *ctx,
             struct err *err)
{
    return statement_queue(merge, text, table, NULL, 0, NULL,
                           (struct pg_answer){.on_number = on_hash, .ctx = ctx},
                           err);
}

static void
add(void *ctx, const int64_t *hash)
{
    known_add(ctx, hash);
}

bool
compare_queue_read(struct merge *merge, const struct merge_table *table,
                   struct known *known, struct err *err)
{
    return queue_hashes(merge, table, sql_read_hashes, add, known, err);
}

/* ---- rows that changed ------------------------------------------------- */

static void
settle(void *ctx, const int64_t *hash)
{
    struct merge_table *table = ctx;

    if (!known_settle(table->known, hash))
        table->has_come_twice = true;
}

bool
compare_queue_changed(struct merge *merge, struct merge_table *table,
                      struct err *err)
{
    if (table->known == NULL)
        return true;
    known_unsettle(table->known);
    table->has_come_twice = false;
    return table->is_unstaged ||
           queue_hashes(merge, table, sql_read_old_hashes, settle, table, err);
}

bool
compare_changed(const struct merge *merge, const struct merge_table *table,
                struct err *err)
{
    return table->known == NULL || !table->has_come_twice ||
           not_compared(merge, table, "a key came twice", err);
}

/* ---- the merge begins -------------------------------------------------- */

/* What staging lacks of the table must not be needed. */
static bool
check_known(const struct merge *merge, const struct merge_table *table,
            struct err *err)
{
    return !known_any_again(table->known) ||
           not_compared(merge, table, "a row came twice", err);
}

/* Is the server to be asked for each parent's rows, of a table that it does not
 * have all rows of in staging, or of such a parent? */
static bool
check_counts(const struct merge *merge, const struct merge_table *table,
             struct err *err)
{
    const struct plan_table *parent = table->table->parent;

    if (!truncated_is_asked(merge, table) ||
        (table->known == NULL && merge->tables[parent->index].known == NULL))
        return true;
    return not_compared(merge, table,
                        "whether each parent has all its rows must be looked "
                        "up in staging",
                        err);
}

bool
compare_begin(struct merge *merge, struct err *err)
{
    bool *is_known = arena_array(merge->arena, (size_t)merge->table_count,
                                 sizeof(*is_known));

    for (int i = 0; i < merge->table_count; i++) {
        const struct merge_table *table = &merge->tables[i];

        is_known[i] = table->known != NULL;
        if ((is_known[i] && !check_known(merge, table, err)) ||
            !check_counts(merge, table, err))
            return false;
    }
    return queue_all(merge, is_known, sql_sum_hashes, &merge->sums, err);
}

/* ---- are the rows still there? ----------------------------------------- */

static bool
sums_hold(const struct known *known, const char *text)
{
    struct known_sums is = {0}, was = known_sums(known);
    int64_t mixed = 0;

    if (sscanf(text, "%" SCNd64 " %" SCNd64 " %" SCNd64, &is.rows, &is.hashes,
               &mixed) != 3)
        return false;
    is.mixed = (uint64_t)mixed;
    return known_sums_equal(&is, &was);
}

static void
add_again(void *ctx, const int64_t *hash)
{
    known_add_again(ctx, hash);
}

/* The table's rows are others than were read. Reading forgets what is settled.
 */
static bool
read_again(struct merge *merge, struct merge_table *table, struct err *err)
{
    known_read_again(table->known);
    if (!queue_hashes(merge, table, sql_read_hashes, add_again, table->known,
                      err) ||
        !pg_settle(merge->conn, err))
        return false;
    if (!known_read_end(table->known))
        return not_compared(merge, table, "its rows changed during the load",
                            err);
    return compare_queue_changed(merge, table, err) &&
           pg_settle(merge->conn, err);
}

static bool
check_sums(struct merge *merge, struct err *err)
{
    int column = 0;

    for (int i = 0; i < merge->table_count; i++) {
        struct merge_table *table = &merge->tables[i];

        if (table->known != NULL &&
            !sums_hold(table->known, pg_text(merge->sums, 0, column++)) &&
            !read_again(merge, table, err))
            return false;
    }
    return true;
}

bool
compare_settled(struct merge *merge, struct err *err)
{
    for (int i = 0; i < merge->table_count; i++) {
        const struct merge_table *table = &merge->tables[i];

        if (table->known != NULL && table->duplicates > 0)
            return not_compared(merge, table, "a key came twice", err);
        if (!check_counts(merge, table, err))
            return false;
    }
    return check_sums(merge, err);
}

/* ---- rows that went ---------------------------------------------------- */

static bool
send_hashes(struct merge *merge, const struct merge_table *table,
            struct buf *hashes, struct err *err)
{
    const char *values[1];

    if (hashes->length == 0)
        return true;
    buf_append_char(hashes, '}');
    values[0] = buf_str(hashes);
    if (!statement_queue(merge, sql_list_hashes, table, NULL, 1, values,
                         (struct pg_answer){.result = NULL}, err))
        return false;
    buf_clear(hashes);
    return true;
}

static void
append_hash(struct buf *hashes, int64_t hash)
{
    buf_printf(hashes, "%c%" PRId64, hashes->length == 0 ? '{' : ',', hash);
}

static bool
send_all(struct merge *merge, const struct merge_table *table, struct err *err)
{
    struct buf hashes = buf_with_ceiling(LISTED_AT_ONCE * HASH_TEXT_BYTES * 2);
    size_t place = 0;
    int64_t hash;
    int count = 0;
    bool sent = true;

    if (!table->lists_unchanged && known_lacks_hashes(table->known))
        append_hash(&hashes, 0);
    while (sent &&
           known_next(table->known, table->lists_unchanged, &place, &hash)) {
        append_hash(&hashes, hash);
        if (++count % LISTED_AT_ONCE == 0)
            sent = send_hashes(merge, table, &hashes, err) &&
                   pg_settle(merge->conn, err); /* bounds what is queued */
    }
    sent = sent && send_hashes(merge, table, &hashes, err);
    buf_free(&hashes);
    return sent;
}

bool
compare_list(struct merge *merge, struct merge_table *table, bool *any,
             struct err *err)
{
    int64_t gone = known_gone(table->known);
    int64_t unchanged = known_marked(table->known);

    *any = gone > 0 || known_lacks_hashes(table->known);
    if (!*any)
        return true;
    table->lists_unchanged = gone > unchanged;
    table->hashes = arena_printf(merge->arena, "%s_hashes", table->stage);
    return statement_queue(merge, sql_make_hashes, table, NULL, 0, NULL,
                           (struct pg_answer){.result = NULL}, err) &&
           send_all(merge, table, err);
}
