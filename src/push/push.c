/*
 *     prepare ─► claim ─► finish earlier pushes ─► rows ─► guards ─► send
 *     ─► (rollback) ─► end
 *
 * prepare   Read and check the mutation, before anything is asked for.
 * claim     One process at a time pushes a job.
 * earlier   What an earlier process submitted is adopted and settled. What it
 *           did not submit is never sent: its snapshot is old.
 * rows      Select, check and compare all rows, and put them into the journal,
 *           in one transaction (push/stage.c).
 * guards    Reasons to send nothing. The rows stay in the journal, as skipped.
 * send      Bulk operations (push/chunks.c) or single requests (push/direct.c).
 *           Each state is committed before the act that it announces.
 * rollback  With `rollback: true`, if a row was not applied: another push
 *           undoes those that were. It is in the journal with undo_of, so if
 *           the process is killed in between, the next push continues it.
 *
 * After a failure that may pass, the push is `interrupted`, and the next push
 * of the job finishes it. The same happens if the process was killed.
 *
 * With --dry-run there is no claim, and the transaction is rolled back.
 */
#include "push/push.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "job/control.h"
#include "job/mutation.h"
#include "journal/chunk.h"
#include "journal/claim.h"
#include "push/again.h"
#include "push/chunks.h"
#include "push/direct.h"
#include "push/ending.h"
#include "push/guard.h"
#include "push/past.h"
#include "push/result_table.h"
#include "push/select.h"
#include "push/stage.h"

void
push_init(struct push *push, struct context *context, struct store_state *store,
          const struct query_file *file)
{
    *push =
        (struct push){.context = context,
                      .journal = context->journal,
                      .store = store,
                      .config = store->config,
                      .file = file,
                      .job = file->job,
                      .log = {.store = store->config->name, .job = file->job}};
}

void
push_free(struct push *push)
{
    pg_close(push->spare);
    arena_free(&push->arena);
}

/* ---- prepare ------------------------------------------------------------ */

static bool
prepare(struct push *push, struct err *err)
{
    if (!mutation_prepare(push->context, push->store, push->file, NULL,
                          &push->log, &push->arena, &push->mutation, err))
        return false;
    push->document = push->mutation->document;
    push->may_repeat = push->mutation->is_safe;
    push->mode = push->undo_of > 0 ? PUSH_UNDO : PUSH_BULK;
    push->is_direct = push->config->preset != NULL;
    return guard_options(push, err) && guard_undo(push, err);
}

/* ---- rows --------------------------------------------------------------- */

static bool
stage_selection(struct stage *stage, struct selection *selection,
                struct err *err)
{
    bool makes_keys = stage->push->mutation->makes_keys;
    char key[RANDOM_UUID_BYTES];
    bool more = true;

    while (more && !stage->is_full) {
        struct line line = {.hash = ""};
        struct err fault;

        if (makes_keys)
            random_uuid(key);
        if (!selection_next(selection, makes_keys ? key : NULL, &line, &fault,
                            &more, err))
            return false;
        if (more &&
            !stage_add(stage, &line, makes_keys ? key : NULL, &fault, err))
            return false;
    }
    return true;
}

static void
set_up_stage(struct stage *stage)
{
    struct push *push = stage->push;
    const struct options *options = push->context->options;

    stage->limit = options->limit;
    stage->diff.sends_all = options->all;
    stage->diff.counts = (push->mutation->kinds & KIND_COUNTS) != 0;
    stage->diff.may_repeat = push->may_repeat;
}

static bool
stage_selected(struct push *push, struct stage *stage, struct err *err)
{
    struct selection selection;
    bool dry = push->context->options->dry_run;
    bool ok = selection_begin(&selection, push, err) &&
              stage_begin(stage, push, selection.snapshot_at, 0, err);

    if (ok) {
        set_up_stage(stage);
        stage->pulled_at = selection.pulled_at;
        ok = (dry ||
              result_table_make(push, selection.binding, stage->conn, err)) &&
             stage_selection(stage, &selection, err) &&
             stage_finish(stage, err);
    }
    selection_end(&selection);
    return ok;
}

/* Rows can only be retried if there was a push. */
static bool
has_pushes(struct push *push, struct err *err)
{
    struct push_query query = {
        .store = push->config->name, .job = push->job, .limit = 1};
    struct journal_pushes pushes;

    return journal_list_pushes(push->journal, &query, &push->arena, &pushes,
                               err) &&
           (pushes.count > 0 ||
            err_set(err, MSG_PUSH_NONE, "job %s has no push at store %s",
                    push->job, push->config->name));
}

static bool
stage_retried(struct push *push, struct stage *stage, struct err *err)
{
    enum again_what what =
        push->rows_from == PUSH_RETRY_REFUSED ? AGAIN_REFUSED : AGAIN_UNKNOWN;

    if (!has_pushes(push, err) || !stage_begin(stage, push, NULL, 0, err))
        return false;
    set_up_stage(stage);
    return again_stage_all(stage, what, err) && stage_finish(stage, err);
}

static bool
stage_taken_back(struct push *push, struct stage *stage, struct err *err)
{
    if (!stage_begin(stage, push, NULL, push->undo_of, err))
        return false;
    set_up_stage(stage);
    return again_stage(stage, push->undo_of, AGAIN_UNDO, err) &&
           stage_finish(stage, err);
}

static bool
stage_rows(struct push *push, struct stage *stage, struct err *err)
{
    switch (push->rows_from) {
    case PUSH_SELECTED:
        return stage_selected(push, stage, err);
    case PUSH_TAKE_BACK:
        return stage_taken_back(push, stage, err);
    default:
        return stage_retried(push, stage, err);
    }
}

/* If a guard refuses the rows, they are in the journal nevertheless, and `err`
 * has the reason. */
static bool
commit_rows(struct stage *stage, struct err *err)
{
    struct err why;

    if (guard_rows(stage, err))
        return stage_commit(stage, err);
    if (err->kind != ERR_TRANSIENT && err->kind != ERR_STOPPED &&
        !stage_refuse(stage, &why))
        *err = why;
    return false;
}

static bool
make_rows(struct push *push, struct err *err)
{
    struct stage stage = {.push = push};
    bool ok =
        (push->context->options->dry_run || result_table_adapt(push, err)) &&
        stage_rows(push, &stage, err);

    if (ok) {
        push->counts = stage.counts;
        push->counts.refused = stage.refused;
        push->counts.held = push->counts.unknown = stage.held;
        push->log.push_id = push->ref.push_id;
        ok = push->context->options->dry_run ? guard_rows(&stage, err)
                                             : commit_rows(&stage, err);
    }
    stage_end(&stage);
    return ok;
}

/* ---- send --------------------------------------------------------------- */

static bool
send(struct push *push, struct err *err)
{
    return push->is_direct ? direct_run(push, err) : chunks_run(push, err);
}

/* Must the applied rows be undone, because another row was not applied? */
static bool
must_roll_back(const struct push *push)
{
    return (push->mutation->rollback || push->context->options->rollback) &&
           push->mode != PUSH_UNDO && push->counts.failed > 0 &&
           push->counts.applied > 0;
}

static bool
has_undo(struct push *push, bool *has, struct err *err)
{
    struct push_query query = {.store = push->config->name,
                               .job = push->job,
                               .undo_of = push->ref.push_id,
                               .limit = 1};
    struct journal_pushes pushes;

    if (!journal_list_pushes(push->journal, &query, &push->arena, &pushes, err))
        return false;
    *has = pushes.count > 0;
    return true;
}

static bool push_new(struct push *push, struct err *err);

/* Undo what the push applied, with a push of its own. If an earlier process
 * began that push, it is finished like any other. */
static bool
roll_back(struct push *push, struct err *err)
{
    struct push undo;
    bool ok, has;

    if (!has_undo(push, &has, err))
        return false;
    push_init(&undo, push->context, push->store, push->file);
    undo.rows_from = PUSH_TAKE_BACK;
    undo.undo_of = push->ref.push_id;
    undo.mutation = push->mutation;
    undo.document = push->document;
    undo.may_repeat = push->may_repeat;
    undo.mode = PUSH_UNDO;
    undo.is_direct = push->config->preset != NULL;
    ok = has || push_new(&undo, err);
    if (ok && undo.err.kind != ERR_NONE)
        push_log_end(&undo);
    if (ok)
        err_set(&push->err, MSG_PUSH_ROLLED_BACK,
                "%" PRId64 " rows of push %" PRId64
                " were not applied, and %" PRId64 " of %" PRId64
                " applied rows were undone",
                push->counts.failed, push->ref.push_id, undo.counts.applied,
                push->counts.applied);
    push_free(&undo);
    return ok;
}

/* Send what is planned, and record the end. False, with `err`, if the end could
 * not be reached; it is recorded then, too. */
static bool
send_and_end(struct push *push, struct err *err)
{
    struct err why;
    bool sent = send(push, err);

    if (sent)
        sent = journal_push_count(push->journal, push->ref.push_id,
                                  &push->counts, err);
    if (sent && must_roll_back(push)) {
        sent = roll_back(push, err);
        if (sent)
            return push_record(push, &push->err, true, err);
    }
    if (sent)
        return push_record(push, NULL, false, err);
    if (err_is(err, MSG_TAKEN_OVER) || err_is(err, MSG_CANCELED) ||
        !control_reopen(push->context, &why))
        return false;
    if (!push_record(push, err, false, &why))
        log_failure(LOG_WARN, &push->log,
                    "cannot record the push's end in the journal", &why);
    return false;
}

/* Select, check and send. */
static bool
push_new(struct push *push, struct err *err)
{
    struct err why;

    if (make_rows(push, err))
        return push->context->options->dry_run || send_and_end(push, err);
    if (push->has_ref && !push_record(push, err, false, &why))
        log_failure(LOG_WARN, &push->log,
                    "cannot record the push's end in the journal", &why);
    return false;
}

/* ---- earlier pushes ----------------------------------------------------- */

/* An undo does not depend on a snapshot, so that all of it is sent. */
static bool
finish_taken(struct push *push, struct err *err)
{
    int64_t skipped;

    log_info(&push->log, "finishing an earlier push",
             LOG_NUM("push_id", push->ref.push_id), LOG_END);
    return (push->undo_of > 0 ||
            journal_chunk_skip(push->journal, &push->ref, &skipped, err)) &&
           send_and_end(push, err);
}

static bool
finish_one(struct push *now, const struct journal_push *earlier,
           struct err *err)
{
    struct push push;
    bool ok;

    push_init(&push, now->context, now->store, now->file);
    ok = past_take(&push, earlier, err) && finish_taken(&push, err);
    if (ok && push.err.kind != ERR_NONE)
        log_failure(LOG_WARN, &push.log, "an earlier push did not succeed",
                    &push.err);
    push_free(&push);
    return ok;
}

/* The oldest first. */
static bool
finish_earlier(struct push *push, struct err *err)
{
    struct push_query query = {
        .store = push->config->name, .job = push->job, .open_only = true};
    struct journal_pushes pushes;

    if (!journal_list_pushes(push->journal, &query, &push->arena, &pushes, err))
        return false;
    for (size_t i = pushes.count; i > 0; i--)
        if (!finish_one(push, &pushes.pushes[i - 1], err))
            return false;
    return true;
}

/* ---- the push as a whole ------------------------------------------------ */

static bool
run_claimed(struct push *push, struct err *err)
{
    return finish_earlier(push, err) && push_new(push, err);
}

static bool
run(struct push *push, struct err *err)
{
    bool ok;

    if (push->file->fault.kind != ERR_NONE) {
        *err = push->file->fault;
        return false;
    }
    if (!prepare(push, err))
        return false;
    if (push->context->options->dry_run)
        return push_new(push, err);
    if (!journal_claim(push->journal, push->config->name, push->job,
                       JOURNAL_CLAIM_MS, err))
        return false;
    ok = run_claimed(push, err);
    journal_release(push->journal, push->config->name, push->job);
    return ok;
}

void
push_job(void *ctx)
{
    struct push *push = ctx;
    int64_t begun = clock_now_ms();
    struct err err;

    if (!run(push, &err))
        push->err = err;
    push->seconds_ms = clock_now_ms() - begun;
    push_log_end(push);
}
