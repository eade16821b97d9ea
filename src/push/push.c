/*
 *     prepare ─► claim ─► finish earlier pushes ─► restored? ─► rows ─► guards
 *     ─► send ─► (rollback) ─► end
 *
 * prepare   Read and check the mutation, before anything is asked for.
 * claim     One process at a time pushes a job.
 * earlier   What an earlier process submitted is adopted and settled. What it
 *           did not submit is never sent: its snapshot is old.
 * restored  If the journal is older than the store, its diff is wrong
 *           (push/restored.h).
 * rows      Select, check and compare all rows, and put them into the journal,
 *           in one transaction (push/stage.c).
 * guards    Reasons to send nothing. The rows stay in the journal, as skipped.
 *           But if another process pushed the job meanwhile, because the claim
 *           was lost, nothing is committed (push/alone.h).
 * send      Bulk operations (push/chunks.c) or single requests (push/direct.c).
 *           Each state is committed before the act that it announces.
 * rollback  With `rollback: true`, if a row was not applied, also because the
 *           push stopped early: another push undoes those that were. That
 *           a push rolls back, and the undo itself, are in the journal, so if
 *           the process is killed, the next push continues.
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
#include "push/alone.h"
#include "push/chunks.h"
#include "push/direct.h"
#include "push/ending.h"
#include "push/guard.h"
#include "push/past.h"
#include "push/restored.h"
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
    push->rolls_back =
        push->rows_from != PUSH_TAKE_BACK &&
        (push->mutation->rollback || push->context->options->rollback);
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

/* --limit and --all are not for an undo: it undoes everything that it can. */
static void
set_up_stage(struct stage *stage)
{
    struct push *push = stage->push;
    const struct options *options = push->context->options;

    if (push->mode != PUSH_UNDO) {
        stage->limit = options->limit;
        stage->diff.sends_all = options->all;
    }
    stage->diff.counts = (push->mutation->kinds & KIND_COUNTS) != 0;
    stage->diff.may_repeat = push->may_repeat;
}

static bool
stage_selected(struct push *push, struct stage *stage, struct err *err)
{
    struct selection selection;
    bool dry = push->context->options->dry_run;
    bool ok = selection_begin(&selection, push, NULL, err) &&
              guard_before(push, selection.binding, err) &&
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
        return stage_try_keys(stage, err) &&
               result_table_check(stage->push, stage->conn, err) &&
               alone_check(stage->push, stage->conn, err) &&
               stage_commit(stage, err);
    if (err->kind != ERR_TRANSIENT && err->kind != ERR_STOPPED &&
        !stage_refuse(stage, &why))
        *err = why;
    return false;
}

static bool
make_rows(struct push *push, struct err *err)
{
    struct stage stage = {.push = push};
    bool dry = push->context->options->dry_run;
    bool ok =
        (dry || (alone_begin(push, err) && result_table_adapt(push, err))) &&
        stage_rows(push, &stage, err);

    if (ok) {
        push->counts = stage.counts;
        push->counts.refused = stage.refused;
        push->counts.held = push->counts.unknown = stage.held;
        push->is_counted = dry;
        push->log.push_id = dry ? 0 : push->ref.push_id;
        ok = dry ? guard_rows(&stage, err) : commit_rows(&stage, err);
    }
    stage_end(&stage);
    return ok;
}

/* ---- send --------------------------------------------------------------- */

/* Before the first single request, as chunks_run() does before the first
 * submission. If the store does not answer the question, it cannot tell. */
static bool
check_restored(struct push *push, struct err *err)
{
    struct err other;
    int64_t skipped;

    if (push->is_resumed || push->config->preset != NULL ||
        push->counts.changed == 0 || restored_check(push, err))
        return true;
    if (!err_is(err, MSG_JOURNAL_RESTORED)) {
        if (err->kind != ERR_FAILED && err->kind != ERR_CONFIG)
            return false;
        log_failure(LOG_WARN, &push->log,
                    "cannot compare the journal with the store's operations",
                    err);
        return true;
    }
    if (!journal_chunk_skip(push->journal, &push->ref, &skipped, &other))
        log_failure(LOG_WARN, &push->log,
                    "rows that were not sent could not be skipped", &other);
    return false;
}

static bool
send(struct push *push, struct err *err)
{
    if (!push->is_direct)
        return chunks_run(push, err);
    return check_restored(push, err) && direct_run(push, err);
}

/* Did the push end for good, so that no other process finishes it? */
static bool
is_final(const struct err *why)
{
    return !push_may_pass(why) && !err_is(why, MSG_CANCELED);
}

/* Record that the push failed, unless it is no longer ours. Always returns
 * false. */
static bool
record_failure(struct push *push, const struct err *why)
{
    struct err other;

    if (err_is(why, MSG_TAKEN_OVER) || err_is(why, MSG_CANCELED) ||
        !control_reopen(push->context, &other))
        return false;
    if (!push_record(push, why, false, &other))
        log_failure(LOG_WARN, &push->log,
                    "cannot record the push's end in the journal", &other);
    return false;
}

/* ---- rollback ------------------------------------------------------------ */

/* Must the applied rows be undone, because another row was not applied? */
static bool
must_roll_back(const struct push *push)
{
    return push->rolls_back && push->unread.kind == ERR_NONE &&
           push->counts.failed > 0 && push->counts.applied > 0;
}

static bool push_new(struct push *push, struct err *err);

/* Undo what the push applied, with a push of its own. */
static bool
take_back(struct push *push, struct err *err)
{
    struct push undo;
    bool ok;

    push_init(&undo, push->context, push->store, push->file);
    undo.rows_from = PUSH_TAKE_BACK;
    undo.undo_of = push->ref.push_id;
    undo.mutation = push->mutation;
    undo.document = push->document;
    undo.may_repeat = push->may_repeat;
    undo.mode = PUSH_UNDO;
    undo.is_direct = push->config->preset != NULL;
    ok = push_new(&undo, err);
    if (ok && undo.err.kind != ERR_NONE)
        push_log_end(&undo);
    push_free(&undo);
    return ok;
}

/* Is there anything that was not undone yet? An undo that an earlier process
 * began has ended before. */
static bool
has_rest(struct push *push, bool *has, struct err *err)
{
    struct again_left left;

    if (!again_find_left(push->journal, push->ref.push_id, &push->arena, &left,
                         err))
        return false;
    *has = push->counts.applied > left.changed + left.imageless;
    return true;
}

/* `stop`: why the push stopped early; kind ERR_NONE: it did not. */
static void
report_rollback(struct push *push, const struct err *stop, int64_t taken)
{
    bool is_denied = push->tallies.denied > 0 || stop->kind == ERR_DENIED;

    err_set(&push->err, is_denied ? MSG_ACCESS_DENIED : MSG_PUSH_ROLLED_BACK,
            "%" PRId64 " of the rows that push %" PRId64
            " sent %s not applied%s, and %" PRId64 " of %" PRId64
            " applied rows were undone",
            push->counts.failed, push->ref.push_id,
            push->counts.failed == 1 ? "was" : "were",
            is_denied ? ", because the store denied access" : "", taken,
            push->counts.applied);
    if (stop->kind != ERR_NONE && !is_denied)
        err_add(&push->err, "%s", stop->message);
}

static bool
roll_back(struct push *push, const struct err *stop, struct err *err)
{
    int64_t taken;
    bool has;

    if (!has_rest(push, &has, err) || (has && !take_back(push, err)) ||
        !again_count_undone(push->journal, push->ref.push_id, &taken, err))
        return false;
    report_rollback(push, stop, taken);
    return true;
}

/* Send what is planned, and record the end. False, with `err`, if the end could
 * not be reached; it is recorded then, too. */
static bool
send_and_end(struct push *push, struct err *err)
{
    struct err why, stop = {.kind = ERR_NONE};
    bool sent = send(push, &stop);
    bool has_ended = sent || is_final(&stop);

    if (has_ended && !journal_push_count(push->journal, push->ref.push_id,
                                         &push->counts, &why)) {
        has_ended = false;
        if (sent)
            stop = why;
    }
    if (has_ended && must_roll_back(push))
        return roll_back(push, &stop, err)
                   ? push_record(push, &push->err, true, err)
                   : record_failure(push, err);
    if (has_ended && sent)
        return push_record(push, NULL, false, err);
    *err = stop;
    return record_failure(push, err);
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

static void
note_finished(struct push *now, int64_t push_id)
{
    const char *before = now->earlier != NULL ? now->earlier : "{}";
    int kept = (int)strlen(before) - 1;

    now->earlier = arena_printf(&now->arena, "%.*s%s%" PRId64 "}", kept, before,
                                kept > 1 ? "," : "", push_id);
}

static bool
finish_one(struct push *now, const struct journal_push *earlier,
           struct err *err)
{
    struct push push;
    bool ok;

    push_init(&push, now->context, now->store, now->file);
    ok = past_prepare(&push, earlier, err) && past_take(&push, earlier, err) &&
         finish_taken(&push, err);
    if (ok && push.err.kind != ERR_NONE)
        log_failure(LOG_WARN, &push.log, "an earlier push did not succeed",
                    &push.err);
    note_finished(now, earlier->ref.push_id);
    push_free(&push);
    return ok;
}

/* The oldest first. */
static bool
finish_some(struct push *push, const struct journal_pushes *pushes, bool undos,
            struct err *err)
{
    for (size_t i = pushes->count; i > 0; i--)
        if ((pushes->pushes[i - 1].undo_of > 0) == undos &&
            !finish_one(push, &pushes->pushes[i - 1], err))
            return false;
    return true;
}

/* The undos first, because a push that is rolled back counts what they undid,
 * and undoes the rest. */
static bool
finish_earlier(struct push *push, struct err *err)
{
    struct push_query query = {
        .store = push->config->name, .job = push->job, .open_only = true};
    struct journal_pushes pushes;

    return journal_list_pushes(push->journal, &query, &push->arena, &pushes,
                               err) &&
           finish_some(push, &pushes, true, err) &&
           finish_some(push, &pushes, false, err);
}

/* ---- the push as a whole ------------------------------------------------ */

static bool
run_claimed(struct push *push, struct err *err)
{
    return finish_earlier(push, err) && restored_check_database(push, err) &&
           push_new(push, err);
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
