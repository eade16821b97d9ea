#include "job/finish.h"

#include <string.h>

#include "base/clock.h"
#include "pg/notify.h"

#define CHANNEL "bulkpg_finish"

/* ---- listening ------------------------------------------------------- */

static void
heard(void *ctx, const char *payload)
{
    struct context *context = ctx;

    for (struct finish_wait *w = context->finishes; w != NULL; w = w->next) {
        if (strcmp(w->gid, payload) != 0)
            continue;
        w->is_told = true;
        task_wake_all(&w->waiting);
    }
}

/* Not behind a pooler that shares the session: it would listen for others. */
static bool
can_hear(const struct context *context)
{
    return context->journal != NULL && context->owns_session &&
           pg_is_alive(context->control);
}

void
finish_listen(struct context *context, struct pg_conn *control)
{
    pg_listen(control, CHANNEL, heard, context);
}

/* ---- waiting --------------------------------------------------------- */

/* Wait for the connection, and take what it has. The journal is borrowed, so
 * that no statement is in progress. */
static bool
be_the_ear(struct finish_wait *wait, int64_t until_ms, struct err *err)
{
    struct context *context = wait->context;
    struct pg_conn *control;
    enum task_wake wake;

    context->ear = wait;
    wake = pg_wait_notified(context->control, until_ms);
    context->ear = NULL;
    if (wake == TASK_STOPPED)
        return task_stopped(err);
    if (wake == TASK_TIMEOUT)
        return true;
    if (!journal_borrow(context->journal, &control, err))
        return false;
    pg_hear(control);
    journal_give_back(context->journal);
    return true;
}

static bool
wait_once(struct finish_wait *wait, int64_t until_ms, struct err *err)
{
    if (wait->context->ear == NULL && can_hear(wait->context))
        return be_the_ear(wait, until_ms, err);
    return task_wait(&wait->waiting, until_ms) != TASK_STOPPED ||
           task_stopped(err);
}

/* Another task becomes the ear. */
static void
wake_another(const struct finish_wait *wait)
{
    struct context *context = wait->context;

    for (struct finish_wait *w = context->finishes;
         context->ear == NULL && w != NULL; w = w->next)
        if (w != wait && w->waiting.first != NULL) {
            task_wake_all(&w->waiting);
            return;
        }
}

bool
finish_sleep(struct finish_wait *wait, int64_t until_ms, struct err *err)
{
    bool slept = true;

    while (slept && !wait->is_told && clock_now_ms() < until_ms)
        slept = wait_once(wait, until_ms, err);
    wait->is_told = false;
    wake_another(wait);
    return slept;
}

void
finish_begin(struct finish_wait *wait, struct context *context, const char *gid)
{
    *wait = (struct finish_wait){
        .context = context, .gid = gid, .next = context->finishes};
    context->finishes = wait;
}

void
finish_end(struct finish_wait *wait)
{
    struct finish_wait **at = &wait->context->finishes;

    while (*at != wait)
        at = &(*at)->next;
    *at = wait->next;
}
