/*
 * context - what one process of bulkpg holds: configuration, HTTP client,
 * sessions, the control connection and the journal on it.
 *
 * Opened as far as a command needs it, in this order: configuration,
 * network, database.
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

/* Run `body` as the first task, with signals caught: the first SIGINT or
 * SIGTERM stops the tasks, a second one ends the program. Returns its status.
 */
int context_run(const struct options *options,
                int (*body)(struct context *context));

/* Configuration from bulkpg.ini in the current directory and the flags; the
 * stores named by --store are checked to exist. */
MUST_CHECK bool context_configure(struct context *context, struct err *err);

/* Is the store one that this command is about? One at fault is, too, unless
 * it is switched off: its fault must be told. */
bool context_wants_store(const struct context *context,
                         const struct store_config *store);

/* Connect and open the journal, made when `make` and missing; then a pooler
 * that pools transactions is refused, too (ERR_CONFIG, SESSION_SHARED). */
MUST_CHECK bool
context_open_database(struct context *context, bool make, struct err *err);
const char *context_dsn(const struct context *context);

/* The control connection again, while the retry budget lasts, when it was
 * lost; the journal goes on with it, and so do its claims. Whoever held one
 * looks with journal_check_claim() whether it still does. ERR_LATER when the
 * budget is spent. */
MUST_CHECK bool
context_reopen_database(struct context *context, struct err *err);

/* Of tries against the database: [tuning] retry_*. */
struct backoff context_backoff(const struct context *context);

/* The store's session, made on first use. */
struct session *
context_session(struct context *context, struct store_state *store);

/* Print the failure on stderr as an operator reads it; its exit status. */
int context_fail(const struct err *err);

/* The same for a command that has nothing to do where nothing ever ran: no
 * journal is then no failure. */
int context_fail_without_journal(const struct err *err);

/* The same for preparing a job: it holds the store's types meanwhile, a
 * megabyte or two. While its store does not answer it does not count, so that
 * it holds up no other store. */
MUST_CHECK bool
context_begin_preparation(struct context *context, struct store_state *store,
                          struct err *err);
void
context_end_preparation(struct context *context, struct store_state *store);

/* Wait until one more load may run, and say that it has ended. */
MUST_CHECK bool context_begin_load(struct context *context, struct err *err);
void context_end_load(struct context *context);

#endif
