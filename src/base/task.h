/*
 * task - cooperative tasks in one thread.
 *
 * A job, the pump of a loader's connection and a cancelation are tasks. A task
 * is a function with a stack of its own. It is written as straight-line code,
 * and other tasks run only during the waits that are declared here. Between two
 * waits, no other task runs, so no locks are needed except task_lock(), for
 * things that a task holds during a wait.
 *
 *     turn:  run every ready task until its next wait
 *            collect descriptors and the nearest deadline
 *            wait once (curl's transfers proceed inside this wait)
 *            make each task ready whose descriptor is ready, whose deadline
 *            has passed, or whose queue was woken
 *
 * A stack has 256 KiB of address space. Only the pages that were used take
 * memory, and a page before the stack faults on an overflow.
 */
#ifndef BASE_TASK_H
#define BASE_TASK_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct task;

/* Waits until a descriptor is ready or the time is over, and fills `revents`.
 * poll(2) is enough; the program's function also serves its HTTP transfers. */
typedef void
task_wait_fn(void *ctx, struct pollfd *fds, size_t count, int timeout_ms);

/* How a wait ended. */
enum task_wake {
    TASK_READY,   /* the descriptor is ready, or the queue was woken */
    TASK_TIMEOUT, /* the deadline passed first */
    TASK_STOPPED  /* tasks_stop() was called: end the work */
};

/* Tasks waiting for the same thing. All zero is an empty queue. */
struct task_queue {
    struct task *first;
};

/* A lock that one task holds at a time, also while it waits. Tasks get it in
 * the order in which they ask for it. All zero is a free lock. */
struct task_lock {
    struct task *holder;
    struct task_queue waiting;
};

/* Call it once, before the first task. NULL: wait with poll(2). */
void tasks_init(task_wait_fn *wait, void *ctx);

/* Run `body(ctx)` as a task. `name` is borrowed, for debugging. A task may call
 * it; the new task starts in the next turn. */
void task_spawn(const char *name, void (*body)(void *ctx), void *ctx);

/* Run until every task has returned. */
void tasks_run(void);

/* From now on, every wait outside task_shield() ends with TASK_STOPPED. A
 * signal handler or a task may call it. */
void tasks_stop(void);
bool tasks_stopping(void);

/* ---- only inside a task ------------------------------------------------ */

/* Wait for `events` (POLLIN, POLLOUT) on `fd`, for a time, or for a queue.
 * Deadlines are times of clock_now_ms(), or CLOCK_NEVER. */
enum task_wake task_wait_fd(int fd, short events, int64_t deadline_ms);
enum task_wake task_sleep_until(int64_t deadline_ms);
enum task_wake task_wait(struct task_queue *queue, int64_t deadline_ms);

/* Make every task in the queue ready. Callbacks may call it, too. */
void task_wake_all(struct task_queue *queue);

/* Let every other ready task run once. */
void task_yield(void);

/* Between these two calls, waits do not end with TASK_STOPPED: for work that
 * must be finished. The calls may be nested. */
void task_shield(void);
void task_unshield(void);

/* False with ERR_STOPPED if the program was stopped during the wait. */
MUST_CHECK bool task_lock(struct task_lock *lock, struct err *err);
void task_unlock(struct task_lock *lock);

/* A group of tasks, so that a task can wait until all of them have returned.
 * All zero is an empty group. */
struct task_group {
    int running;
    struct task_queue ended;
};

/* Run `body(ctx)` as a task of the group; and wait until every task of the
 * group has returned, even if tasks_stop() was called. */
void task_group_spawn(struct task_group *group, const char *name,
                      void (*body)(void *ctx), void *ctx);
void task_group_wait(struct task_group *group);

/* Set ERR_STOPPED after a wait that ended with TASK_STOPPED. Always returns
 * false. */
bool task_stopped(struct err *err);

#endif
