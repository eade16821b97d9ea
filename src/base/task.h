/*
 * task - sequential activities that wait without holding up each other.
 *
 * A job, a loader connection's pump, a cancelation: each is a task, a
 * function with a stack of its own that reads from top to bottom and gives
 * the thread away only inside the waits declared here. There is one thread,
 * so there is one scheduler, and between two waits a task has the whole
 * program to itself: no locks but task_lock() for things held over a wait.
 *
 *     turn:  run every task that is ready, each until its next wait
 *            gather descriptors and the nearest deadline
 *            wait once (curl's transfers move inside this wait)
 *            mark ready whose descriptor, deadline or queue came
 *
 * A stack is 256 KiB of address space of which only the touched pages are
 * memory, ended by a page that faults.
 */
#ifndef BASE_TASK_H
#define BASE_TASK_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct task;

/* Waits until a descriptor is ready or the time is over; fills `revents`.
 * poll(2) will do; the program's one also moves its HTTP transfers. */
typedef void
task_wait_fn(void *ctx, struct pollfd *fds, size_t count, int timeout_ms);

/* How a wait ended. */
enum task_wake {
    TASK_READY,   /* what was waited for has come */
    TASK_TIMEOUT, /* the deadline has come first */
    TASK_STOPPED  /* tasks_stop() was called: finish up */
};

/* Tasks waiting for the same thing. All zero is an empty queue. */
struct task_queue {
    struct task *first;
};

/* Held by one task at a time, over its waits. Tasks get it in the order in
 * which they asked for it. All zero is free. */
struct task_lock {
    struct task *holder;
    struct task_queue waiting;
};

/* Once, before the first task. NULL: poll(2). */
void tasks_init(task_wait_fn *wait, void *ctx);

/* Run `body(ctx)` as a task. `name` is borrowed, for messages. May be called
 * by a task; the new one starts in the next turn. */
void task_spawn(const char *name, void (*body)(void *ctx), void *ctx);

/* Run until every task has returned. */
void tasks_run(void);

/* From a signal handler or a task: every wait outside task_shield() ends with
 * TASK_STOPPED from now on. */
void tasks_stop(void);
bool tasks_stopping(void);

/* ---- only inside a task ------------------------------------------------ */

/* Wait for `events` (POLLIN, POLLOUT) on `fd`. Deadlines are
 * clock_now_ms() values or CLOCK_NEVER. */
enum task_wake task_wait_fd(int fd, short events, int64_t deadline_ms);
enum task_wake task_sleep_until(int64_t deadline_ms);
enum task_wake task_wait(struct task_queue *queue, int64_t deadline_ms);

/* Make every task in the queue ready. From anywhere, callbacks included. */
void task_wake_all(struct task_queue *queue);

/* Let every other ready task run once. */
void task_yield(void);

/* What must be finished even while stopping: shields nest. */
void task_shield(void);
void task_unshield(void);

/* False, with ERR_STOPPED, when stopped while waiting for it. */
MUST_CHECK bool task_lock(struct task_lock *lock, struct err *err);
void task_unlock(struct task_lock *lock);

/* Tasks that somebody waits for together. All zero is an empty group. */
struct task_group {
    int running;
    struct task_queue ended;
};

/* Run `body(ctx)` as a task of the group, and wait, stopping or not, until
 * every task of it has returned. */
void task_group_spawn(struct task_group *group, const char *name,
                      void (*body)(void *ctx), void *ctx);
void task_group_wait(struct task_group *group);

/* ERR_STOPPED, for a wait that said so. Always returns false. */
bool task_stopped(struct err *err);

#endif
