/*
 * The rows of bulkpg.push, and the names of states as the journal has them.
 *
 * Hazards. A statement that changes a push has a fence: the push's id and its
 * `resumed`. If it finds no row, another process owns the push, or it was
 * canceled; journal_push_not_ours() finds out which.
 */
#include "journal/push.h"

#include <string.h>

#include "journal/call.h"
#include "journal/session.h"
#include "sql.h"

static const char *const mode_names[] = {"bulk", "direct", "undo"};
static const char *const status_names[] = {
    "running", "done", "failed", "interrupted", "canceled", "rolled_back"};
static const char *const chunk_names[] = {"planned",    "staged",  "uploaded",
                                          "submitting", "running", "finished",
                                          "settled"};
static const char *const row_names[] = {
    "planned", "sending", "applied", "refused",   "partly",
    "unknown", "held",    "skipped", "unchanged", "invalid"};

const char *
push_mode_name(enum push_mode mode)
{
    return mode_names[mode];
}

const char *
push_status_name(enum push_status status)
{
    return status_names[status];
}

const char *
chunk_state_name(enum chunk_state state)
{
    return chunk_names[state];
}

const char *
row_state_name(enum row_state state)
{
    return row_names[state];
}

/* The index of a name that the journal has. */
static int
index_of(const char *name, const char *const *names, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return 0;
}

#define INDEX_OF(name, names) \
    index_of(name, names, (int)(sizeof(names) / sizeof((names)[0])))

enum row_state
row_state_of(const char *name)
{
    return (enum row_state)INDEX_OF(name, row_names);
}

enum chunk_state
chunk_state_of(const char *name)
{
    return (enum chunk_state)INDEX_OF(name, chunk_names);
}

void
push_append_ref(struct call *call, const struct push_ref *push)
{
    call_number(call, push->push_id);
    call_number(call, push->resumed);
}

/* ---- pushes that are no longer ours ------------------------------------ */

static bool
explain(const struct push_ref *push, const struct pg_result *row,
        struct err *err)
{
    long long id = (long long)push->push_id;

    if (pg_rows(row) == 0)
        return err_set(err, MSG_NO_PUSH, "push %lld is not in the journal", id);
    if (pg_int64(row, 0, 1) != push->resumed)
        return err_set(err, MSG_TAKEN_OVER,
                       "push %lld was taken over by another process", id);
    if (strcmp(pg_text(row, 0, 0), "canceled") == 0)
        return err_set(err, MSG_CANCELED, "push %lld was canceled", id);
    return err_set(err, MSG_BUG, "push %lld has the unexpected status %s", id,
                   pg_text(row, 0, 0));
}

bool
journal_push_not_ours(struct journal *journal, const struct push_ref *push,
                      struct err *err)
{
    struct call call = {0};
    struct pg_result *row;

    call_number(&call, push->push_id);
    if (!journal_call(journal, sql_push_whose, &call, &row, err))
        return false;
    explain(push, row, err);
    pg_result_free(row);
    return false;
}

bool
journal_push_not_ours_in(struct pg_conn *conn, const struct push_ref *push,
                         struct err *err)
{
    struct call call = {0};
    struct pg_result *row;

    call_number(&call, push->push_id);
    if (!journal_call_in(conn, sql_push_whose, &call, &row, err))
        return false;
    explain(push, row, err);
    pg_result_free(row);
    return false;
}

void
journal_push_queue_fence(struct pg_conn *conn, const struct push_ref *push,
                         struct pg_result **ours)
{
    struct call call = {0};

    push_append_ref(&call, push);
    journal_queue_in(conn, sql_push_fence, &call,
                     &(struct pg_answer){.result = ours});
}

/* ---- a push's life ----------------------------------------------------- */

bool
journal_push_begin_in(struct pg_conn *conn, const struct push_start *start,
                      struct push_ref *push, struct err *err)
{
    struct call call = {0};
    struct pg_result *result;

    call_text(&call, start->store);
    call_text(&call, start->job);
    call_text(&call, push_mode_name(start->mode));
    call_text(&call, start->document);
    call_text(&call, start->source);
    call_text(&call, start->may_repeat ? "t" : "f");
    call_text(&call, start->snapshot_at);
    call_count(&call, start->undo_of > 0 ? start->undo_of : -1);
    call_text(&call, start->rolls_back ? "t" : "f");
    if (!journal_call_in(conn, sql_push_begin, &call, &result, err))
        return err_wrap(err, "adding a push to the journal");
    *push = (struct push_ref){.push_id = pg_int64(result, 0, 0)};
    pg_result_free(result);
    return true;
}

bool
journal_push_take_over(struct journal *journal, struct push_ref *push,
                       bool *taken, struct err *err)
{
    struct call call = {0};
    struct pg_result *result;

    push_append_ref(&call, push);
    if (!journal_call(journal, sql_push_take_over, &call, &result, err))
        return err_wrap(err, "taking over push %lld", (long long)push->push_id);
    *taken = pg_rows(result) > 0;
    if (*taken)
        push->resumed = pg_int64(result, 0, 0);
    pg_result_free(result);
    return true;
}

bool
journal_push_count(struct journal *journal, int64_t push_id,
                   struct push_counts *counts, struct err *err)
{
    struct call call = {0};
    struct pg_result *result;

    call_number(&call, push_id);
    if (!journal_call(journal, sql_push_count, &call, &result, err))
        return false;
    *counts = (struct push_counts){.rows = pg_int64(result, 0, 0),
                                   .changed = pg_int64(result, 0, 1),
                                   .sent = pg_int64(result, 0, 2),
                                   .applied = pg_int64(result, 0, 3),
                                   .refused = pg_int64(result, 0, 4),
                                   .unknown = pg_int64(result, 0, 5),
                                   .unchanged = pg_int64(result, 0, 6),
                                   .invalid = pg_int64(result, 0, 7),
                                   .held = pg_int64(result, 0, 8),
                                   .skipped = pg_int64(result, 0, 9),
                                   .failed = pg_int64(result, 0, 10)};
    pg_result_free(result);
    return true;
}

static void
append_counts(struct call *call, const struct push_counts *counts)
{
    call_number(call, counts->rows);
    call_number(call, counts->changed);
    call_number(call, counts->sent);
    call_number(call, counts->applied);
    call_number(call, counts->refused);
    call_number(call, counts->unknown);
    call_number(call, counts->unchanged);
    call_number(call, counts->invalid);
}

bool
journal_push_finish(struct journal *journal, const struct push_ref *push,
                    const struct push_end *end, struct push_counts *counts,
                    struct err *err)
{
    struct call call = {0};
    bool found;

    if (!journal_push_count(journal, push->push_id, counts, err))
        return false;
    push_append_ref(&call, push);
    call_text(&call, push_status_name(end->status));
    call_text(&call, end->error_code);
    call_text(&call, end->error);
    call_text(&call, end->notes);
    append_counts(&call, counts);
    if (!journal_call_found(journal, sql_push_finish, &call, &found, err))
        return err_wrap(err, "updating push %lld in the journal",
                        (long long)push->push_id);
    return found || journal_push_not_ours(journal, push, err);
}

bool
journal_push_cancel(struct journal *journal, int64_t push_id, bool *canceled,
                    struct err *err)
{
    struct call call = {0};

    call_number(&call, push_id);
    return journal_call_found(journal, sql_push_cancel, &call, canceled, err);
}

/* ---- lists ------------------------------------------------------------- */

static void
read_push(const struct pg_result *result, int row, struct arena *arena,
          struct journal_push *push)
{
    *push = (struct journal_push){
        .ref = {.push_id = pg_int64(result, row, 0),
                .resumed = pg_int64(result, row, 1)},
        .store = call_read_text(result, row, 2, arena),
        .job = call_read_text(result, row, 3, arena),
        .mode = (enum push_mode)INDEX_OF(pg_text(result, row, 4), mode_names),
        .status =
            (enum push_status)INDEX_OF(pg_text(result, row, 5), status_names),
        .document = call_read_text(result, row, 6, arena),
        .source = call_read_text(result, row, 7, arena),
        .may_repeat = pg_bool(result, row, 8),
        .is_direct = pg_bool(result, row, 9),
        .snapshot_at = call_read_text(result, row, 10, arena),
        .counts = {.rows = pg_int64(result, row, 11),
                   .changed = pg_int64(result, row, 12),
                   .sent = pg_int64(result, row, 13),
                   .applied = pg_int64(result, row, 14),
                   .refused = pg_int64(result, row, 15),
                   .unknown = pg_int64(result, row, 16),
                   .unchanged = pg_int64(result, row, 17),
                   .invalid = pg_int64(result, row, 18)},
        .started_at = call_read_text(result, row, 19, arena),
        .finished_at = call_read_text(result, row, 20, arena),
        .error_code = call_read_text(result, row, 21, arena),
        .error = call_read_text(result, row, 22, arena),
        .remedy = call_read_text(result, row, 23, arena),
        .undo_of = pg_int64(result, row, 24),
        .notes = call_read_text(result, row, 25, arena),
        .age_ms = pg_int64(result, row, 26),
        .duration_ms = call_read_count(result, row, 27),
        .rolls_back = pg_bool(result, row, 28)};
}

bool
journal_list_pushes(struct journal *journal, const struct push_query *query,
                    struct arena *arena, struct journal_pushes *pushes,
                    struct err *err)
{
    struct call call = {0};
    struct pg_result *result;

    call_text(&call, query->store);
    call_text(&call, query->job);
    call_count(&call, query->push_id > 0 ? query->push_id : -1);
    call_text(&call, query->open_only ? "t" : "f");
    call_text(&call, query->newest_only ? "t" : "f");
    call_count(&call, query->limit > 0 ? query->limit : -1);
    call_count(&call, query->undo_of > 0 ? query->undo_of : -1);
    if (!journal_call(journal, sql_push_list, &call, &result, err))
        return false;
    pushes->count = (size_t)pg_rows(result);
    pushes->pushes = arena_array(arena, pushes->count, sizeof(*pushes->pushes));
    for (size_t i = 0; i < pushes->count; i++)
        read_push(result, (int)i, arena, &pushes->pushes[i]);
    pg_result_free(result);
    return true;
}

bool
journal_list_doubts(struct journal *journal, struct arena *arena,
                    struct journal_doubts *doubts, struct err *err)
{
    struct call call = {0};
    struct pg_result *result;

    if (!journal_call(journal, sql_push_doubts, &call, &result, err))
        return false;
    doubts->count = (size_t)pg_rows(result);
    doubts->jobs = arena_array(arena, doubts->count, sizeof(*doubts->jobs));
    for (int row = 0; row < pg_rows(result); row++)
        doubts->jobs[row] = (struct journal_doubt){
            .store = call_read_text(result, row, 0, arena),
            .job = call_read_text(result, row, 1, arena),
            .rows = pg_int64(result, row, 2)};
    pg_result_free(result);
    return true;
}
