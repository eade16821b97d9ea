#include "journal/call.h"

#include <assert.h>

#include "base/utf8.h"
#include "journal/session.h"

void
call_text(struct call *call, const char *text)
{
    assert(call->count < CALL_PARAMETERS);
    call->values[call->count++] =
        text != NULL ? utf8_repaired(&call->arena, text) : NULL;
}

void
call_number(struct call *call, int64_t number)
{
    call_text(call, arena_printf(&call->arena, "%lld", (long long)number));
}

void
call_count(struct call *call, int64_t count)
{
    if (count < 0)
        call_text(call, NULL);
    else
        call_number(call, count);
}

bool
journal_call_in(struct pg_conn *conn, const char *sql, struct call *call,
                struct pg_result **result, struct err *err)
{
    bool ok = pg_exec(conn, sql, call->count, call->values, result, err);

    arena_free(&call->arena);
    return ok;
}

void
journal_ask_ahead(struct pg_conn *conn, const void *owner, const char *sql,
                  struct call *call)
{
    pg_ask_ahead(conn, owner, sql, call->count, call->values);
    arena_free(&call->arena);
}

void
journal_queue_in(struct pg_conn *conn, const char *sql, struct call *call,
                 const struct pg_answer *answer)
{
    pg_queue(conn, sql, call->count, call->values, answer);
    arena_free(&call->arena);
}

bool
journal_call(struct journal *journal, const char *sql, struct call *call,
             struct pg_result **result, struct err *err)
{
    bool ok;

    if (result != NULL)
        *result = NULL;
    if (!task_lock(&journal->lock, err)) {
        arena_free(&call->arena);
        return false;
    }
    task_shield();
    ok = journal_call_in(journal->conn, sql, call, result, err);
    task_unshield();
    task_unlock(&journal->lock);
    return ok;
}

bool
journal_call_found(struct journal *journal, const char *sql, struct call *call,
                   bool *found, struct err *err)
{
    struct pg_result *result;

    if (!journal_call(journal, sql, call, &result, err))
        return false;
    *found = pg_rows(result) > 0;
    pg_result_free(result);
    return true;
}

const char *
call_read_text(const struct pg_result *result, int row, int column,
               struct arena *arena)
{
    if (pg_is_null(result, row, column))
        return NULL;
    return arena_strdup(arena, pg_text(result, row, column));
}

int64_t
call_read_count(const struct pg_result *result, int row, int column)
{
    return pg_is_null(result, row, column) ? -1 : pg_int64(result, row, column);
}
