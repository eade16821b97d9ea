/*
 * One task looks, and spawns a task for each job that has something to fetch.
 * The query file is read for each of them, so a changed file is used at once.
 *
 *     pending, and no task has the job ─► task: is the job claimed?
 *                      ▲                    │ no          │ yes
 *                      │       collect, prepare, fetch    │
 *                      └─────────── a rest ◄┴─────────────┘
 *
 * The rest after a failure bounds how many batches fail, whatever the reason:
 * when it ends, the smallest batch is next, so that a bad object is found
 * before the other parts of its batch are tried.
 *
 * Hazards. The process lasts: a store that was given up must be tried again,
 * and whatever a job needs is freed after it. A job whose file is gone fails,
 * so that its objects rest, and at last wait for a run that may never come.
 */
#include "live/worker.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "job/control.h"
#include "job/jobs.h"
#include "job/store.h"
#include "journal/claim.h"
#include "live/batch.h"

enum {
    AGE_MS = 2000, /* of the oldest object */
    LOOK_MS = 1000,
    FAILED_MS = 5000,  /* until the next look, or the next batch of a job */
    CLAIMED_MS = 1000, /* until a job is looked at again that has a claim, */
    NOT_DUE_MS = 5000  /* or that is not due */
};

/* A job that is being worked on. */
struct live_work {
    struct live_worker *worker;
    struct store_state *store;
    char *job;
    struct live_work *next;
};

/* ---- one job --------------------------------------------------------- */

static void
fetch_one(void *job)
{
    batch_run(job);
}

/* The job has no file any more, or its store has a fault. */
static void
note_no_job(const struct live_work *work, const struct err *why)
{
    const struct log_ctx log = {.store = work->store->config->name,
                                .job = work->job};
    struct err err;

    log_failure(LOG_WARN, &log, "the changed objects could not be fetched",
                why);
    if (!journal_pending_failed(work->worker->context->journal, log.store,
                                work->job, NULL, 0, false, &err))
        log_failure(LOG_WARN, &log,
                    "it could not be recorded that fetching has failed", &err);
}

/* How long the job rests. */
static int64_t
rest_after(const struct job *job)
{
    if (job->err.kind != ERR_NONE)
        return FAILED_MS;
    if (job->is_loaded)
        return 0;
    return job->pending == JOB_PENDING_BY_RUN ? NOT_DUE_MS : CLAIMED_MS;
}

/* Does another process run the job? That may take hours, and to prepare the job
 * costs much more than to ask. If it cannot be answered, the job says why. */
static bool
is_claimed(const struct live_work *work)
{
    bool claimed;
    struct err err;

    return journal_is_claimed(work->worker->context->journal,
                              work->store->config->name, work->job, &claimed,
                              &err) &&
           claimed;
}

static int64_t
fetch(const struct live_work *work)
{
    struct jobs jobs;
    struct err err;
    int64_t rest_ms = FAILED_MS;

    if (is_claimed(work))
        return CLAIMED_MS;
    store_try_again(work->store);
    if (jobs_collect_one(&jobs, work->worker->context, work->store, work->job,
                         &err)) {
        jobs.items[0].pending = JOB_PENDING;
        jobs_run(&jobs, jobs_prepare, fetch_one);
        rest_ms = rest_after(&jobs.items[0]);
    } else {
        note_no_job(work, &err);
    }
    jobs_free(&jobs);
    return rest_ms;
}

static void
remove_work(struct live_work *work)
{
    struct live_work **at = &work->worker->works;

    while (*at != work)
        at = &(*at)->next;
    *at = work->next;
    free(work->job);
    free(work);
}

static void
work_on(void *ctx)
{
    struct live_work *work = ctx;
    int64_t until_ms = clock_after_ms(fetch(work));

    while (!work->worker->ends && clock_now_ms() < until_ms)
        if (task_wait(&work->worker->waiting, until_ms) == TASK_STOPPED)
            break;
    remove_work(work);
}

/* ---- looking --------------------------------------------------------- */

/* NULL: the command does not use the store. */
static struct store_state *
find_store(const struct context *context, const char *name)
{
    struct store_state *store = context_store(context, name);

    return store != NULL && context_wants_store(context, store->config) ? store
                                                                        : NULL;
}

static bool
is_worked_on(const struct live_worker *worker, const struct pending_job *job)
{
    for (const struct live_work *w = worker->works; w != NULL; w = w->next)
        if (strcmp(w->store->config->name, job->store) == 0 &&
            strcmp(w->job, job->job) == 0)
            return true;
    return false;
}

static void
begin_work(struct live_worker *worker, struct store_state *store,
           const char *job)
{
    struct live_work *work = mem_alloc(sizeof(*work));

    *work = (struct live_work){.worker = worker,
                               .store = store,
                               .job = mem_strdup(job),
                               .next = worker->works};
    worker->works = work;
    task_group_spawn(&worker->group, "fetch", work_on, work);
}

int64_t
worker_wait_ms(const struct pending_job *job)
{
    if (job->count == 0)
        return job->rest_ms;
    return job->age_ms >= 0 && job->age_ms < AGE_MS ? AGE_MS - job->age_ms : 0;
}

/* Begin what is ready. Returns the time until the next look. */
static int64_t
begin_ready(struct live_worker *worker, const struct pending_jobs *pending)
{
    int64_t next_ms = LOOK_MS;

    for (size_t i = 0; i < pending->count; i++) {
        const struct pending_job *job = &pending->jobs[i];
        struct store_state *store = find_store(worker->context, job->store);
        int64_t wait_ms = worker_wait_ms(job);

        if (store == NULL || is_worked_on(worker, job))
            continue;
        if (wait_ms == 0)
            begin_work(worker, store, job->job);
        else if (wait_ms < next_ms)
            next_ms = wait_ms;
    }
    return next_ms;
}

static int64_t
look_once(struct live_worker *worker)
{
    struct context *context = worker->context;
    struct arena arena = {0};
    struct pending_jobs pending;
    struct err err;
    int64_t next_ms = FAILED_MS;
    bool looked =
        control_reopen(context, &err) &&
        journal_pending_jobs(context->journal, &arena, &pending, &err);

    if (looked)
        next_ms = begin_ready(worker, &pending);
    else if (!worker->has_failed && err.kind != ERR_STOPPED)
        log_failure(LOG_WARN, NULL, "pending objects are not fetched now",
                    &err);
    worker->has_failed = !looked;
    arena_free(&arena);
    return next_ms;
}

static void
look(void *ctx)
{
    struct live_worker *worker = ctx;

    while (!worker->ends) {
        int64_t next_ms = look_once(worker);

        if (worker->ends || task_wait(&worker->waiting,
                                      clock_after_ms(next_ms)) == TASK_STOPPED)
            return;
    }
}

/* ---- the worker ------------------------------------------------------ */

void
worker_begin(struct live_worker *worker, struct context *context)
{
    *worker = (struct live_worker){.context = context};
    context->lasts = true;
    task_group_spawn(&worker->group, "look", look, worker);
}

void
worker_end(struct live_worker *worker)
{
    worker->ends = true;
    task_wake_all(&worker->waiting);
    task_group_wait(&worker->group);
}
