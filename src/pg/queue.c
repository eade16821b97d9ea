#include "pg/queue.h"

#include <stdlib.h>

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
    struct queued *next;
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
    if (queue->first == NULL)
        queue->end = &queue->first;
    *queue->end = queued;
    queue->end = &queued->next;
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

void
pg_queue_sync(struct pg_conn *conn)
{
    if (conn->queue.first == NULL)
        return;
    append(&conn->queue, NULL);
    conn->queue.syncs++;
}

void
queue_clear(struct pg_conn *conn)
{
    struct arena arena = conn->queue.arena;

    arena_clear(&arena);
    conn->queue = (struct queue){.arena = arena};
}

/* ---- settling ---------------------------------------------------------- */

static bool
send_one(PGconn *raw, const struct queued *queued)
{
    if (queued->sql == NULL)
        return PQpipelineSync(raw) == 1;
    if (queued->name != NULL)
        return PQsendPrepare(raw, queued->name, queued->sql, queued->count,
                             &queued->parameter) == 1;
    return PQsendQueryParams(raw, queued->sql, queued->count, NULL,
                             queued->values, NULL, NULL, 0) == 1;
}

static bool
send_queue(struct pg_conn *conn)
{
    bool sent = true;

    for (struct queued *q = conn->queue.first; sent && q != NULL; q = q->next)
        sent = send_one(conn->raw, q);
    return sent;
}

static bool
is_answer(const PGresult *raw)
{
    return raw != NULL && (PQresultStatus(raw) == PGRES_COMMAND_OK ||
                           PQresultStatus(raw) == PGRES_TUPLES_OK);
}

/* Pass on one answer, and free what nobody wants. */
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
        if (!ok && at == answers->failed && q->answer.doing != NULL)
            err_wrap(err, "%s", q->answer.doing);
        give_answer(&q->answer, answers->results[at++]);
    }
    return ok;
}

static bool
settle(struct pg_conn *conn, struct err *err)
{
    struct queue *queue = &conn->queue;
    struct wire_answers answers = {.count = queue->count};
    bool ok;

    if (PQenterPipelineMode(conn->raw) != 1)
        return wire_lost(conn, err);
    if (*queue->end == NULL)
        pg_queue_sync(conn);
    answers.syncs = queue->syncs;
    answers.results = mem_array(queue->count, sizeof(PGresult *));
    ok = wire_finish_all(conn, send_queue(conn), CLOCK_NEVER, &answers, err);
    if (PQexitPipelineMode(conn->raw) != 1)
        conn->lost = true;
    ok = give_answers(queue, &answers, ok, err);
    free(answers.results);
    return ok;
}

bool
pg_settle(struct pg_conn *conn, struct err *err)
{
    bool ok = true;

    if (conn->queue.first == NULL)
        return true;
    ok = conn->lost ? wire_lost(conn, err) : settle(conn, err);
    queue_clear(conn);
    return ok;
}
