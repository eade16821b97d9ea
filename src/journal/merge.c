#include "journal/merge.h"

#include "journal/call.h"
#include "sql.h"

/* Run an UPDATE of the run; if it finds no row, report why. */
static bool
update_ours_in(struct pg_conn *conn, const char *sql, struct call *call,
               const struct run_ref *run, struct err *err)
{
    struct pg_result *result;
    bool found;

    if (!journal_call_in(conn, sql, call, &result, err))
        return err_wrap(err, "updating run %lld in the journal",
                        (long long)run->run_id);
    found = pg_rows(result) > 0;
    pg_result_free(result);
    return found || journal_run_not_ours_in(conn, run, err);
}

bool
journal_fence(struct pg_conn *conn, const struct run_ref *run, struct err *err)
{
    struct call call = {0};

    run_append_ref(&call, run);
    return update_ours_in(conn, sql_run_fence, &call, run, err);
}

bool
journal_merge_tables(struct pg_conn *conn, int64_t run_id,
                     const struct journal_run_table *tables, size_t count,
                     struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        struct call call = {0};

        call_number(&call, run_id);
        call_text(&call, tables[i].table_schema);
        call_text(&call, tables[i].table_name);
        call_number(&call, tables[i].staged);
        call_number(&call, tables[i].inserted);
        call_number(&call, tables[i].updated);
        call_number(&call, tables[i].deleted);
        call_number(&call, tables[i].unchanged);
        if (!journal_call_in(conn, sql_run_table_add, &call, NULL, err))
            return err_wrap(err, "recording the tables of run %lld",
                            (long long)run_id);
    }
    return true;
}

bool
journal_advance_watermark_in(struct pg_conn *conn, int64_t run_id,
                             struct err *err)
{
    struct call call = {0};

    call_number(&call, run_id);
    return journal_call_in(conn, sql_watermark_advance, &call, NULL, err) ||
           err_wrap(err, "advancing the watermark");
}

bool
journal_finish_in(struct pg_conn *conn, const struct run_ref *run,
                  const struct run_end *end, struct err *err)
{
    struct call call = {0};

    run_append_end(&call, run, end);
    return update_ours_in(conn, sql_run_finish, &call, run, err);
}

bool
journal_run_tables(struct journal *journal, int64_t run_id, struct arena *arena,
                   struct journal_run_tables *tables, struct err *err)
{
    struct call call = {0};
    struct pg_result *result;

    call_number(&call, run_id);
    if (!journal_call(journal, sql_run_table_list, &call, &result, err))
        return false;
    tables->count = (size_t)pg_rows(result);
    tables->tables = arena_array(arena, tables->count, sizeof(*tables->tables));
    for (int row = 0; row < pg_rows(result); row++)
        tables->tables[row] = (struct journal_run_table){
            .table_schema = call_read_text(result, row, 0, arena),
            .table_name = call_read_text(result, row, 1, arena),
            .staged = pg_int64(result, row, 2),
            .inserted = pg_int64(result, row, 3),
            .updated = pg_int64(result, row, 4),
            .deleted = pg_int64(result, row, 5),
            .unchanged = pg_int64(result, row, 6)};
    pg_result_free(result);
    return true;
}
