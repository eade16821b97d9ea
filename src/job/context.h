/*
 * context - what one process of bulkpg holds: configuration, HTTP client,
 * sessions, the control connection and the journal on it.
 *
 * Opened as far as a command needs it, in this order: network, configuration,
 * database (job/control.h); a store's session on first use (job/store.h).
 */
#ifndef JOB_CONTEXT_H
#define JOB_CONTEXT_H

#include "base/backoff.h"
#include "base/task.h"
#include "config/config.h"
#include "config/options.h"
#include "http/http.h"
#include "job/fault.h"
#include "journal/journal.h"
#include "shopify/session.h"

struct jobs;

/* One store while the program runs. */
struct store_state {
    struct context *context;
    const struct store_config *config;
    struct session *session;        /* NULL before it is needed */
    bool has_token_claim;           /* while its refresh token is exchanged */
    struct task_lock introspecting; /* so that its jobs ask for a type once */
    int slots_taken;                /* operations of ours at the store */
    struct task_queue slot_freed;
    struct store_faults faults; /* of its jobs, each reported once */
    struct err silence;         /* why it did not say who it is */
    bool counts_preparations;   /* its jobs are being prepared, one by one */
    bool is_preparing;          /* one counts among those of all stores */
};

struct context {
    const struct options *options;
    struct config config;
    struct http *http;
    char *dsn; /* with its password; NULL until the database is opened */
    struct pg_conn *control;
    int control_losses; /* how often it was lost and had again */
    struct journal *journal;
    struct store_state *stores; /* in the order of config.stores */
    struct task_lock reopening;
    struct backoff reopening_backoff; /* one budget, whichever job waits */
    struct jobs *recorded; /* their failures are, in the journal; or NULL */
    int64_t loads_free;    /* loads that may begin now */
    struct task_queue load_ended;
    int preparations_free; /* jobs that may be prepared now */
    struct task_queue preparation_ended;
};

/* The network, and tasks that wait on it; nothing else is open yet. */
MUST_CHECK bool context_begin(struct context *context,
                              const struct options *options, struct err *err);

/* Close what is open, inside a task: closing may wait. context_end() comes
 * after the last task. */
void context_close(struct context *context);
void context_end(struct context *context);

/* Configuration from bulkpg.ini in the current directory and the flags; the
 * stores named by --store are checked to exist. */
MUST_CHECK bool context_configure(struct context *context, struct err *err);

/* Is the store one that this command is about? One at fault is, too, unless
 * it is switched off: its fault must be told. */
bool context_wants_store(const struct context *context,
                         const struct store_config *store);

/* "" before the database is opened. */
const char *context_dsn(const struct context *context);

/* Backoff for database retries, from [tuning]. */
struct backoff context_backoff(const struct context *context);

#endif
