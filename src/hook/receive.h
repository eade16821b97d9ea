/*
 * receive - webhooks become committed events.
 *
 *     take: verify ─► read ─► queue ─┐
 *                                    ▼
 *     receiver_run(): up to 500 events in one statement ─► answer all of them
 *
 * A request is answered with 200 only after the COMMIT. If the database cannot
 * take an event, its request is answered with 503, and the store sends it again
 * later. The queue is as long as the server has connections.
 */
#ifndef HOOK_RECEIVE_H
#define HOOK_RECEIVE_H

#include "base/backoff.h"
#include "base/task.h"
#include "hook/shops.h"
#include "pg/conn.h"

struct receiver;
struct server_request;

/* Answer a request that had to wait. */
typedef void
receiver_answer_fn(struct server_request *request, unsigned status);

/* All of it is borrowed. */
struct receiver *
receiver_new(const struct shops *shops, const struct pg_config *database,
             const struct backoff *backoff, receiver_answer_fn *answer);
void receiver_free(struct receiver *receiver);

/* Take a request. Returns the status to answer it with at once, or 0: it waits
 * until receiver_answer_fn is called. `request` may then not end before. */
unsigned receiver_take(void *receiver, const struct delivery *delivery,
                       struct server_request *request);

/* Does the database take events, and soon? */
bool receiver_is_well(void *receiver);

/* Commit events until receiver_close() and the queue is empty. A task of its
 * own. A stop does not end it. */
void receiver_run(void *receiver);

/* No request will be taken any more. */
void receiver_close(struct receiver *receiver);

#endif
