/*
 *     begin: cut by @slice ──┐
 *                            ├─► operations ─► wait: up to BULK_SLOTS at a time
 *     resume: from notes ────┘       ▲                 │
 *                                    │ two halves      ├─ TIMEOUT of a window
 *                                    └─────────────────┤
 *                                                      ├─ another failure: the
 *                                                      │  other operations
 *                                                      │  continue at the store
 *                                                      └─► sources
 *
 * The windows of a run are saved in its notes before the first operation is
 * submitted, so that a resumed run has the same windows. Source n is the
 * result of operations[n]; both are ordered by window. The number of an
 * operation (row.n) is never used again after its window was halved.
 *
 * Hazard: sources point into their operations. Halving a window frees its
 * operation, so wait() first frees the sources of the previous wait().
 */
#include "bulk/fetch.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/task.h"
#include "bulk/left.h"
#include "bulk/results.h"
#include "bulk/said.h"
#include "bulk/slices_note.h"
#include "bulk/submit.h"
#include "job/job.h"

/* Shopify keeps a result for 7 days, but an operation older than this is too
 * far out of date to resume. */
#define RESUMABLE_MS (INT64_C(24) * 3600 * 1000)

enum { CANCEL_DRY_MS = 10 * 1000 };

static void
set_run(struct fetch *fetch, const struct origin_run *run)
{
    struct job *job = fetch->job;

    fetch->wanted = *run;
    fetch->run = (struct bulk_run){.place = left_place(job),
                                   .ref = run->ref,
                                   .arena = &job->arena,
                                   .log = &job->log,
                                   .query_file = job->file->path};
}

/* ---- the operations ---------------------------------------------------- */

static struct operation *
new_operation(const struct fetch *fetch, int n,
              const struct plan_window *window)
{
    struct operation *operation = mem_alloc(sizeof(*operation));
    const struct plan *plan = fetch->job->plan;
    const char *document =
        window != NULL ? plan_document_in(plan, window, fetch->run.arena)
                       : plan->document;

    operation_init(operation, &fetch->run, n, document, window);
    operation->takes_partial = fetch->job->context->options->accept_partial;
    return operation;
}

static void
free_operations(struct fetch *fetch)
{
    for (int i = 0; i < fetch->count; i++)
        free(fetch->operations[i]);
    free(fetch->operations);
    fetch->operations = NULL;
    fetch->count = 0;
}

/* Without @slice, one operation fetches all roots, or those that changed. */
static void
add_only(struct fetch *fetch)
{
    struct plan_window window = {.from = fetch->wanted.window_from,
                                 .to = fetch->wanted.window_to};

    if (fetch->wanted.mode == RUN_INCREMENTAL)
        window.field = fetch->job->plan->incremental->field;
    fetch->operations = mem_array(1, sizeof(struct operation *));
    fetch->operations[fetch->count++] =
        new_operation(fetch, 1, window.field != NULL ? &window : NULL);
}

static struct operation *
new_slice_operation(const struct fetch *fetch, const struct slice *slice)
{
    struct plan_window window =
        slices_window(slice, fetch->job->plan->slice->field, fetch->run.arena);
    struct operation *operation = new_operation(fetch, slice->n, &window);

    operation->may_be_halved = true;
    return operation;
}

static void
add_operations(struct fetch *fetch)
{
    if (fetch->slices.count == 0) {
        add_only(fetch);
        return;
    }
    fetch->operations = mem_array(SLICES_MAX, sizeof(struct operation *));
    for (int i = 0; i < fetch->slices.count; i++)
        fetch->operations[fetch->count++] =
            new_slice_operation(fetch, &fetch->slices.items[i]);
}

static bool
is_sliced(const struct fetch *fetch, const struct origin_run *run)
{
    return fetch->job->plan->slice != NULL && run->mode == RUN_FULL;
}

/* Windows must be in the run's notes first, and an operation that must wait for
 * a slot is not submitted at once. */
static bool
describe_first(struct origin *origin, const struct origin_run *run,
               struct run_first *first)
{
    struct fetch *fetch = (struct fetch *)origin;

    if (is_sliced(fetch, run) || fetch->job->store->slots_taken >= BULK_SLOTS)
        return false;
    set_run(fetch, run);
    add_only(fetch);
    submit_describe_first(fetch->operations[0], first);
    free_operations(fetch);
    return true;
}

static bool
begin_fetch(struct origin *origin, const struct origin_run *run,
            struct err *err)
{
    struct fetch *fetch = (struct fetch *)origin;

    set_run(fetch, run);
    if (is_sliced(fetch, run) &&
        !slices_cut(&fetch->slices, fetch->job->plan, &fetch->run, err))
        return false;
    add_operations(fetch);
    if (run->has_first)
        submit_has_first(fetch->operations[0]);
    return true;
}

/* ---- an earlier run's operations --------------------------------------- */

static bool
find_earlier(struct origin *origin, const struct journal_run *last,
             enum origin_left *left, struct err *err)
{
    struct fetch *fetch = (struct fetch *)origin;
    struct job *job = fetch->job;
    struct journal_operations *earlier = &fetch->earlier;
    bool fit;

    *left = ORIGIN_NOTHING;
    if (!slices_note_fit(job->plan->slice, last->notes, &fit, err))
        return false;
    if (!fit)
        return true;
    if (!journal_run_operations(job->context->journal, last->ref.run_id,
                                &job->arena, earlier, err))
        return false;
    fetch->notes = last->notes;
    if (earlier->count == 0)
        *left = ORIGIN_UNASKED;
    else if (!journal_operation_is_paged(&earlier->operations[0]) &&
             earlier->operations[earlier->count - 1].age_ms < RESUMABLE_MS)
        *left = ORIGIN_ASKED;
    return true;
}

static struct operation *
find_operation(const struct fetch *fetch, int64_t n)
{
    for (int i = 0; i < fetch->count; i++)
        if (fetch->operations[i]->row.n == n)
            return fetch->operations[i];
    return NULL;
}

/* The journal lists the attempts in order, so the last one of an operation
 * counts. An operation whose window was halved later is no longer in `fetch`
 * and is skipped. */
static bool
resume_fetch(struct origin *origin, const struct origin_run *run,
             struct err *err)
{
    struct fetch *fetch = (struct fetch *)origin;
    const struct journal_operations *earlier = &fetch->earlier;

    set_run(fetch, run);
    if (!slices_note_read(&fetch->slices, fetch->run.arena, fetch->notes, err))
        return false;
    add_operations(fetch);
    for (size_t i = 0; i < earlier->count; i++) {
        struct operation *operation =
            find_operation(fetch, earlier->operations[i].n);

        if (operation != NULL)
            operation_resume(operation, &earlier->operations[i]);
    }
    return true;
}

/* ---- side by side ------------------------------------------------------ */

/* The tasks that complete the operations of a run. */
struct crew {
    struct fetch *fetch;
    bool *taken; /* by n: a task has begun to complete the operation */
    bool failed;
    struct err err; /* of the first operation that failed */
};

/* Replace a window that the store did not finish in time by two halves.
 * *halved: that is done, and `operation` is freed, even if the journal was not
 * updated. Otherwise `err` is unchanged. */
static bool
halve(struct crew *crew, const struct operation *operation, bool *halved,
      struct err *err)
{
    struct fetch *fetch = crew->fetch;
    const struct err why = *err;
    struct operation *whole;
    bool kept = false;
    int i = 0;

    while (i < fetch->count && fetch->operations[i] != operation)
        i++;
    *halved = fetch->slices.count > 0 &&
              slices_halve(&fetch->slices, i, fetch->job->plan, &fetch->run,
                           &kept, err);
    if (!*halved)
        return false;
    whole = fetch->operations[i];
    memmove(&fetch->operations[i + 2], &fetch->operations[i + 1],
            (size_t)(fetch->count - i - 1) * sizeof(*fetch->operations));
    fetch->operations[i] = new_slice_operation(fetch, &fetch->slices.items[i]);
    fetch->operations[i + 1] =
        new_slice_operation(fetch, &fetch->slices.items[i + 1]);
    fetch->count++;
    log_failure(LOG_WARN, &whole->log, "halving the window", &why);
    if (fetch->job->log.operation_id == whole->bulk.id)
        fetch->job->log.operation_id = NULL;
    free(whole);
    return kept;
}

/* A window that cannot be halved may have a partial result. */
static bool
complete(struct crew *crew, struct operation *operation, struct err *err)
{
    bool halved = false;

    if (operation_complete(operation, err))
        return true;
    if (!err_is(err, MSG_TIMEOUT))
        return false;
    if (halve(crew, operation, &halved, err))
        return true;
    if (halved || !operation->takes_partial)
        return false;
    operation->may_be_halved = false;
    return operation_complete(operation, err);
}

static struct operation *
take_next(struct crew *crew)
{
    struct fetch *fetch = crew->fetch;

    for (int i = 0; i < fetch->count && !crew->failed; i++) {
        struct operation *operation = fetch->operations[i];

        if (!crew->taken[operation->row.n]) {
            crew->taken[operation->row.n] = true;
            return operation;
        }
    }
    return NULL;
}

static void
work(void *ctx)
{
    struct crew *crew = ctx;
    struct operation *operation;
    struct err err;

    while ((operation = take_next(crew)) != NULL) {
        operation->given_up = &crew->failed;
        if (complete(crew, operation, &err))
            continue;
        if (crew->failed)
            log_failure(LOG_DEBUG, &operation->log,
                        "another window failed before this one", &err);
        else
            crew->err = err;
        crew->failed = true;
    }
}

static bool
complete_all(struct fetch *fetch, struct err *err)
{
    struct crew crew = {.fetch = fetch};
    struct task_group group = {0};

    /* Each of at most SLICES_MAX halvings adds two numbers. */
    crew.taken = mem_array(SLICES_MAX * 3 + 1, sizeof(*crew.taken));
    for (int i = 0; i < BULK_SLOTS && i < fetch->count; i++)
        task_group_spawn(&group, "slice", work, &crew);
    task_group_wait(&group);
    free(crew.taken);
    if (crew.failed)
        *err = crew.err;
    return !crew.failed;
}

/* ---- results ----------------------------------------------------------- */

static void
free_sources(struct origin *origin)
{
    for (int i = 0; i < origin->source_count; i++)
        source_free(origin->sources[i]);
    free(origin->sources);
    origin->sources = NULL;
    origin->source_count = 0;
}

static void
make_sources(struct fetch *fetch)
{
    struct origin *origin = &fetch->origin;

    results_clean(fetch->job);
    origin->sources = mem_array((size_t)fetch->count, sizeof(struct source *));
    origin->source_count = fetch->count;
    for (int i = 0; i < fetch->count; i++)
        origin->sources[i] = results_source(fetch->job, fetch->operations[i]);
}

/* Name the operations whose results are partial. */
static void
note_partial(struct fetch *fetch)
{
    struct arena *arena = fetch->run.arena;

    fetch->origin.partial = NULL;
    for (int i = 0; i < fetch->count; i++) {
        const struct operation *operation = fetch->operations[i];
        const struct bulk_operation *bulk = &operation->bulk;
        const char *before = fetch->origin.partial;

        if (operation->is_partial)
            fetch->origin.partial = arena_printf(
                arena, "%s%s%s is %s%s%s", before != NULL ? before : "",
                before != NULL ? ", " : "", bulk->id,
                bulk_status_name(bulk->status),
                bulk->error_code[0] != '\0' ? ": " : "", bulk->error_code);
    }
}

/* Set the least number of roots that the windows of @slice together must have:
 * the smaller of the store's counts before and after the fetch. */
static bool
count_roots(struct fetch *fetch, struct err *err)
{
    const struct slices *slices = &fetch->slices;
    int64_t now = -1;

    fetch->origin.least_roots = -1;
    fetch->origin.is_cut = slices->count > 0;
    if (slices->count == 0)
        return true;
    if (!slices_count_roots(fetch->job->plan, &fetch->run, &now, err))
        return false;
    if (slices->before >= 0 && now >= 0)
        fetch->origin.least_roots = now < slices->before ? now : slices->before;
    return true;
}

static bool
complete_fetch(struct origin *origin, struct err *err)
{
    struct fetch *fetch = (struct fetch *)origin;
    bool completed;

    free_sources(origin);
    completed = fetch->slices.count == 0
                    ? operation_complete(fetch->operations[0], err)
                    : complete_all(fetch, err);
    if (!completed || !count_roots(fetch, err))
        return false;
    note_partial(fetch);
    make_sources(fetch);
    return true;
}

static bool
keep_counts(struct origin *origin, int n, int64_t lines, int64_t bytes,
            struct err *err)
{
    struct fetch *fetch = (struct fetch *)origin;
    struct journal_operation *row = &fetch->operations[n]->row;

    row->lines = lines;
    row->bytes = bytes;
    return journal_operation_update_soon(fetch->job->context->journal, row,
                                         err);
}

/* The first time, complete_fetch() polls the same operation for a new URL. If
 * that one fails too (`again`), it submits the operation again. */
static void
renew_operation(struct origin *origin, int n, bool again)
{
    if (again)
        ((struct fetch *)origin)->operations[n]->is_submitted = false;
}

static void
look_at_operations(const void *origin, struct progress_seen *seen)
{
    const struct fetch *fetch = origin;

    seen->results = fetch->count;
    for (int i = 0; i < fetch->count; i++) {
        const struct operation *operation = fetch->operations[i];

        seen->results_waiting += operation->waits_for_slot;
        if (!operation->is_submitted)
            continue;
        if (operation->bulk.object_count > 0)
            seen->objects += operation->bulk.object_count;
        if (bulk_is_terminal(operation->bulk.status))
            seen->results_done++;
        else
            seen->results_running++;
        if (seen->since_ms == 0 || operation->submitted_ms < seen->since_ms)
            seen->since_ms = operation->submitted_ms;
    }
}

static bool
cancel_others(struct origin *origin, int64_t keep_run_id, struct err *err)
{
    return left_cancel_others(((struct fetch *)origin)->job, keep_run_id, err);
}

/* No later run continues a dry run, so its operations are canceled even while
 * bulkpg is stopping; but not for long. The database may be lost. */
static void
cancel_dry(const struct fetch *fetch)
{
    int64_t deadline_ms = clock_after_ms(CANCEL_DRY_MS);

    task_shield();
    for (int i = 0; i < fetch->count; i++)
        if (said_is_running(&fetch->operations[i]->row))
            left_cancel(fetch->job, &fetch->operations[i]->row, deadline_ms);
    task_unshield();
}

/* After a window failed, cancel the operations of the other windows. */
static void
cancel_rest(struct origin *origin)
{
    const struct fetch *fetch = (const struct fetch *)origin;

    if (fetch->job->context->options->dry_run)
        cancel_dry(fetch);
    else if (fetch->slices.count > 0)
        left_cancel_run(fetch->job, fetch->run.ref.run_id);
}

static void
free_fetch(struct origin *origin)
{
    struct fetch *fetch = (struct fetch *)origin;

    free_sources(origin);
    free_operations(fetch);
    fetch->job->log.operation_id = NULL; /* points into a freed operation */
    fetch_init(fetch, fetch->job);
}

void
fetch_init(struct fetch *fetch, struct job *job)
{
    static const struct origin_ops ops = {.find = find_earlier,
                                          .first = describe_first,
                                          .begin = begin_fetch,
                                          .resume = resume_fetch,
                                          .wait = complete_fetch,
                                          .took = keep_counts,
                                          .renew = renew_operation,
                                          .look = look_at_operations,
                                          .clear = cancel_others,
                                          .give_up = cancel_rest,
                                          .free = free_fetch};

    *fetch =
        (struct fetch){.origin = {.ops = &ops, .least_roots = -1}, .job = job};
}
