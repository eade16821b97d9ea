#include "bulk/fetch.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/task.h"
#include "bulk/slices_note.h"

static struct bulk_run
bulk_run_of(struct job *job, const struct run_ref *ref)
{
    return (struct bulk_run){.place = {.store = job->store,
                                       .journal = job->context->journal,
                                       .tuning = &job->context->config.tuning},
                             .ref = *ref,
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
    return operation;
}

/* Without windows of @slice: all roots, or those that changed. */
static void
add_only(struct fetch *fetch, const struct mode *mode)
{
    struct plan_window window = {.from = mode->window_from,
                                 .to = mode->window_to};

    if (mode->mode == RUN_INCREMENTAL)
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

    return new_operation(fetch, slice->n, &window);
}

static void
add_operations(struct fetch *fetch, const struct mode *mode)
{
    if (fetch->slices.count == 0) {
        add_only(fetch, mode);
        return;
    }
    fetch->operations = mem_array(SLICES_MAX, sizeof(struct operation *));
    for (int i = 0; i < fetch->slices.count; i++)
        fetch->operations[fetch->count++] =
            new_slice_operation(fetch, &fetch->slices.items[i]);
}

bool
fetch_begin(struct fetch *fetch, struct job *job, const struct run_ref *run,
            const struct mode *mode, struct err *err)
{
    *fetch = (struct fetch){.job = job, .run = bulk_run_of(job, run)};
    if (job->plan->slice != NULL && mode->mode == RUN_FULL &&
        !slices_cut(&fetch->slices, job->plan, &fetch->run, err))
        return false;
    add_operations(fetch, mode);
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

/* Attempts stand in their order; that of a window halved since is nobody's. */
bool
fetch_resume(struct fetch *fetch, struct job *job, const struct run_ref *run,
             const struct mode *mode, const char *notes,
             const struct journal_operations *earlier, struct err *err)
{
    *fetch = (struct fetch){.job = job, .run = bulk_run_of(job, run)};
    if (!slices_note_read(&fetch->slices, &job->arena, notes, err))
        return false;
    add_operations(fetch, mode);
    for (size_t i = 0; i < earlier->count; i++) {
        struct operation *operation =
            find_operation(fetch, earlier->operations[i].n);

        if (operation != NULL)
            operation_resume(operation, &earlier->operations[i]);
    }
    return true;
}

void
fetch_free(struct fetch *fetch)
{
    for (int i = 0; i < fetch->count; i++)
        free(fetch->operations[i]);
    free(fetch->operations);
    if (fetch->job != NULL)
        fetch->job->log.operation_id = NULL; /* it was one of theirs */
    *fetch = (struct fetch){.count = 0};
}

/* ---- side by side ------------------------------------------------------ */

struct crew {
    struct fetch *fetch;
    bool *taken; /* by n: somebody completes it, or did */
    bool failed;
    struct err err; /* of the first that failed */
};

/* Two windows in place of one that the store did not finish in time. */
static bool
halve(struct crew *crew, const struct operation *operation, struct err *err)
{
    struct fetch *fetch = crew->fetch;
    const struct err why = *err;
    struct operation *whole;
    bool kept = false;
    int i = 0;

    while (i < fetch->count && fetch->operations[i] != operation)
        i++;
    if (fetch->slices.count == 0 ||
        !slices_halve(&fetch->slices, i, fetch->job->plan, &fetch->run, &kept,
                      err))
        return false;
    whole = fetch->operations[i];
    memmove(&fetch->operations[i + 2], &fetch->operations[i + 1],
            (size_t)(fetch->count - i - 1) * sizeof(*fetch->operations));
    fetch->operations[i] = new_slice_operation(fetch, &fetch->slices.items[i]);
    fetch->operations[i + 1] =
        new_slice_operation(fetch, &fetch->slices.items[i + 1]);
    fetch->count++;
    log_failure(LOG_WARN, &whole->log, "the window is halved", &why);
    if (fetch->job->log.operation_id == whole->bulk.id)
        fetch->job->log.operation_id = NULL;
    free(whole);
    return kept;
}

static bool
complete(struct crew *crew, struct operation *operation, struct err *err)
{
    return operation_complete(operation, err) ||
           (err_is(err, MSG_TIMEOUT) && halve(crew, operation, err));
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
                        "the window is given up with another", &err);
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

    /* Halving makes at most two numbers of each window. */
    crew.taken = mem_array(SLICES_MAX * 3 + 1, sizeof(*crew.taken));
    for (int i = 0; i < BULK_SLOTS && i < fetch->count; i++)
        task_group_spawn(&group, "slice", work, &crew);
    task_group_wait(&group);
    free(crew.taken);
    if (crew.failed)
        *err = crew.err;
    return !crew.failed;
}

void
fetch_look(const void *what, struct progress_seen *seen)
{
    const struct fetch *fetch = what;

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

bool
fetch_complete(struct fetch *fetch, struct err *err)
{
    struct progress *progress = &fetch->job->progress;
    bool completed;

    progress_phase(progress, PROGRESS_FETCHING);
    progress_show(progress, fetch_look, fetch);
    completed = fetch->slices.count == 0
                    ? operation_complete(fetch->operations[0], err)
                    : complete_all(fetch, err);
    progress_show(progress, NULL, NULL);
    return completed;
}
