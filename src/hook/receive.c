/*
 * The queue between the server and the database, and the task that empties it.
 *
 *     well ── a statement failed ──► down: 503 for every request
 *       ▲                              │ backoff
 *       └───── the database writes ◄───┘
 *
 * A statement is tried up to three times after a lost connection or a deadlock,
 * and once after any other failure.
 *
 * Events that arrive while a statement runs are committed with the next one. So
 * the busier the server, the more events share a commit.
 *
 * Hazards.
 * - A failed statement may have been committed. Sending it again is harmless,
 *   because events that are known are not recorded again.
 * - Two listeners and a merge change the same rows of bulkpg.pending. The
 *   server ends a deadlock, and the statement is sent again.
 * - A lock could block the statement for hours, so it has a timeout. It is
 *   shorter than the five seconds that the store waits for an answer.
 * - Refusals are counted in memory, because anybody can cause them, and saved
 *   every few seconds. That is done even if there are none: so an idle receiver
 *   knows whether the database takes rows.
 */
#include "hook/receive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "journal/event.h"
#include "sql.h"

enum {
    OK = 200,
    BAD_REQUEST = 400,
    UNAUTHORIZED = 401,
    UNAVAILABLE = 503,
    TRIES = 3,
    LONG_WAIT_MS = 2000,    /* of an event in the queue */
    SAVE_EVERY_MS = 5000,   /* refusals */
    REPORT_EVERY_MS = 60000 /* refusals are logged */
};

struct waiting {
    struct waiting *next;
    struct server_request *request;
    const struct shop *shop; /* whose secret signed it */
    int64_t since_ms;
    struct delivery_event event;
};

struct receiver {
    const struct shops *shops;
    const struct pg_config *database;
    struct backoff backoff;
    receiver_answer_fn *answer;
    struct pg_conn *conn; /* NULL: not connected */
    struct waiting *first;
    struct waiting **end;
    struct task_queue changed; /* the queue, or is_closed */
    bool is_closed;
    bool is_down;
    int64_t *refused; /* of each shop, and of none at the end, not yet saved */
    bool has_refused;
    int64_t saved_ms;             /* when they were last saved */
    int64_t refused_since;        /* the last line of the log */
    int64_t told_ms;              /* when it was written; 0: never */
    int64_t told_id_ms;           /* the same for webhooks without an id */
    struct journal_event *events; /* of one statement */
    const char **jobs;            /* of these events */
    size_t jobs_room;
};

struct receiver *
receiver_new(const struct shops *shops, const struct pg_config *database,
             const struct backoff *backoff, receiver_answer_fn *answer)
{
    struct receiver *receiver = mem_alloc(sizeof(*receiver));

    receiver->shops = shops;
    receiver->database = database;
    receiver->backoff = *backoff;
    receiver->answer = answer;
    receiver->end = &receiver->first;
    receiver->refused = mem_array(shops->count + 1, sizeof(int64_t));
    receiver->events =
        mem_array(JOURNAL_EVENTS_MOST, sizeof(*receiver->events));
    return receiver;
}

void
receiver_free(struct receiver *receiver)
{
    free(receiver->refused);
    free(receiver->events);
    free(receiver->jobs);
    free(receiver);
}

/* ---- taking requests ---------------------------------------------------- */

/* Is it time for a line in the log, one a minute? */
static bool
may_tell(int64_t *told_ms)
{
    int64_t now = clock_now_ms();

    if (*told_ms != 0 && now - *told_ms < REPORT_EVERY_MS)
        return false;
    *told_ms = now;
    return true;
}

static void
report_refusal(struct receiver *receiver, const struct delivery *delivery,
               const char *reason)
{
    char domain[DELIVERY_NAME_BYTES];

    receiver->refused_since++;
    if (!may_tell(&receiver->told_ms))
        return;
    snprintf(domain, sizeof(domain), "%.*s", SPAN_ARG(delivery->domain));
    log_warn(NULL, MSG_WEBHOOK_REFUSED, "webhooks were refused",
             LOG_STR("reason", reason), LOG_STR("domain", domain),
             LOG_NUM("requests", receiver->refused_since), LOG_END);
    receiver->refused_since = 0;
}

static unsigned
refuse(struct receiver *receiver, const struct delivery *delivery,
       const char *reason, unsigned status)
{
    const struct shop *shop =
        shops_next(receiver->shops, delivery->domain, NULL);
    size_t at = shop != NULL ? (size_t)(shop - receiver->shops->items)
                             : receiver->shops->count;

    receiver->refused[at]++;
    receiver->has_refused = true;
    report_refusal(receiver, delivery, reason);
    return status;
}

/* The rows of such an object come with the next run of everything. */
static void
warn_without_id(struct receiver *receiver, const struct shop *shop,
                const struct delivery_event *event)
{
    struct log_ctx log = {.store = shop->config->name};

    if (event->known == NULL || event->object_id > 0 ||
        !may_tell(&receiver->told_id_ms))
        return;
    log_warn(&log, MSG_WEBHOOK_WITHOUT_ID,
             "a webhook does not say which object has changed",
             LOG_STR("topic", event->topic), LOG_END);
}

unsigned
receiver_take(void *ctx, const struct delivery *delivery,
              struct server_request *request)
{
    struct receiver *receiver = ctx;
    struct waiting *waiting;
    const struct shop *shop;
    const char *reason;
    struct err err;

    shop = shops_verify(receiver->shops, delivery, &reason);
    if (shop == NULL)
        return refuse(receiver, delivery, reason, UNAUTHORIZED);
    if (receiver->is_down)
        return UNAVAILABLE;
    waiting = mem_alloc(sizeof(*waiting));
    if (!delivery_read(delivery, &waiting->event, &err)) {
        free(waiting);
        return refuse(receiver, delivery, err.message, BAD_REQUEST);
    }
    warn_without_id(receiver, shop, &waiting->event);
    waiting->request = request;
    waiting->shop = shop;
    waiting->since_ms = clock_now_ms();
    *receiver->end = waiting;
    receiver->end = &waiting->next;
    task_wake_all(&receiver->changed);
    return 0;
}

bool
receiver_is_well(void *ctx)
{
    const struct receiver *receiver = ctx;

    return !receiver->is_down &&
           (receiver->first == NULL ||
            clock_now_ms() - receiver->first->since_ms < LONG_WAIT_MS);
}

void
receiver_close(struct receiver *receiver)
{
    receiver->is_closed = true;
    task_wake_all(&receiver->changed);
}

/* ---- the database ------------------------------------------------------- */

static void
subtract_sent(struct receiver *receiver, const int64_t *sent)
{
    receiver->has_refused = false;
    for (size_t i = 0; i <= receiver->shops->count; i++) {
        receiver->refused[i] -= sent[i];
        if (receiver->refused[i] > 0)
            receiver->has_refused = true;
    }
}

/* More may be refused while the statement runs. */
static bool
save_refused(struct receiver *receiver, struct err *err)
{
    size_t shops = receiver->shops->count, count = 0;
    struct journal_refused *refused = mem_array(shops + 1, sizeof(*refused));
    int64_t *sent = mem_array(shops + 1, sizeof(*sent));
    bool ok;

    for (size_t i = 0; i <= shops; i++) {
        sent[i] = receiver->refused[i];
        if (sent[i] > 0 || i == shops)
            refused[count++] = (struct journal_refused){
                i < shops ? receiver->shops->items[i].config->name : "",
                sent[i]};
    }
    receiver->saved_ms = clock_now_ms();
    ok = journal_count_refused(receiver->conn, refused, count, err);
    if (ok)
        subtract_sent(receiver, sent);
    free(refused);
    free(sent);
    return ok;
}

static void
close_database(struct receiver *receiver)
{
    if (receiver->conn != NULL)
        pg_close(receiver->conn);
    receiver->conn = NULL;
}

/* Connect, and make sure that the database takes rows: a standby or a full disk
 * answers, too. */
static bool
open_database(struct receiver *receiver, struct err *err)
{
    if (receiver->conn != NULL && pg_is_alive(receiver->conn))
        return true;
    close_database(receiver);
    if (!pg_connect(receiver->database, &receiver->conn, err))
        return false;
    if (pg_script(receiver->conn, sql_receive_session, err) &&
        save_refused(receiver, err))
        return true;
    close_database(receiver);
    return false;
}

/* ---- one statement ------------------------------------------------------ */

/* Add the jobs of the shop that have roots of the type. */
static size_t
add_jobs(struct receiver *receiver, size_t at, const struct shop *shop,
         const char *type)
{
    if (at + shop->job_count > receiver->jobs_room) {
        receiver->jobs_room = 2 * (at + shop->job_count);
        receiver->jobs = mem_resize(
            receiver->jobs, receiver->jobs_room * sizeof(*receiver->jobs));
    }
    for (size_t i = 0; i < shop->job_count; i++)
        if (type != NULL && strcmp(shop->jobs[i].type, type) == 0)
            receiver->jobs[at++] = shop->jobs[i].job;
    return at;
}

static struct journal_event
event_of(const struct waiting *waiting, const struct shop *shop)
{
    const struct delivery_event *event = &waiting->event;

    return (struct journal_event){
        .store = shop->config->name,
        .event_id = event->event_id,
        .topic = event->topic,
        .type = event->known != NULL ? event->known->type : NULL,
        .object_id = event->object_id,
        .triggered_us = event->triggered_us,
        .finished = event->finished[0] != '\0' ? event->finished : NULL};
}

/* How many rows an event becomes: one for each section of its domain, as far as
 * a statement has room. */
static size_t
sections_of(const struct receiver *receiver, const struct waiting *waiting)
{
    struct span domain = span_str(waiting->shop->config->domain);
    const struct shop *shop = NULL;
    size_t count = 0;

    while ((shop = shops_next(receiver->shops, domain, shop)) != NULL)
        count++;
    return count < JOURNAL_EVENTS_MOST ? count : JOURNAL_EVENTS_MOST;
}

/* Fill the statement from the queue. Returns the number of its events; *taken
 * is the number of requests that they are from. */
static size_t
fill(struct receiver *receiver, size_t *taken)
{
    struct waiting *waiting = receiver->first;
    size_t count = 0, jobs = 0;

    *taken = 0;
    for (; waiting != NULL; waiting = waiting->next) {
        struct span domain = span_str(waiting->shop->config->domain);
        const struct shop *shop = shops_next(receiver->shops, domain, NULL);

        if (count + sections_of(receiver, waiting) > JOURNAL_EVENTS_MOST)
            break;
        ++*taken;
        for (; shop != NULL && count < JOURNAL_EVENTS_MOST;
             shop = shops_next(receiver->shops, domain, shop)) {
            struct journal_event *event = &receiver->events[count++];
            size_t first = jobs;

            *event = event_of(waiting, shop);
            jobs = add_jobs(receiver, jobs, shop, event->type);
            event->job_count = jobs - first;
        }
    }
    /* `jobs` may have moved while it grew. */
    for (size_t i = 0, at = 0; i < count; at += receiver->events[i++].job_count)
        receiver->events[i].jobs = receiver->jobs + at;
    return count;
}

/* Could the statement succeed if it is sent again at once? Not if it waited for
 * too long: its requests have waited as long, and the store does not wait much
 * longer. */
static bool
is_worth_a_try(const struct receiver *receiver, const struct err *err)
{
    return receiver->conn == NULL || !pg_is_alive(receiver->conn) ||
           strcmp(err->code, "40P01") == 0 || strcmp(err->code, "40001") == 0;
}

/* The statement is filled for each try, because the jobs may have been read
 * again during the one before. */
static bool
commit(struct receiver *receiver, size_t *taken, struct err *err)
{
    for (int i = 0; i < TRIES; i++) {
        if (open_database(receiver, err)) {
            size_t count = fill(receiver, taken);

            if (journal_events_add(receiver->conn, receiver->events, count,
                                   err))
                return true;
        } else if (i > 0) {
            return false;
        }
        if (!is_worth_a_try(receiver, err))
            return false;
    }
    return false;
}

/* Answer the first requests of the queue. More may have come in meanwhile. */
static void
answer_first(struct receiver *receiver, size_t count, unsigned status)
{
    for (; count > 0 && receiver->first != NULL; count--) {
        struct waiting *waiting = receiver->first;

        receiver->first = waiting->next;
        if (receiver->first == NULL)
            receiver->end = &receiver->first;
        receiver->answer(waiting->request, status);
        free(waiting);
    }
}

/* ---- the task ----------------------------------------------------------- */

static void
go_down(struct receiver *receiver, const struct err *err)
{
    if (!receiver->is_down)
        log_warn(NULL, MSG_WEBHOOKS_UNSAVED,
                 "the database does not record webhooks: they are answered "
                 "with 503",
                 LOG_STR("error", err->message), LOG_STR("cause", err->code),
                 LOG_END);
    receiver->is_down = true;
    close_database(receiver);
    answer_first(receiver, SIZE_MAX, UNAVAILABLE);
}

/* Wait until the database takes rows again, or until the end. */
static void
come_up(struct receiver *receiver)
{
    struct err err;

    while (receiver->is_down && !receiver->is_closed) {
        int64_t delay_ms = backoff_failed(&receiver->backoff, 0);

        (void)task_wait(&receiver->changed,
                        clock_after_ms(delay_ms > 0 ? delay_ms : 0));
        if (receiver->is_closed)
            return;
        receiver->is_down = !open_database(receiver, &err);
    }
    if (receiver->is_down)
        return;
    backoff_succeeded(&receiver->backoff);
    log_info(NULL, "the database records webhooks again", LOG_END);
}

/* The end of a session says nothing about the database: it is opened again, and
 * then they are saved, too. */
static void
save(struct receiver *receiver)
{
    struct err err;

    if (!open_database(receiver, &err) ||
        (!save_refused(receiver, &err) &&
         (!is_worth_a_try(receiver, &err) || !open_database(receiver, &err))))
        go_down(receiver, &err);
}

static int64_t
next_save_ms(const struct receiver *receiver)
{
    return receiver->saved_ms + SAVE_EVERY_MS;
}

static void
work(struct receiver *receiver)
{
    size_t taken;
    struct err err;

    if (receiver->first != NULL) {
        if (commit(receiver, &taken, &err))
            answer_first(receiver, taken, OK);
        else
            go_down(receiver, &err);
    }
    if (!receiver->is_down && clock_now_ms() >= next_save_ms(receiver))
        save(receiver);
    if (receiver->is_down)
        come_up(receiver);
}

void
receiver_run(void *ctx)
{
    struct receiver *receiver = ctx;
    struct err err;

    task_shield();
    if (!open_database(receiver, &err))
        go_down(receiver, &err);
    while (!receiver->is_closed || receiver->first != NULL)
        if (receiver->first != NULL || receiver->is_down ||
            task_wait(&receiver->changed, next_save_ms(receiver)) ==
                TASK_TIMEOUT)
            work(receiver);
    if (receiver->has_refused && !receiver->is_down)
        save(receiver);
    close_database(receiver);
    task_unshield();
}
