/*
 * finish - wait for the next poll of an operation, or until a webhook says that
 * the operation has ended.
 *
 * `bulkpg listen` receives the webhook, and notifies the channel bulkpg_finish
 * with the operation's gid. The control connection listens to it. Webhooks can
 * be lost, so polling continues.
 *
 * One of the tasks that wait is the ear: it waits for the connection. The
 * others wait until the ear hears their operation, or leaves, and another one
 * becomes the ear.
 */
#ifndef JOB_FINISH_H
#define JOB_FINISH_H

#include "job/context.h"

/* A task that waits for an operation. Must not move. */
struct finish_wait {
    struct context *context;
    const char *gid;
    bool is_told; /* and has not polled since */
    struct task_queue waiting;
    struct finish_wait *next;
};

/* Let a new control connection listen. The LISTEN is sent with the next
 * statement, so that it costs no wait. */
void finish_listen(struct context *context, struct pg_conn *control);

/* From now on, a webhook about the operation is remembered. `gid` is borrowed
 * until finish_end(). */
void finish_begin(struct finish_wait *wait, struct context *context,
                  const char *gid);
void finish_end(struct finish_wait *wait);

/* Sleep until the time, or until the operation has ended. ERR_STOPPED. */
MUST_CHECK bool
finish_sleep(struct finish_wait *wait, int64_t until_ms, struct err *err);

#endif
