/*
 * worker - fetches what is pending while `bulkpg listen` runs.
 *
 *     look at bulkpg.pending, once a second, or when it is woken
 *       └─► for each job whose oldest object is two seconds old: a task
 *             ─► plan the job ─► fetch (live/batch.h)
 *
 * Any number of processes may do this: they share the jobs by their claims. A
 * job that another process has claimed is not planned, and looked at again a
 * second later.
 */
#ifndef LIVE_WORKER_H
#define LIVE_WORKER_H

#include "job/context.h"
#include "journal/pending.h"

struct live_work;

struct live_worker {
    struct context *context;
    struct task_group group; /* of its tasks */
    struct task_queue waiting;
    struct live_work *works; /* what is being fetched */
    bool ends;
    bool has_failed; /* the last look; the log says so */
};

/* Milliseconds until a job may begin. An object of the future, because the
 * clock was set back, does not wait. */
int64_t worker_wait_ms(const struct pending_job *job);

/* Begin, inside a task. The database is open. */
void worker_begin(struct live_worker *worker, struct context *context);

/* Begin nothing more, and wait until what is being fetched has ended. After
 * tasks_stop() that is soon: an ordinary run can be resumed, and objects stay
 * pending. */
void worker_end(struct live_worker *worker);

#endif
