/*
 *     BEGIN ─► fence ─► for each batch of answers:
 *       read the lines that were sent ─► compare ids ─► push_row, push_error,
 *       push_state, the result table
 *     ─► lines without an answer ─► the chunk is settled ─► COMMIT
 *
 * If one answer does not belong to its line, none of them can be trusted. Then
 * the transaction is rolled back, and another one makes all rows unknown.
 *
 * A row that was sent before, by itself or with --retry, may be refused because
 * its first sending was applied: STALE and TAKEN leave it unknown.
 *
 * The statements of a batch are queued, and sent with the question about the
 * next one. Memory is bounded by one batch.
 */
#include "push/settle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "json/write.h"
#include "mapping/line.h"
#include "mapping/outcome.h"
#include "push/result_table.h"
#include "sql.h"

enum {
    BATCH_LINES = 200,
    BATCH_BYTES = 1024 * 1024,
    JSON_BYTES_MAX = 256 * 1024 * 1024,
    NUMBER_BYTES = 24,
    MESSAGE_BYTES = 2000
};

/* One answer, copied. */
struct answered {
    int64_t line;
    struct outcome outcome;
    int64_t number; /* of its row; -1: no such row */
    enum row_state state;
    const char *new_key; /* for the next sending; NULL: as it is */
    struct span renewed; /* the variables with it */
};

struct settle {
    struct push *push;
    struct pg_conn *conn;
    struct pg_result *ours; /* the answer to the fence */
    int n;
    char push_id[NUMBER_BYTES];
    char chunk[NUMBER_BYTES];
    struct result_table table;
    struct arena arena; /* of the batch */
    struct arena scratch;
    struct answered *batch;
    size_t count;
    size_t bytes;
    bool has_new_keys; /* the batch has */
    struct push_tallies tallies;
    bool is_distrusted;
    struct err why;
};

/* ---- the transaction --------------------------------------------------- */

bool
settle_connect(struct push *push, struct pg_conn **conn, struct err *err)
{
    struct pg_config config = {
        .dsn = context_dsn(push->context),
        .application_name = "bulkpg push",
        .answer_timeout_ms = push->context->config.tuning.stall_timeout_ms};

    *conn = push->spare;
    push->spare = NULL;
    if (*conn != NULL && pg_is_alive(*conn))
        return true;
    pg_close(*conn);
    *conn = NULL;
    return pg_connect(&config, conn, err);
}

void
settle_keep(struct push *push, struct pg_conn *conn)
{
    if (conn != NULL && pg_is_alive(conn) && push->spare == NULL)
        push->spare = conn;
    else
        pg_close(conn);
}

static void
free_settle(struct settle *settle)
{
    settle_keep(settle->push, settle->conn);
    pg_result_free(settle->ours);
    arena_free(&settle->arena);
    arena_free(&settle->scratch);
    free(settle);
}

static bool
begin(struct settle *settle, struct err *err)
{
    pg_result_free(settle->ours);
    settle->ours = NULL;
    if (!pg_begin(settle->conn, err))
        return false;
    journal_push_queue_fence(settle->conn, &settle->push->ref, &settle->ours);
    pg_queue(settle->conn, sql_push_lookups, 0, NULL, NULL);
    return true;
}

/* After a failure: roll back, and if the fence failed, find out why. */
static bool
undo(struct settle *settle, struct err *err)
{
    bool not_ours = journal_fence_failed(settle->ours, err);

    pg_rollback(settle->conn);
    if (not_ours && pg_is_alive(settle->conn))
        return journal_push_not_ours_in(settle->conn, &settle->push->ref, err);
    return false;
}

static void
clear_batch(struct settle *settle)
{
    arena_clear(&settle->arena);
    settle->batch =
        arena_array(&settle->arena, BATCH_LINES, sizeof(*settle->batch));
    settle->count = 0;
    settle->bytes = 0;
    settle->has_new_keys = false;
}

bool
settle_begin(struct push *push, int n, struct settle **result, struct err *err)
{
    struct settle *settle = mem_alloc(sizeof(*settle));

    *settle = (struct settle){.push = push, .n = n};
    snprintf(settle->push_id, sizeof(settle->push_id), "%lld",
             (long long)push->ref.push_id);
    snprintf(settle->chunk, sizeof(settle->chunk), "%d", n);
    clear_batch(settle);
    *result = settle;
    if (settle_connect(push, &settle->conn, err) &&
        result_table_statements(push, settle->conn, &settle->table, err) &&
        begin(settle, err))
        return true;
    free_settle(settle);
    *result = NULL;
    return false;
}

/* ---- a batch ----------------------------------------------------------- */

static bool
read_lines(struct settle *settle, struct pg_result **result, struct err *err)
{
    struct buf lines = buf_with_ceiling(JSON_BYTES_MAX);
    const char *values[] = {settle->push_id, settle->chunk, NULL};
    bool ok;

    for (size_t i = 0; i < settle->count; i++)
        buf_printf(&lines, "%c%lld", i == 0 ? '{' : ',',
                   (long long)settle->batch[i].line);
    buf_append_char(&lines, '}');
    values[2] = buf_str(&lines);
    ok = pg_exec(settle->conn, sql_settle_lines, 3, values, result, err);
    buf_free(&lines);
    return ok;
}

static enum row_state
state_after(const struct outcome *outcome, bool was_sent_before)
{
    switch (outcome->state) {
    case OUTCOME_APPLIED:
        return ROW_APPLIED;
    case OUTCOME_REFUSED:
    case OUTCOME_PARTLY:
        if (was_sent_before && outcome_is_stale_or_taken(outcome))
            return ROW_UNKNOWN;
        return outcome->state == OUTCOME_REFUSED ? ROW_REFUSED : ROW_PARTLY;
    case OUTCOME_UNKNOWN:
        break;
    }
    return ROW_UNKNOWN;
}

static struct answered *
find_line(struct settle *settle, int64_t line)
{
    for (size_t i = 0; i < settle->count; i++)
        if (settle->batch[i].line == line)
            return &settle->batch[i];
    return NULL;
}

/* Does this push send rows again by itself? As direct.c and chunks.c do. */
static bool
sends_again(const struct push *push)
{
    if (push->is_direct)
        return push->mutation->is_idempotent;
    return push->may_repeat && (!push->is_resumed || push->undo_of > 0);
}

/* The store says that the earlier sending with this idempotency key failed. It
 * answers the same to each repeat with the key. */
static void
renew_key(struct settle *settle, struct answered *answered, struct span sent,
          int64_t tries)
{
    const struct mutation *mutation = settle->push->mutation;
    struct buf variables = buf_with_ceiling(JSON_BYTES_MAX);
    char key[RANDOM_UUID_BYTES];

    if (!answered->outcome.is_key_spent || !mutation->makes_keys ||
        (answered->state != ROW_REFUSED && answered->state != ROW_UNKNOWN) ||
        !sends_again(settle->push) || tries >= SETTLE_TRIES)
        return;
    random_uuid(key);
    line_with_key(mutation, sent, key, &variables);
    answered->state = ROW_UNKNOWN;
    answered->new_key = arena_strdup(&settle->arena, key);
    answered->renewed = span_of(arena_dup(&settle->arena, buf_span(&variables)),
                                variables.length);
    settle->has_new_keys = true;
    buf_free(&variables);
}

/* Compare an answer with what was sent. */
static void
prove(struct settle *settle, struct answered *answered,
      const struct pg_result *sent, int row)
{
    struct err why;

    answered->number = pg_int64(sent, row, 1);
    answered->state =
        state_after(&answered->outcome, pg_int64(sent, row, 3) > 1);
    renew_key(settle, answered, pg_value(sent, row, 2), pg_int64(sent, row, 4));
    arena_clear(&settle->scratch);
    if (outcome_agrees(settle->push->mutation, pg_value(sent, row, 2),
                       &answered->outcome, &settle->scratch))
        return;
    err_set(&why, MSG_PUSH_UNPROVEN,
            "the answer to line %lld of chunk %d has ids of another row",
            (long long)answered->line, settle->n);
    settle_distrust(settle, &why);
}

static void
put_errors(struct json_out *json, const struct outcome *outcome)
{
    json_out_key(json, "errors");
    if (outcome->error_count == 0) {
        json_out_string(json, NULL);
        return;
    }
    json_out_open(json, '[');
    for (int i = 0; i < outcome->error_count; i++) {
        json_out_open(json, '{');
        json_out_text(json, "code", outcome->errors[i].code);
        json_out_text(json, "field", outcome->errors[i].field);
        json_out_text(json, "message", outcome->errors[i].message);
        json_out_close(json, '}');
    }
    json_out_close(json, ']');
}

static void
put_leaves(struct json_out *json, const struct mutation *mutation,
           const struct outcome *outcome)
{
    json_out_key(json, "leaves");
    json_out_open(json, '{');
    for (int i = 0; i < mutation->leaf_count && outcome->leaves != NULL; i++) {
        if (outcome->leaves[i].bytes == NULL)
            continue;
        json_out_key(json, mutation->leaves[i].column);
        json_out_span(json, outcome->leaves[i]);
    }
    json_out_close(json, '}');
}

static void
put_batch(struct settle *settle, struct buf *to)
{
    struct json_out *json = json_out_new(to);

    json_out_open(json, '[');
    for (size_t i = 0; i < settle->count; i++) {
        const struct answered *answered = &settle->batch[i];

        if (answered->number < 0)
            continue;
        json_out_open(json, '{');
        json_out_number(json, "number", answered->number);
        json_out_text(json, "state", row_state_name(answered->state));
        put_errors(json, &answered->outcome);
        if (answered->state == ROW_APPLIED)
            put_leaves(json, settle->push->mutation, &answered->outcome);
        if (answered->new_key != NULL) {
            json_out_text(json, "key", answered->new_key);
            json_out_key(json, "variables");
            json_out_span(json, answered->renewed);
        }
        json_out_close(json, '}');
    }
    json_out_close(json, ']');
    json_out_free(json);
}

static void
queue_batch(struct settle *settle, const char *json)
{
    const char *values[] = {settle->push_id, json};
    const char *const statements[] = {
        sql_settle_rows,          settle->has_new_keys ? sql_settle_keys : NULL,
        sql_settle_forget_errors, sql_settle_errors,
        sql_settle_states,        settle->table.put_applied,
        settle->table.put_others};
    size_t count = sizeof(statements) / sizeof(statements[0]);

    for (size_t i = 0; i < count; i++)
        if (statements[i] != NULL)
            pg_queue(settle->conn, statements[i], 2, values,
                     &(struct pg_answer){.doing = "settling the answers"});
}

static void
tally(struct settle *settle)
{
    struct push_tallies *tallies = &settle->tallies;

    for (size_t i = 0; i < settle->count; i++) {
        const struct answered *answered = &settle->batch[i];

        if (answered->number < 0)
            continue;
        tallies->applied += answered->state == ROW_APPLIED;
        tallies->refused += answered->state == ROW_REFUSED;
        tallies->partly += answered->state == ROW_PARTLY;
        tallies->unknown += answered->state == ROW_UNKNOWN;
        tallies->denied += answered->outcome.is_denied;
    }
}

static bool
flush(struct settle *settle, struct err *err)
{
    struct buf json = buf_with_ceiling(JSON_BYTES_MAX);
    struct pg_result *sent;

    if (settle->count == 0 || settle->is_distrusted)
        return true;
    if (!read_lines(settle, &sent, err))
        return false;
    for (int row = 0; row < pg_rows(sent); row++)
        prove(settle, find_line(settle, pg_int64(sent, row, 0)), sent, row);
    pg_result_free(sent);
    if (!settle->is_distrusted) {
        put_batch(settle, &json);
        queue_batch(settle, buf_str(&json));
        tally(settle);
    }
    buf_free(&json);
    clear_batch(settle);
    return true;
}

/* ---- answers ----------------------------------------------------------- */

static struct span
copy(struct settle *settle, struct span text)
{
    if (text.bytes == NULL)
        return text;
    settle->bytes += text.length;
    return span_of(arena_dup(&settle->arena, text), text.length);
}

static struct span *
copy_all(struct settle *settle, const struct span *texts, int count)
{
    struct span *copies;

    if (texts == NULL)
        return NULL;
    copies = arena_array(&settle->arena, (size_t)count + 1, sizeof(*copies));
    for (int i = 0; i < count; i++)
        copies[i] = copy(settle, texts[i]);
    return copies;
}

static const char *
copy_text(struct settle *settle, const char *text)
{
    return text != NULL ? copy(settle, span_str(text)).bytes : NULL;
}

static struct outcome
copy_outcome(struct settle *settle, const struct outcome *outcome)
{
    struct outcome copied = *outcome;
    struct outcome_error *errors = arena_array(
        &settle->arena, (size_t)outcome->error_count + 1, sizeof(*errors));

    for (int i = 0; i < outcome->error_count; i++)
        errors[i] = (struct outcome_error){
            .code = copy_text(settle, outcome->errors[i].code),
            .field = copy_text(settle, outcome->errors[i].field),
            .message = copy_text(settle, outcome->errors[i].message)};
    copied.errors = errors;
    copied.leaves =
        copy_all(settle, outcome->leaves, settle->push->mutation->leaf_count);
    copied.ids = copy_all(settle, outcome->ids, outcome->id_count);
    return copied;
}

bool
settle_line(struct settle *settle, int64_t line, const struct outcome *outcome,
            struct err *err)
{
    struct answered *answered = find_line(settle, line);

    if (settle->is_distrusted)
        return true;
    if (answered == NULL)
        answered = &settle->batch[settle->count++];
    *answered = (struct answered){
        .line = line, .outcome = copy_outcome(settle, outcome), .number = -1};
    if (settle->count < BATCH_LINES && settle->bytes < BATCH_BYTES)
        return true;
    return flush(settle, err) || undo(settle, err);
}

static bool
make_unknown(struct settle *settle, bool all, struct err *err)
{
    const char *values[] = {settle->push_id, settle->chunk, all ? "t" : "f"};
    struct pg_result *result;

    if (!pg_exec(settle->conn, sql_settle_missing, 3, values, &result, err))
        return false;
    settle->tallies.unknown += pg_int64(result, 0, 0);
    pg_result_free(result);
    if (settle->table.put_unknown != NULL)
        pg_queue(settle->conn, settle->table.put_unknown, 2, values,
                 &(struct pg_answer){.doing = "settling the answers"});
    return true;
}

bool
settle_missing(struct settle *settle, struct err *err)
{
    return (flush(settle, err) &&
            (settle->is_distrusted || make_unknown(settle, false, err))) ||
           undo(settle, err);
}

void
settle_distrust(struct settle *settle, const struct err *why)
{
    if (settle->is_distrusted)
        return;
    settle->is_distrusted = true;
    settle->why = *why;
}

/* ---- the end ----------------------------------------------------------- */

/* Restart without the answers: those of the whole chunk, or of this round of
 * single requests. */
static bool
take_back(struct settle *settle, struct err *err)
{
    struct push *push = settle->push;

    pg_rollback(settle->conn);
    settle->tallies = (struct push_tallies){0};
    if (!begin(settle, err) || !make_unknown(settle, !push->is_direct, err))
        return false;
    push->distrust = settle->why;
    log_failure(LOG_WARN, &push->log, "the answers cannot be trusted",
                &settle->why);
    return true;
}

static void
queue_chunk_end(struct settle *settle)
{
    const char *values[] = {settle->push_id, settle->chunk,
                            settle->is_distrusted ? settle->why.code : NULL,
                            settle->is_distrusted ? settle->why.message : NULL};

    pg_queue(settle->conn, sql_settle_chunk, 4, values,
             &(struct pg_answer){.doing = "settling the answers"});
}

static void
add_tallies(struct settle *settle)
{
    struct push_tallies *all = &settle->push->tallies;

    all->applied += settle->tallies.applied;
    all->refused += settle->tallies.refused;
    all->partly += settle->tallies.partly;
    all->unknown += settle->tallies.unknown;
    all->denied += settle->tallies.denied;
}

bool
settle_end(struct settle *settle, bool chunk_is_done, struct err *err)
{
    bool ok = flush(settle, err) &&
              (!settle->is_distrusted || take_back(settle, err));

    if (ok &&
        (chunk_is_done || (settle->is_distrusted && !settle->push->is_direct)))
        queue_chunk_end(settle);
    ok = ok && pg_settle(settle->conn, err);
    if (ok)
        ok = pg_commit(settle->conn, err);
    else
        undo(settle, err);
    if (ok)
        add_tallies(settle);
    free_settle(settle);
    return ok;
}

void
settle_abandon(struct settle *settle)
{
    if (settle == NULL)
        return;
    if (pg_is_alive(settle->conn))
        pg_rollback(settle->conn);
    free_settle(settle);
}
