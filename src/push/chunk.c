/*
 * How the lines of a chunk become exactly one operation.
 *
 *     planned     ask for a target ─────────────► staged
 *     staged      upload ───────────────────────► uploaded
 *                   └─ failed: a new target ────► planned   (three in all)
 *     uploaded    commit `submitting`, send it ─► running
 *                   ├─ refused: nothing ran ────► uploaded: wait for a slot
 *                   │     └─ the file is gone ──► planned
 *                   └─ no answer ───────────────► adopt.c
 *     submitting  an earlier process sent it ───► adopt.c
 *     running     poll ─────────────────────────► finished
 *     finished    read the result (result.c) ───► settled
 *
 * The process may be killed at any arrow. The state in the journal is then the
 * one on the left, and the step on its right is repeated.
 *
 * Hazards. Two submissions of one file run twice. So `submitting` is committed
 * with a marker of its own before each request, and a chunk that is found in
 * this state is searched for, never sent at once. A refusal by userErrors, and
 * a request that was never sent, prove that nothing ran. They are saved even
 * while stopping; otherwise the next process would not find the operation, and
 * would hold the rows. Every other failure of a submission counts as lost. A
 * store without a free slot is healthy: waiting for a slot does not give up the
 * store.
 */
#include "push/chunk.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/retry.h"
#include "base/task.h"
#include "job/finish.h"
#include "job/store.h"
#include "push/adopt.h"
#include "push/result.h"
#include "push/stage.h"
#include "shopify/upload.h"

enum {
    TARGETS_MAX = 3,
    LINES_BYTES = 128 * 1024 * 1024, /* the longest line fits */
    POLLS_FOR_URL = 5, /* after the end, until the result has a URL */
    POLLS_MISSING = 5  /* in a row, without the operation */
};

_Static_assert((int)STAGE_CHUNK_BYTES < (int)UPLOAD_BYTES_MAX,
               "a chunk fits into one upload");

void
chunk_init(struct chunk *chunk, struct push *push,
           const struct journal_chunk *row)
{
    const struct tuning_config *tuning = &push->context->config.tuning;

    *chunk = (struct chunk){
        .push = push,
        .log = push->log,
        .row = *row,
        .failures = backoff_of(tuning->retry_initial_ms, tuning->retry_max_ms,
                               tuning->retry_budget_ms),
        .slots = backoff_of(tuning->retry_initial_ms, tuning->retry_max_ms,
                            tuning->retry_budget_ms)};
    if (row->operation_id != NULL)
        chunk->log.operation_id = row->operation_id;
}

static void
free_slot(struct chunk *chunk)
{
    struct store_state *store = chunk->push->store;

    if (!chunk->has_slot)
        return;
    chunk->has_slot = false;
    store->mutation_slots_taken--;
    task_wake_all(&store->mutation_slot_freed);
}

void
chunk_free(struct chunk *chunk)
{
    free_slot(chunk);
    arena_free(&chunk->arena);
}

static struct session *
session_of(struct chunk *chunk)
{
    return store_session(chunk->push->context, chunk->push->store);
}

const char *
chunk_file_name(struct chunk *chunk)
{
    return arena_printf(&chunk->arena, "push-%" PRId64 "-%" PRId64 ".jsonl",
                        chunk->push->ref.push_id, chunk->row.n);
}

static bool
save_with(struct chunk *chunk, enum chunk_state state, const char *error,
          struct err *err)
{
    struct journal_chunk row = chunk->row;

    row.state = state;
    if (!journal_chunk_save(chunk->push->journal, &chunk->push->ref, &row,
                            error, err))
        return false;
    chunk->row.state = state;
    return true;
}

bool
chunk_save(struct chunk *chunk, enum chunk_state state, struct err *err)
{
    return save_with(chunk, state, NULL, err);
}

static bool
save_shielded(struct chunk *chunk, enum chunk_state state, struct err *err)
{
    bool saved;

    task_shield();
    saved = chunk_save(chunk, state, err);
    task_unshield();
    return saved;
}

bool
chunk_taken(struct chunk *chunk, struct err *err)
{
    chunk->row.operation_id = arena_strdup(&chunk->arena, chunk->bulk.id);
    chunk->log.operation_id = chunk->row.operation_id;
    return save_shielded(chunk, CHUNK_RUNNING, err);
}

/* ---- stage and upload ------------------------------------------------ */

static bool
stage(struct chunk *chunk, struct err *err)
{
    const char *target;

    if (!upload_stage(session_of(chunk), chunk_file_name(chunk),
                      chunk->row.bytes, &chunk->log, &chunk->arena, &target,
                      err))
        return false;
    chunk->row.target = target;
    if (!chunk_save(chunk, CHUNK_STAGED, err))
        return false;
    chunk->row.targets++;
    return true;
}

/* The file that was, or would be, submitted is of no use. */
static bool
stage_again(struct chunk *chunk, struct err *err)
{
    struct err other;

    if (chunk->row.targets >= TARGETS_MAX) {
        err_wrap(err, "after %d uploads", TARGETS_MAX);
        return err_as(err, ERR_LATER);
    }
    if (!save_shielded(chunk, CHUNK_PLANNED, &other)) {
        *err = other;
        return false;
    }
    return retry_wait(&chunk->failures, 0, &chunk->log,
                      "uploading the lines again", err);
}

/* The lines of a chunk, from the journal. */
struct lines_reader {
    struct chunk *chunk;
    int64_t line;
    struct buf text;
    bool has_failed;
};

static bool
read_lines(void *ctx, struct span *bytes, struct err *err)
{
    struct lines_reader *reader = ctx;
    const struct push *push = reader->chunk->push;

    reader->has_failed = !journal_chunk_lines(
        push->journal, push->ref.push_id, reader->chunk->row.n, &reader->line,
        &reader->text, err);
    *bytes = buf_span(&reader->text);
    return !reader->has_failed;
}

static bool
upload(struct chunk *chunk, struct err *err)
{
    struct lines_reader reader = {.chunk = chunk,
                                  .text = buf_with_ceiling(LINES_BYTES)};
    struct upload_file file = {
        .size = chunk->row.bytes, .read = read_lines, .ctx = &reader};
    bool ok;

    backoff_begin(&chunk->failures);
    ok = upload_send(chunk->push->context->http, chunk->row.target,
                     chunk_file_name(chunk), &file, err);
    buf_free(&reader.text);
    if (ok) {
        backoff_succeeded(&chunk->failures);
        return chunk_save(chunk, CHUNK_UPLOADED, err);
    }
    return !reader.has_failed && err->kind == ERR_TRANSIENT &&
           stage_again(chunk, err);
}

/* ---- submit ---------------------------------------------------------- */

/* Is it proven that the store did not take the submission? */
static bool
is_refused(const struct err *err)
{
    return bulk_is_full(err) || err_is(err, MSG_NO_SUCH_FILE) ||
           err_is(err, MSG_INVALID_MUTATION) || err_is(err, MSG_NOT_SENT) ||
           err_is(err, MSG_THROTTLED) || err->kind == ERR_LATER ||
           err->kind == ERR_STOPPED || err->kind == ERR_DENIED ||
           err->kind == ERR_CONFIG;
}

/* Take one of the slots of this process, so that it does not ask the store when
 * no slot is free. */
static bool
take_slot(struct chunk *chunk, struct err *err)
{
    struct store_state *store = chunk->push->store;

    while (!chunk->has_slot && store->mutation_slots_taken >= BULK_SLOTS)
        if (task_wait(&store->mutation_slot_freed, CLOCK_NEVER) == TASK_STOPPED)
            return task_stopped(err);
    if (!chunk->has_slot)
        store->mutation_slots_taken++;
    chunk->has_slot = true;
    return true;
}

static bool
wait_for_slot(struct chunk *chunk, int64_t wait_ms, struct err *err)
{
    bool waited = (chunk->told_of_slot ? retry_wait_on : retry_wait)(
        &chunk->slots, wait_ms, &chunk->log, "waiting for a slot at the store",
        err);

    chunk->told_of_slot = true;
    return waited;
}

/* Nothing ran. */
static bool
settle_refused(struct chunk *chunk, int64_t wait_ms, struct err *err)
{
    struct err other;

    if (!save_shielded(chunk, CHUNK_UPLOADED, &other)) {
        *err = other;
        return false;
    }
    if (bulk_is_full(err))
        return wait_for_slot(chunk, wait_ms, err);
    if (err_is(err, MSG_NO_SUCH_FILE))
        return stage_again(chunk, err);
    return err->kind == ERR_TRANSIENT &&
           session_wait(session_of(chunk), &chunk->failures, wait_ms,
                        &chunk->log, "retrying the submission", err);
}

static bool
submit(struct chunk *chunk, struct err *err)
{
    struct push *push = chunk->push;
    const char *path = upload_path(chunk->row.target, &chunk->arena);
    const char *document;
    int64_t wait_ms = 0;

    if (!take_slot(chunk, err) ||
        !journal_chunk_submitting(push->journal, &push->ref, &chunk->arena,
                                  &chunk->row, err))
        return false;
    document = arena_printf(&chunk->arena, "%s\n%s", chunk->row.marker,
                            push->document);
    backoff_begin(&chunk->failures);
    if (bulk_mutate(session_of(chunk), document, path, &chunk->log,
                    &chunk->bulk, &wait_ms, err)) {
        backoff_succeeded(&chunk->failures);
        log_info(&chunk->log, "mutation submitted",
                 LOG_STR("operation", chunk->bulk.id),
                 LOG_NUM("lines", chunk->row.lines), LOG_END);
        EVENT("submitted", &chunk->log, LOG_STR("operation_id", chunk->bulk.id),
              LOG_NUM("lines", chunk->row.lines), LOG_END);
        return chunk_taken(chunk, err);
    }
    if (is_refused(err))
        return settle_refused(chunk, wait_ms, err);
    log_failure(session_failure_level(session_of(chunk)), &chunk->log,
                "looking for a submission whose answer was lost", err);
    chunk->row.sent_age_ms = 0;
    return adopt_lost(chunk, err);
}

/* ---- poll ------------------------------------------------------------ */

/* Does the answer say all that it will say? The URL of a result may come later
 * than the end of the operation. */
static bool
is_complete(const struct bulk_operation *bulk, int polls)
{
    if (!bulk_is_terminal(bulk->status))
        return false;
    if (bulk->status == BULK_EXPIRED || polls >= POLLS_FOR_URL)
        return true;
    return bulk->status == BULK_COMPLETED
               ? bulk->url[0] != '\0' || bulk->object_count == 0
               : bulk->partial_url[0] != '\0' || bulk->url[0] != '\0';
}

static struct backoff
poll_pace(const struct chunk *chunk)
{
    const struct tuning_config *tuning = &chunk->push->context->config.tuning;

    return backoff_of(tuning->poll_initial_ms, tuning->poll_max_ms,
                      CLOCK_NEVER);
}

static bool
wait_to_poll(struct backoff *pace, struct err *err)
{
    return task_sleep_until(clock_after_ms(backoff_next_delay(pace))) !=
               TASK_STOPPED ||
           task_stopped(err);
}

static void
be_expired(struct chunk *chunk)
{
    struct bulk_operation *bulk = &chunk->bulk;

    *bulk = (struct bulk_operation){.status = BULK_EXPIRED,
                                    .object_count = -1,
                                    .root_object_count = -1,
                                    .file_size = -1};
    snprintf(bulk->id, sizeof(bulk->id), "%s", chunk->row.operation_id);
}

/* The store may lose sight of an operation that still runs. Only if several
 * answers in a row lack it, it has no result. */
static bool
poll_once(struct chunk *chunk, struct backoff *pace, struct err *err)
{
    for (int missing = 0; missing < POLLS_MISSING; missing++) {
        if (missing > 0 && !wait_to_poll(pace, err))
            return false;
        if (bulk_read(session_of(chunk), chunk->row.operation_id, 0,
                      &chunk->log, &chunk->bulk, err))
            return true;
        if (!err_is(err, MSG_UNKNOWN_OPERATION))
            return false;
    }
    err_hint(err, "look at the store, then decide about its rows with bulkpg "
                  "push --settle PUSH_ID applied|failed");
    log_failure(LOG_WARN, &chunk->log, "an operation has no result", err);
    be_expired(chunk);
    return true;
}

static bool
save_finished(struct chunk *chunk, struct err *err)
{
    const struct bulk_operation *bulk = &chunk->bulk;

    chunk->row.object_count = bulk->object_count;
    chunk->row.file_size = bulk->file_size;
    if (bulk->status != BULK_COMPLETED)
        chunk->row.error_code =
            arena_strdup(&chunk->arena, bulk->error_code[0] != '\0'
                                            ? bulk->error_code
                                            : bulk_status_name(bulk->status));
    log_info(&chunk->log, "mutation ended",
             LOG_STR("status", bulk_status_name(bulk->status)),
             LOG_NUM("lines", bulk->object_count), LOG_END);
    EVENT("result", &chunk->log, LOG_STR("operation_id", bulk->id),
          LOG_STR("status", bulk_status_name(bulk->status)),
          LOG_NUM("objects", bulk->object_count),
          LOG_NUM("bytes", bulk->file_size), LOG_END);
    free_slot(chunk);
    return chunk_save(chunk, CHUNK_FINISHED, err);
}

static bool
poll_on(struct chunk *chunk, struct finish_wait *wait, struct err *err)
{
    struct backoff pace = poll_pace(chunk);
    int polls = 0;

    for (;;) {
        if (!poll_once(chunk, &pace, err))
            return false;
        if (bulk_is_terminal(chunk->bulk.status))
            polls++;
        if (is_complete(&chunk->bulk, polls))
            return save_finished(chunk, err);
        if (!finish_sleep(wait, clock_after_ms(backoff_next_delay(&pace)), err))
            return false;
    }
}

static bool
await_end(struct chunk *chunk, struct err *err)
{
    struct finish_wait wait;
    bool ended;

    finish_begin(&wait, chunk->push->context, chunk->row.operation_id);
    ended = poll_on(chunk, &wait, err);
    finish_end(&wait);
    return ended;
}

/* An earlier process has polled until the end; the URL may have expired. */
static bool
settle(struct chunk *chunk, struct err *err)
{
    struct backoff pace = poll_pace(chunk);

    if (chunk->bulk.id[0] == '\0' && !poll_once(chunk, &pace, err))
        return false;
    return result_settle(chunk, err);
}

/* ---- all steps ------------------------------------------------------- */

static bool
step(struct chunk *chunk, struct err *err)
{
    switch (chunk->row.state) {
    case CHUNK_PLANNED:
        return stage(chunk, err);
    case CHUNK_STAGED:
        return upload(chunk, err);
    case CHUNK_UPLOADED:
        return submit(chunk, err);
    case CHUNK_SUBMITTING:
        return adopt_lost(chunk, err);
    case CHUNK_RUNNING:
        return await_end(chunk, err);
    case CHUNK_FINISHED:
        return settle(chunk, err);
    case CHUNK_SETTLED:
    case CHUNK_STATE_COUNT:
        return true;
    }
    return true;
}

bool
chunk_run(struct chunk *chunk, struct err *err)
{
    while (chunk->row.state != CHUNK_SETTLED && !chunk->is_held)
        if (!step(chunk, err))
            return false;
    return true;
}
