#include "push/fresh.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "sql.h"

enum { SELECT_BYTES_MAX = 2 * 1024 * 1024 };

static const char *
text_or_null(const struct pg_result *result, int row, int column,
             struct arena *arena)
{
    return pg_is_null(result, row, column)
               ? NULL
               : arena_strdup(arena, pg_text(result, row, column));
}

/* An age below 0, because the database's clock was set back, is 0. */
static int64_t
age_or_none(const struct pg_result *result, int row, int column)
{
    int64_t age_ms = pg_int64(result, row, column);

    if (pg_is_null(result, row, column))
        return -1;
    return age_ms > 0 ? age_ms : 0;
}

static void
read_tables(const struct pg_result *result, struct arena *arena,
            struct fresh_tables *tables)
{
    tables->count = (size_t)pg_rows(result);
    tables->tables = arena_array(arena, tables->count, sizeof(*tables->tables));
    for (int row = 0; row < pg_rows(result); row++)
        tables->tables[row] = (struct fresh_table){
            .name = arena_strdup(arena, pg_text(result, row, 0)),
            .good_age_ms = age_or_none(result, row, 3),
            .pulled_at = text_or_null(result, row, 4, arena),
            .pulled_age_ms = age_or_none(result, row, 5)};
}

bool
fresh_find(struct pg_conn *conn, struct span select, struct arena *arena,
           struct fresh_tables *tables, struct err *err)
{
    struct buf explain = buf_with_ceiling(SELECT_BYTES_MAX);
    struct pg_result *plan = NULL, *result;
    const char *values[1];
    bool ok;

    buf_append_str(&explain, FRESH_EXPLAIN);
    buf_append_span(&explain, select);
    ok = pg_exec(conn, buf_str(&explain), 0, NULL, &plan, err);
    buf_free(&explain);
    if (!ok)
        return false;
    values[0] = pg_text(plan, 0, 0);
    ok = pg_exec(conn, sql_push_reads, 1, values, &result, err);
    pg_result_free(plan);
    if (!ok)
        return false;
    read_tables(result, arena, tables);
    pg_result_free(result);
    return true;
}

const struct fresh_table *
fresh_oldest(const struct fresh_tables *tables)
{
    const struct fresh_table *oldest = NULL;

    for (size_t i = 0; i < tables->count; i++) {
        const struct fresh_table *table = &tables->tables[i];

        if (table->pulled_at == NULL)
            return NULL;
        if (oldest == NULL || table->pulled_age_ms > oldest->pulled_age_ms)
            oldest = table;
    }
    return oldest;
}

/* In whole seconds, rounded up, so that it is more than the limit. */
static const char *
age_of(const struct fresh_table *table, char text[32])
{
    return duration_format((table->good_age_ms + 999) / 1000 * 1000, text);
}

bool
fresh_check(const struct fresh_tables *tables, int64_t fresh_ms,
            struct err *err)
{
    char age[32], limit[32];

    for (size_t i = 0; i < tables->count && fresh_ms > 0; i++) {
        const struct fresh_table *table = &tables->tables[i];

        if (table->good_age_ms >= 0 && table->good_age_ms <= fresh_ms)
            continue;
        if (table->good_age_ms < 0)
            return err_set(err, MSG_PUSH_STALE,
                           "table %s was never loaded without rejects, but "
                           "@push has fresh: \"%s\"",
                           table->name, duration_format(fresh_ms, limit));
        return err_set(err, MSG_PUSH_STALE,
                       "table %s was last loaded without rejects %s ago, but "
                       "@push has fresh: \"%s\"",
                       table->name, age_of(table, age),
                       duration_format(fresh_ms, limit));
    }
    return true;
}
