/*
 * The queue of one connection, and its answers.
 *
 *     queued ─► sent in pipeline mode, a sync at the end ─► answered
 *                                                       └─► skipped, because a
 *                                                           statement failed
 *
 * Statements and their parameters are copied into the queue's arena, which is
 * emptied after each settlement. A question that is asked ahead has syncs
 * around it, so that its failure skips nothing else. Its answer stays with the
 * connection until pg_exec() takes it or its owner forgets it.
 *
 * Hazards. Places for answers must exist until the settlement. A question that
 * is forgotten while its answer is due is freed only after the answer, since
 * the queue points into it. If the connection is lost, every statement without
 * an answer failed, and the server may still have executed it.
 */
#include "pg/queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "pg/result.h"
#include "pg/script.h"
#include "pg/wire.h"

/* A statement with its parameters; with a name, it is prepared. Without SQL it
 * is a sync. */
struct queued {
    const char *sql;
    const char *name;
    Oid parameter;
    int count;
    const char **values;
    struct pg_answer answer;
    bool may_fail;           /* was asked ahead */
    struct repeat *repeat;   /* when it is sent: it may be prepared */
    struct repeat *prepares; /* it prepares this one */
    struct queued *next;
};

/* A question asked ahead, with its answer. */
struct ahead {
    const void *owner; /* NULL: the answer is not wanted any more */
    char *sql;
    int count;
    char **values;
    bool is_due; /* queued or sent: the answer's place must exist */
    struct pg_result *result;
    struct ahead *next;
};

/* ---- queueing ---------------------------------------------------------- */

static struct queued *
append(struct queue *queue, const struct pg_answer *answer)
{
    struct queued *queued = arena_alloc(&queue->arena, sizeof(*queued));

    if (answer != NULL) {
        queued->answer = *answer;
        if (answer->result != NULL)
            *answer->result = NULL;
        if (answer->doing != NULL)
            queued->answer.doing = arena_strdup(&queue->arena, answer->doing);
    }
    if (queue->last == NULL)
        queue->first = queued;
    else
        queue->last->next = queued;
    queue->last = queued;
    return queued;
}

static struct queued *
append_statement(struct queue *queue, struct span sql,
                 const struct pg_answer *answer)
{
    struct queued *queued = append(queue, answer);

    queued->sql = arena_dup(&queue->arena, sql);
    queue->count++;
    return queued;
}

void
pg_queue(struct pg_conn *conn, const char *sql, int count,
         const char *const *values, const struct pg_answer *answer)
{
    struct queue *queue = &conn->queue;
    struct queued *queued = append_statement(queue, span_str(sql), answer);

    queued->count = count;
    queued->values =
        arena_array(&queue->arena, (size_t)count + 1, sizeof(const char *));
    for (int i = 0; i < count; i++)
        if (values[i] != NULL)
            queued->values[i] = arena_strdup(&queue->arena, values[i]);
}

void
pg_queue_sync(struct pg_conn *conn)
{
    if (conn->queue.first == NULL || conn->queue.last->sql == NULL)
        return;
    append(&conn->queue, NULL);
    conn->queue.syncs++;
}

void
queue_optional(struct pg_conn *conn, const char *sql, int count,
               const char *const *values, const struct pg_answer *answer)
{
    pg_queue_sync(conn);
    pg_queue(conn, sql, count, values, answer);
    conn->queue.last->may_fail = true;
    pg_queue_sync(conn);
}

void
pg_queue_script(struct pg_conn *conn, const char *sql,
                const struct pg_answer *answer)
{
    struct span script = span_str(sql), next;

    while (script_next(&script, &next))
        append_statement(&conn->queue, next, answer);
}

void
pg_queue_prepare(struct pg_conn *conn, const char *name, const char *sql,
                 uint32_t parameter_oid)
{
    struct queued *queued = append_statement(&conn->queue, span_str(sql), NULL);

    queued->name = arena_strdup(&conn->queue.arena, name);
    queued->parameter = parameter_oid;
    queued->count = parameter_oid != 0 ? 1 : 0;
}

/* ---- questions asked ahead --------------------------------------------- */

static void
free_ahead(struct ahead *ahead)
{
    pg_result_free(ahead->result);
    for (int i = 0; i < ahead->count; i++)
        free(ahead->values[i]);
    free(ahead->values);
    free(ahead->sql);
    free(ahead);
}

/* Free the questions that are not wanted and have no answer due. */
static void
clean_ahead(struct pg_conn *conn)
{
    struct ahead **at = &conn->ahead;

    while (*at != NULL) {
        struct ahead *ahead = *at;

        if (ahead->owner != NULL || ahead->is_due) {
            at = &ahead->next;
            continue;
        }
        *at = ahead->next;
        free_ahead(ahead);
    }
}

void
pg_forget_ahead(struct pg_conn *conn, const void *owner)
{
    for (struct ahead *a = conn->ahead; a != NULL; a = a->next)
        if (owner == NULL || a->owner == owner)
            a->owner = NULL;
    clean_ahead(conn);
}

void
pg_ask_ahead(struct pg_conn *conn, const void *owner, const char *sql,
             int count, const char *const *values)
{
    struct ahead *ahead = mem_alloc(sizeof(*ahead));
    struct ahead **end = &conn->ahead;

    *ahead = (struct ahead){
        .owner = owner,
        .sql = mem_strdup(sql),
        .count = count,
        .values = mem_array((size_t)count + 1, sizeof(*ahead->values)),
        .is_due = true};
    for (int i = 0; i < count; i++)
        if (values[i] != NULL)
            ahead->values[i] = mem_strdup(values[i]);
    while (*end != NULL)
        end = &(*end)->next;
    *end = ahead;
    queue_optional(conn, sql, count, values,
                   &(struct pg_answer){.result = &ahead->result});
}

static bool
asks(const struct ahead *ahead, const char *sql, int count,
     const char *const *values)
{
    bool same = ahead->owner != NULL && ahead->count == count &&
                strcmp(ahead->sql, sql) == 0;

    for (int i = 0; same && i < count; i++)
        same = span_same_text(ahead->values[i], values[i]);
    return same;
}

bool
ahead_take(struct pg_conn *conn, const char *sql, int count,
           const char *const *values, struct pg_result **result,
           struct err *err)
{
    struct ahead *ahead = conn->ahead;

    while (ahead != NULL && !asks(ahead, sql, count, values))
        ahead = ahead->next;
    if (ahead == NULL)
        return true;
    if (ahead->is_due && !pg_settle(conn, err))
        return false;
    *result = ahead->result;
    ahead->result = NULL;
    ahead->owner = NULL;
    clean_ahead(conn);
    return true;
}

/* What was queued is sent or given up. */
static void
end_ahead(struct pg_conn *conn, const struct queue *queue)
{
    for (struct queued *q = queue->first; q != NULL; q = q->next)
        for (struct ahead *a = conn->ahead; q->may_fail && a != NULL;
             a = a->next)
            if (q->answer.result == &a->result)
                a->is_due = false;
    clean_ahead(conn);
}

/* ---- settling ---------------------------------------------------------- */

static bool
is_prepared(const struct queued *queued)
{
    return queued->repeat != NULL && queued->repeat->is_prepared;
}

static bool
send_one(PGconn *raw, const struct queued *queued)
{
    bool is_binary = queued->answer.on_number != NULL;

    if (queued->sql == NULL)
        return PQpipelineSync(raw) == 1;
    if (is_prepared(queued))
        return PQsendQueryPrepared(raw, queued->repeat->name, queued->count,
                                   queued->values, NULL, NULL, is_binary) == 1;
    if (queued->name != NULL)
        return PQsendPrepare(raw, queued->name, queued->sql, queued->count,
                             &queued->parameter) == 1;
    return PQsendQueryParams(raw, queued->sql, queued->count, NULL,
                             queued->values, NULL, NULL, is_binary) == 1;
}

/* Prepare it after all that is sent with it. */
static void
append_prepare(struct queue *queue, struct repeat *repeat)
{
    struct queued *queued =
        append_statement(queue, span_str(repeat->sql), NULL);

    repeat->is_due = true;
    queued->name = repeat->name;
    queued->may_fail = true;
    queued->prepares = repeat;
    append(queue, NULL);
    queue->syncs++;
}

/* A statement that cannot be prepared would end an open transaction. */
static void
find_repeats(struct pg_conn *conn, struct queue *queue)
{
    bool may_prepare =
        !queue->begins && PQtransactionStatus(conn->raw) == PQTRANS_IDLE;
    struct queued *last = queue->last;

    for (struct queued *q = queue->first; conn->has_repeats; q = q->next) {
        if (q->sql != NULL && q->name == NULL)
            q->repeat = repeat_count(&conn->repeats, q->sql, q->count);
        if (q->repeat != NULL && may_prepare && repeat_is_wanted(q->repeat))
            append_prepare(queue, q->repeat);
        if (q == last)
            break;
    }
}

static void
note_prepared(struct repeat *repeat, bool is_prepared)
{
    repeat->is_due = false;
    repeat->is_prepared = is_prepared;
    repeat->times = 0;
}

static bool
send_queue(struct pg_conn *conn, const struct queue *queue)
{
    bool sent = true;

    for (struct queued *q = queue->first; sent && q != NULL; q = q->next)
        sent = send_one(conn->raw, q);
    return sent;
}

static bool
is_answer(const PGresult *raw)
{
    return raw != NULL && (PQresultStatus(raw) == PGRES_COMMAND_OK ||
                           PQresultStatus(raw) == PGRES_TUPLES_OK);
}

/* Pass on one answer; free it if it has no place. */
static void
give_answer(const struct pg_answer *answer, PGresult *raw)
{
    struct pg_result result = {.raw = raw};

    if (is_answer(raw)) {
        if (answer->affected != NULL)
            *answer->affected = pg_affected(&result);
        if (answer->number != NULL)
            *answer->number = pg_int64(&result, 0, 0);
        if (answer->result != NULL) {
            *answer->result = mem_alloc(sizeof(result));
            **answer->result = result;
            return;
        }
    }
    PQclear(raw);
}

/* Also says what the statement that failed was for. */
static bool
give_answers(const struct queue *queue, const struct wire_answers *answers,
             bool ok, struct err *err)
{
    size_t at = 0;

    for (const struct queued *q = queue->first; q != NULL; q = q->next) {
        if (q->sql == NULL)
            continue;
        if (q->prepares != NULL)
            note_prepared(q->prepares, is_answer(answers->results[at]));
        if (!ok && at == answers->failed && q->answer.doing != NULL)
            err_wrap(err, "%s", q->answer.doing);
        give_answer(&q->answer, answers->results[at++]);
    }
    return ok;
}

static void
describe(const struct queue *queue, bool *may_fail, struct wire_taker *takers)
{
    size_t at = 0;

    for (const struct queued *q = queue->first; q != NULL; q = q->next) {
        if (q->sql == NULL)
            continue;
        may_fail[at] = q->may_fail;
        takers[at++] = (struct wire_taker){q->answer.on_number, q->answer.ctx};
    }
}

static bool
settle(struct pg_conn *conn, const struct queue *queue, struct err *err)
{
    struct wire_answers answers = {.count = queue->count,
                                   .syncs = queue->syncs};
    struct wire_taker *takers;
    bool ok;

    if (PQenterPipelineMode(conn->raw) != 1)
        return wire_lost(conn, err);
    answers.results = mem_array(queue->count, sizeof(PGresult *));
    answers.may_fail = mem_array(queue->count, sizeof(bool));
    answers.takers = takers = mem_array(queue->count, sizeof(*takers));
    describe(queue, answers.may_fail, takers);
    ok = wire_finish_all(conn, send_queue(conn, queue), CLOCK_NEVER, &answers,
                         err);
    if (PQexitPipelineMode(conn->raw) != 1)
        conn->lost = true;
    ok = give_answers(queue, &answers, ok, err);
    free(answers.results);
    free(answers.may_fail);
    free(takers);
    return ok;
}

/* Other tasks may queue statements meanwhile: those are sent later. */
bool
pg_settle(struct pg_conn *conn, struct err *err)
{
    struct queue queue;
    bool ok = true;

    if (conn->queue.first == NULL)
        return true;
    if (conn->queue.last->sql != NULL)
        pg_queue_sync(conn);
    queue = conn->queue;
    conn->queue = (struct queue){.first = NULL};
    find_repeats(conn, &queue);
    ok = conn->lost ? wire_lost(conn, err) : settle(conn, &queue, err);
    end_ahead(conn, &queue);
    arena_free(&queue.arena);
    return ok;
}

void
queue_clear(struct pg_conn *conn)
{
    struct queue queue = conn->queue;

    conn->queue = (struct queue){.first = NULL};
    end_ahead(conn, &queue);
    arena_free(&queue.arena);
}
