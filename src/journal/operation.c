/*
 * Rows of bulkpg.operation. Each attempt to submit an operation is a row of its
 * own: added before it is sent, then updated with what the store says.
 *
 * An update also sums the operations of the run into bulkpg.run. What the next
 * step relies on waits for its answer. What only informs readers is queued, and
 * is sent with the journal's next statement.
 *
 * Hazard. An update of what the store has said is shielded from a stop: the
 * store has the operation already, and the next run must find its id.
 */
#include "journal/operation.h"

#include "base/task.h"
#include "journal/call.h"
#include "journal/run.h"
#include "sql.h"

bool
journal_operation_add(struct journal *journal, const struct run_ref *run,
                      const struct journal_operation *operation,
                      struct err *err)
{
    struct call call = {0};
    bool found;

    call_number(&call, run->run_id);
    call_number(&call, run->resumed);
    call_number(&call, operation->n);
    call_number(&call, operation->attempt);
    call_text(&call, operation->query);
    call_text(&call, operation->window_from);
    call_text(&call, operation->window_to);
    if (!journal_call_found(journal, sql_operation_add, &call, &found, err))
        return err_wrap(err, "recording operation %lld.%lld of run %lld",
                        (long long)operation->n, (long long)operation->attempt,
                        (long long)run->run_id);
    return found || journal_run_not_ours(journal, run, err);
}

bool
journal_operation_pages(struct journal *journal, const struct run_ref *run,
                        const struct journal_operation *operation,
                        struct err *err)
{
    struct call call = {0};
    bool found;

    call_number(&call, run->run_id);
    call_number(&call, run->resumed);
    call_text(&call, operation->query);
    call_text(&call, operation->window_from);
    call_text(&call, operation->window_to);
    call_text(&call, operation->created_at);
    if (!journal_call_found(journal, sql_operation_pages, &call, &found, err))
        return err_wrap(err, "recording the pages of run %lld",
                        (long long)run->run_id);
    return found || journal_run_not_ours(journal, run, err);
}

bool
journal_operation_is_paged(const struct journal_operation *operation)
{
    return operation->operation_id == NULL && operation->status != NULL;
}

static void
call_operation(struct call *call, const struct journal_operation *operation)
{
    call_number(call, operation->run_id);
    call_number(call, operation->n);
    call_number(call, operation->attempt);
    call_text(call, operation->operation_id);
    call_text(call, operation->status);
    call_text(call, operation->created_at);
    call_text(call, operation->completed_at);
    call_count(call, operation->object_count);
    call_count(call, operation->root_object_count);
    call_count(call, operation->file_size);
    call_count(call, operation->lines);
    call_count(call, operation->bytes);
    call_text(call, operation->error_code);
}

/* After an UPDATE of the operation, which must exist. */
static bool
is_updated(bool sent, bool found, const struct journal_operation *operation,
           struct err *err)
{
    if (!sent)
        return err_wrap(err, "updating operation %lld.%lld of run %lld",
                        (long long)operation->n, (long long)operation->attempt,
                        (long long)operation->run_id);
    return found ||
           err_set(err, MSG_BUG,
                   "operation %lld.%lld of run %lld is not in the journal",
                   (long long)operation->n, (long long)operation->attempt,
                   (long long)operation->run_id);
}

bool
journal_operation_sent(struct journal *journal,
                       const struct journal_operation *operation, bool sent,
                       struct err *err)
{
    struct call call = {0};
    bool found = false, done;

    call_number(&call, operation->run_id);
    call_number(&call, operation->n);
    call_number(&call, operation->attempt);
    call_text(&call, sent ? "true" : "false");
    done = journal_call_found(journal, sql_operation_sent, &call, &found, err);
    return is_updated(done, found, operation, err);
}

static void
queue_update(struct pg_conn *conn, const struct journal_operation *operation,
             struct pg_result **result)
{
    struct call said = {0}, sum = {0};

    call_operation(&said, operation);
    journal_queue_in(conn, sql_operation_update, &said,
                     &(struct pg_answer){.result = result});
    call_number(&sum, operation->run_id);
    journal_queue_in(conn, sql_operation_sum, &sum, NULL);
    pg_queue_sync(conn);
}

static bool
update_in(struct pg_conn *conn, const struct journal_operation *operation,
          struct err *err)
{
    struct pg_result *result;
    bool sent, found;

    queue_update(conn, operation, &result);
    sent = pg_settle(conn, err);
    found = sent && pg_rows(result) > 0;
    pg_result_free(result);
    return is_updated(sent, found, operation, err);
}

bool
journal_operation_update(struct journal *journal,
                         const struct journal_operation *operation,
                         struct err *err)
{
    struct pg_conn *conn;
    bool updated;

    if (!journal_borrow(journal, &conn, err))
        return false;
    task_shield();
    updated = update_in(conn, operation, err);
    task_unshield();
    journal_give_back(journal);
    return updated;
}

bool
journal_operation_update_soon(struct journal *journal,
                              const struct journal_operation *operation,
                              struct err *err)
{
    struct pg_conn *conn;

    if (!journal_borrow(journal, &conn, err))
        return false;
    queue_update(conn, operation, NULL);
    journal_give_back(journal);
    return true;
}

bool
journal_operation_submitted(struct journal *journal, const struct run_ref *run,
                            const struct journal_operation *operation,
                            struct err *err)
{
    struct pg_conn *conn;
    struct pg_result *ours;
    bool updated, is_ours;

    if (!journal_borrow(journal, &conn, err))
        return false;
    task_shield();
    run_queue_status(conn, run, RUN_POLLING, &ours);
    updated = update_in(conn, operation, err);
    task_unshield();
    journal_give_back(journal);
    is_ours = updated && pg_rows(ours) > 0;
    pg_result_free(ours);
    return updated && (is_ours || journal_run_not_ours(journal, run, err));
}

/* The columns are those of operation_list.sql. */
static struct journal_operation
read_operation(const struct pg_result *result, int row, struct arena *arena)
{
    return (struct journal_operation){
        .run_id = pg_int64(result, row, 0),
        .n = pg_int64(result, row, 1),
        .attempt = pg_int64(result, row, 2),
        .operation_id = call_read_text(result, row, 3, arena),
        .status = call_read_text(result, row, 4, arena),
        .query = call_read_text(result, row, 5, arena),
        .window_from = call_read_text(result, row, 6, arena),
        .window_to = call_read_text(result, row, 7, arena),
        .created_at = call_read_text(result, row, 8, arena),
        .completed_at = call_read_text(result, row, 9, arena),
        .object_count = call_read_count(result, row, 10),
        .root_object_count = call_read_count(result, row, 11),
        .file_size = call_read_count(result, row, 12),
        .lines = call_read_count(result, row, 13),
        .bytes = call_read_count(result, row, 14),
        .error_code = call_read_text(result, row, 15, arena),
        .store = call_read_text(result, row, 16, arena),
        .job = call_read_text(result, row, 17, arena),
        .age_ms = pg_int64(result, row, 18),
        .is_lost = pg_bool(result, row, 19)};
}

/* The parameters of operation_list.sql; -1 is SQL NULL. */
static void
call_list(struct call *call, int64_t run_id, const char *store, const char *job,
          int64_t but_run_id)
{
    call_count(call, run_id);
    call_text(call, store);
    call_text(call, job);
    call_count(call, but_run_id);
}

void
journal_operations_ahead(struct pg_conn *conn, const void *owner,
                         const char *store, const char *job)
{
    struct call call = {0};

    call_list(&call, -1, store, job, 0);
    journal_ask_ahead(conn, owner, sql_operation_list, &call);
}

static bool
list(struct journal *journal, int64_t run_id, const char *store,
     const char *job, int64_t but_run_id, struct arena *arena,
     struct journal_operations *operations, struct err *err)
{
    struct call call = {0};
    struct pg_result *result;

    call_list(&call, run_id, store, job, but_run_id);
    if (!journal_call(journal, sql_operation_list, &call, &result, err))
        return err_wrap(err, "reading operations from the journal");
    operations->count = (size_t)pg_rows(result);
    operations->operations =
        arena_array(arena, operations->count, sizeof(*operations->operations));
    for (int row = 0; row < pg_rows(result); row++)
        operations->operations[row] = read_operation(result, row, arena);
    pg_result_free(result);
    return true;
}

bool
journal_run_operations(struct journal *journal, int64_t run_id,
                       struct arena *arena,
                       struct journal_operations *operations, struct err *err)
{
    return list(journal, run_id, NULL, NULL, -1, arena, operations, err);
}

bool
journal_running_operations(struct journal *journal, const char *store,
                           const char *job, struct arena *arena,
                           struct journal_operations *operations,
                           struct err *err)
{
    return list(journal, -1, store, job, -1, arena, operations, err);
}

bool
journal_left_operations(struct journal *journal, const char *store,
                        const char *job, int64_t keep_run_id,
                        struct arena *arena,
                        struct journal_operations *operations, struct err *err)
{
    return list(journal, -1, store, job, keep_run_id, arena, operations, err);
}
