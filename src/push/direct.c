/*
 * What a request without an answer means:
 *
 *     never sent: no connection, no token, stopped,  the row is planned again
 *     the rate limit, a server that was given up
 *     sent, and no answer; 5xx; half an answer       unknown
 *     an answer with `errors` or data                as mapping/outcome.h says
 *
 * api/request.h repeats requests that the server did not begin to execute:
 * THROTTLED, 429, a credential that has expired.
 *
 * Hazards. Answers must be settled even while stopping; otherwise it would be
 * unknown whether the store has applied their rows. If one row is denied, all
 * others would be denied, too, so the push ends.
 */
#include "push/direct.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/retry.h"
#include "base/task.h"
#include "job/store.h"
#include "journal/chunk.h"
#include "mapping/outcome.h"
#include "push/settle.h"

enum { REQUEST_POINTS = 10 /* until the store has reported what one costs */ };

/* One row in flight. */
struct shot {
    struct direct_row row;
    struct arena arena; /* of its answer */
    struct outcome outcome;
    struct outcome_error error; /* why there is no answer */
    bool is_unsent;
};

struct direct {
    struct push *push;
    int64_t n; /* the chunk */
    struct rate_user user;
    double points;      /* that a request costs, about */
    struct arena arena; /* of a round */
    struct shot *shots;
    size_t count;
    size_t next;
    bool is_stopping; /* no other request begins */
    struct err err;   /* why; kind ERR_NONE: it continues */
    struct backoff failures;
    struct task_group group;
};

/* ---- one request --------------------------------------------------------- */

static void
stop(struct direct *direct, const struct err *err)
{
    if (direct->err.kind == ERR_NONE)
        direct->err = *err;
    direct->is_stopping = true;
}

/* Was the request never carried out? ERR_TRANSIENT is ANSWER_LOST otherwise. */
static bool
is_unsent(const struct err *err)
{
    return err_is(err, MSG_NOT_SENT) || err_is(err, MSG_THROTTLED) ||
           err->kind == ERR_LATER || err->kind == ERR_STOPPED ||
           err->kind == ERR_DENIED || err->kind == ERR_CONFIG;
}

static void
be_unknown(struct shot *shot, const struct err *err)
{
    shot->error = (struct outcome_error){
        .code = arena_strdup(&shot->arena, err->code),
        .message = arena_strdup(&shot->arena, err->message)};
    shot->outcome = (struct outcome){.line = shot->row.line,
                                     .state = OUTCOME_UNKNOWN,
                                     .errors = &shot->error,
                                     .error_count = 1};
}

static void
read_outcome(const struct direct *direct, struct shot *shot, struct span body)
{
    struct err err;

    if (!outcome_read(direct->push->mutation, body, &shot->arena,
                      &shot->outcome, &err))
        be_unknown(shot, &err);
    shot->outcome.line = shot->row.line;
}

static void
note_loss(struct direct *direct, struct shot *shot, struct err *err)
{
    shot->is_unsent = is_unsent(err);
    if (!shot->is_unsent) {
        be_unknown(shot, err);
        if (err_is(err, MSG_QUERY_TOO_LARGE)) /* it was not sent */
            shot->outcome.state = OUTCOME_REFUSED;
        return;
    }
    stop(direct, err);
}

static void
fire(struct direct *direct, struct shot *shot)
{
    struct push *push = direct->push;
    struct request request = {.what = "push",
                              .document = push->document,
                              .variables = shot->row.variables,
                              .once = true,
                              .finish = true,
                              .user = &direct->user,
                              .points = direct->points,
                              .partial = true,
                              .takes_errors = true,
                              .has_worked = true};
    struct reply reply;
    struct err err;

    if (!store_ask(push->context, push->store, &request, NULL, &push->log,
                   &shot->arena, &reply, &err)) {
        note_loss(direct, shot, &err);
        return;
    }
    if (reply.cost > 0)
        direct->points = reply.cost;
    read_outcome(direct, shot, reply.body);
}

/* A request that waits for the rate may find that the push is stopping. */
static void
work(void *ctx)
{
    struct direct *direct = ctx;

    while (direct->next < direct->count) {
        struct shot *shot = &direct->shots[direct->next++];

        if (direct->is_stopping)
            shot->is_unsent = true;
        else
            fire(direct, shot);
    }
}

/* ---- one round ----------------------------------------------------------- */

static bool
settle_answers(struct direct *direct, struct err *err)
{
    struct settle *settle;
    bool ok = true;

    if (!settle_begin(direct->push, (int)direct->n, &settle, err))
        return false;
    for (size_t i = 0; ok && i < direct->count; i++)
        if (!direct->shots[i].is_unsent)
            ok = settle_line(settle, direct->shots[i].row.line,
                             &direct->shots[i].outcome, err);
    if (ok)
        return settle_end(settle, false, err);
    settle_abandon(settle);
    return false;
}

static bool
put_back(struct direct *direct, struct err *err)
{
    struct push *push = direct->push;
    int64_t lines[DIRECT_ROUND];
    size_t count = 0;

    for (size_t i = 0; i < direct->count; i++)
        if (direct->shots[i].is_unsent)
            lines[count++] = direct->shots[i].row.line;
    return count == 0 || journal_direct_unsent(push->journal, &push->ref,
                                               direct->n, lines, count, err);
}

static size_t
count_answers(const struct direct *direct)
{
    size_t answers = 0;

    for (size_t i = 0; i < direct->count; i++)
        answers += !direct->shots[i].is_unsent;
    return answers;
}

/* Even while stopping, so that no row is in doubt. */
static bool
record_round(struct direct *direct, struct err *err)
{
    bool ok;

    task_shield();
    ok = put_back(direct, err) &&
         (count_answers(direct) == 0 || settle_answers(direct, err));
    task_unshield();
    return ok;
}

static void
free_shots(struct direct *direct)
{
    for (size_t i = 0; i < direct->count; i++)
        arena_free(&direct->shots[i].arena);
    direct->count = direct->next = 0;
    arena_clear(&direct->arena);
}

static void
check_denied(struct direct *direct)
{
    struct err err;

    for (size_t i = 0; i < direct->count; i++)
        if (!direct->shots[i].is_unsent && direct->shots[i].outcome.is_denied) {
            err_set(&err, MSG_ACCESS_DENIED,
                    "the app lacks a scope that the mutation needs; the other "
                    "rows were not sent");
            stop(direct, &err);
            return;
        }
}

static bool
take_rows(struct direct *direct, const struct direct_order *order,
          struct err *err)
{
    struct push *push = direct->push;
    struct direct_rows rows;

    if (!journal_direct_take(push->journal, &push->ref, order, &direct->arena,
                             &rows, err))
        return false;
    direct->shots =
        arena_array(&direct->arena, rows.count, sizeof(*direct->shots));
    for (size_t i = 0; i < rows.count; i++)
        direct->shots[i].row = rows.rows[i];
    direct->count = rows.count;
    return true;
}

/* Send one round; *last is its last line, -1: there was no row. */
static bool
send_round(struct direct *direct, const struct direct_order *order,
           int64_t *last, struct err *err)
{
    size_t tasks;
    bool ok;

    *last = -1;
    if (!take_rows(direct, order, err))
        return false;
    if (direct->count > 0)
        *last = direct->shots[direct->count - 1].row.line;
    tasks = direct->count;
    for (size_t i = 0; i < tasks; i++)
        task_group_spawn(&direct->group, "direct", work, direct);
    task_group_wait(&direct->group);
    ok = record_round(direct, err);
    if (ok)
        check_denied(direct);
    if (ok && direct->push->distrust.kind != ERR_NONE)
        stop(direct, &direct->push->distrust);
    free_shots(direct);
    return ok;
}

/* ---- all rounds ---------------------------------------------------------- */

/* The store could not be reached: wait, then send the rows again. */
static bool
may_go_on(struct direct *direct, struct err *err)
{
    if (!direct->is_stopping)
        return true;
    *err = direct->err;
    if (err->kind != ERR_TRANSIENT ||
        !retry_wait(&direct->failures, 0, &direct->push->log,
                    "retrying requests that were not sent", err))
        return false;
    direct->is_stopping = false;
    direct->err.kind = ERR_NONE;
    return true;
}

static bool
send_planned(struct direct *direct, struct err *err)
{
    struct direct_order order = {
        .n = direct->n, .which = DIRECT_PLANNED, .most = DIRECT_ROUND};
    int64_t last;

    do {
        bool was_unsent;

        backoff_begin(&direct->failures);
        if (!send_round(direct, &order, &last, err))
            return false;
        was_unsent = direct->is_stopping;
        if (!may_go_on(direct, err))
            return false;
        if (was_unsent)
            continue;
        backoff_succeeded(&direct->failures);
        order.from_line = last + 1;
    } while (last >= 0);
    return true;
}

/* Rows whose outcome is unknown, after a wait: the store may still be at work
 * on them. */
static bool
send_again(struct direct *direct, enum direct_which which, struct err *err)
{
    const struct tuning_config *tuning = &direct->push->context->config.tuning;
    struct direct_order order = {.n = direct->n,
                                 .which = which,
                                 .most = DIRECT_ROUND,
                                 .most_tries = SETTLE_TRIES,
                                 .key_ms = PUSH_KEY_MS};
    struct backoff pace =
        backoff_of(tuning->retry_initial_ms, tuning->retry_max_ms, CLOCK_NEVER);
    int64_t last;

    for (;;) {
        if (!send_round(direct, &order, &last, err) || !may_go_on(direct, err))
            return false;
        if (last < 0)
            return true;
        if (task_sleep_until(clock_after_ms(backoff_next_delay(&pace))) ==
            TASK_STOPPED)
            return task_stopped(err);
    }
}

static bool
may_repeat(const struct push *push)
{
    return push->may_repeat || push->mutation->is_idempotent;
}

static bool
send_all(struct direct *direct, struct err *err)
{
    const struct push *push = direct->push;

    if (push->is_resumed && push->undo_of == 0)
        return !push->mutation->is_idempotent ||
               send_again(direct, DIRECT_IDEMPOTENT, err);
    return send_planned(direct, err) &&
           (!may_repeat(push) ||
            send_again(direct,
                       push->is_resumed ? DIRECT_IDEMPOTENT : DIRECT_AGAIN,
                       err));
}

static bool
close_chunk(struct direct *direct, struct err *err)
{
    struct push *push = direct->push;
    int64_t held, unknown;
    bool ok;

    task_shield();
    ok = journal_direct_close(push->journal, &push->ref, direct->n,
                              push->may_repeat, &held, &unknown, err);
    task_unshield();
    if (!ok)
        return false;
    push->tallies.held += held;
    push->tallies.unknown += unknown;
    return true;
}

/* The next push finishes what a server that does not answer, or a signal, left.
 */
static bool
is_for_later(const struct err *err)
{
    return err->kind == ERR_LATER || err->kind == ERR_STOPPED ||
           err->kind == ERR_TRANSIENT;
}

static bool
run_chunk(struct direct *direct, struct err *err)
{
    struct err why;

    if (send_all(direct, &why))
        return close_chunk(direct, err);
    if (!is_for_later(&why) && !close_chunk(direct, err))
        log_failure(LOG_WARN, &direct->push->log,
                    "rows that were not sent could not be skipped", err);
    *err = why;
    return false;
}

bool
direct_run(struct push *push, struct err *err)
{
    const struct tuning_config *tuning = &push->context->config.tuning;
    struct direct direct = {.push = push,
                            .points = REQUEST_POINTS,
                            .failures = backoff_of(tuning->retry_initial_ms,
                                                   tuning->retry_max_ms,
                                                   tuning->retry_budget_ms)};
    struct journal_chunks chunks;
    bool ok = journal_chunk_list(push->journal, push->ref.push_id, false,
                                 &push->arena, &chunks, err);

    for (size_t i = 0; ok && i < chunks.count; i++) {
        direct.n = chunks.chunks[i].n;
        ok = run_chunk(&direct, err);
    }
    arena_free(&direct.arena);
    return ok;
}
