#include "journal/merge.h"

#include "journal/call.h"
#include "sql.h"

void
journal_queue_fence(struct pg_conn *conn, const struct run_ref *run,
                    enum run_status status, struct pg_result **ours)
{
    struct call call = {0};

    run_append_ref(&call, run);
    call_text(&call, run_status_name(status));
    journal_queue_in(conn, sql_run_fence, &call,
                     &(struct pg_answer){.result = ours});
}

void
journal_queue_tables(struct pg_conn *conn, int64_t run_id,
                     const struct journal_run_table *tables, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct call call = {0};
        const char *doing = arena_printf(
            &call.arena, "recording the tables of run %lld", (long long)run_id);

        call_number(&call, run_id);
        call_text(&call, tables[i].table_schema);
        call_text(&call, tables[i].table_name);
        call_number(&call, tables[i].staged);
        call_number(&call, tables[i].inserted);
        call_number(&call, tables[i].updated);
        call_number(&call, tables[i].deleted);
        call_number(&call, tables[i].unchanged);
        journal_queue_in(conn, sql_run_table_add, &call,
                         &(struct pg_answer){.doing = doing});
    }
}

void
journal_queue_watermark(struct pg_conn *conn, int64_t run_id)
{
    struct call call = {0};

    call_number(&call, run_id);
    journal_queue_in(conn, sql_watermark_advance, &call,
                     &(struct pg_answer){.doing = "advancing the watermark"});
}

bool
journal_finish_in(struct pg_conn *conn, const struct run_ref *run,
                  const struct run_end *end, struct err *err)
{
    struct call call = {0};
    struct pg_result *ours;
    const char *doing =
        arena_printf(&call.arena, "updating run %lld in the journal",
                     (long long)run->run_id);
    bool settled, is_ours;

    run_append_end(&call, run, end);
    journal_queue_in(conn, sql_run_finish, &call,
                     &(struct pg_answer){.result = &ours, .doing = doing});
    settled = pg_settle(conn, err);
    is_ours = settled && pg_rows(ours) > 0;
    pg_result_free(ours);
    if (!settled)
        return false;
    return is_ours || journal_run_not_ours_in(conn, run, err);
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
