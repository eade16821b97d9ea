#include "push/alone.h"

#include <inttypes.h>
#include <stdio.h>

#include "sql.h"

enum { NUMBER_BYTES = 24 };

static bool
is_locked(const struct push *push, int64_t other, struct err *err)
{
    return err_set(err, MSG_LOCKED,
                   "another process has pushed job %s of store %s meanwhile "
                   "(push %" PRId64 "); nothing was sent",
                   push->job, push->config->name, other);
}

bool
alone_begin(struct push *push, struct err *err)
{
    const char *values[] = {push->config->name, push->job};
    struct pg_result *result;
    struct pg_conn *conn;
    int64_t running;
    bool ok;

    if (!journal_borrow(push->journal, &conn, err))
        return false;
    ok = pg_exec(conn, sql_push_newest, 2, values, &result, err);
    journal_give_back(push->journal);
    if (!ok)
        return false;
    push->newest = pg_int64(result, 0, 0);
    running = pg_int64(result, 0, 1);
    pg_result_free(result);
    return running == 0 || push->mode == PUSH_UNDO ||
           is_locked(push, running, err);
}

bool
alone_check(const struct push *push, struct pg_conn *conn, struct err *err)
{
    char newest[NUMBER_BYTES], ours[NUMBER_BYTES];
    const char *values[] = {push->config->name, push->job, newest, ours};
    struct pg_result *result;
    int64_t other;

    snprintf(newest, sizeof(newest), "%" PRId64, push->newest);
    snprintf(ours, sizeof(ours), "%" PRId64, push->ref.push_id);
    pg_queue(conn, sql_push_turn, 2, values, NULL);
    if (!pg_exec(conn, sql_push_others, 4, values, &result, err))
        return false;
    other = pg_int64(result, 0, 0);
    pg_result_free(result);
    return other == 0 || is_locked(push, other, err);
}
