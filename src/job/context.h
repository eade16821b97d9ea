/*
 * context - the state of one bulkpg process: configuration, HTTP client,
 * sessions, the control connection and the journal on it.
 *
 * A command opens only what it needs, in this order: network, configuration,
 * database (job/control.h). A store's session is opened on first use
 * (job/store.h).
 */
#ifndef JOB_CONTEXT_H
#define JOB_CONTEXT_H

#include "api/endpoint.h"
#include "base/backoff.h"
#include "base/hmac.h"
#include "base/task.h"
#include "config/config.h"
#include "config/options.h"
#include "http/http.h"
#include "job/fault.h"
#include "journal/journal.h"
#include "load/known.h"
#include "pg/pool.h"
#include "shopify/session.h"

struct jobs;

/* The state of one store. */
struct store_state {
    struct context *context;
    const struct store_config *config;
    struct session *session;        /* NULL before it is needed */
    struct endpoint *endpoint;      /* the same for a source */
    bool has_token_claim;           /* while its refresh token is exchanged */
    struct task_lock introspecting; /* so that each type is read only once */
    int slots_taken;                /* operations of this process */
    struct task_queue slot_freed;
    int mutation_slots_taken; /* mutations have slots of their own */
    struct task_queue mutation_slot_freed;
    struct store_faults faults;  /* of its jobs, each reported once */
    struct err silence;          /* why shop_info_refresh() failed */
    bool counts_preparations;    /* jobs are prepared within the limit */
    bool is_preparing;           /* has one of context.preparations_free */
    struct denied_known *denied; /* what it said to denied_ask() */
};

struct ids;          /* command/ids.h */
struct denied_known; /* job/denied.h */
struct finish_wait;  /* job/finish.h */

struct context {
    const struct options *options;
    struct config config;
    struct http *http;
    char *dsn; /* with its password; NULL until the database is opened */
    struct pg_conn *control;
    int control_losses; /* how often it was lost and reopened */
    bool lasts;         /* each failure of a job is reported by itself, because
                         * the process does not end with its jobs */
    bool owns_session;  /* it is checked that no pooler shares its session */
    struct journal *journal;
    struct finish_wait *finishes;  /* tasks that wait for operations, */
    const struct finish_wait *ear; /* and the one that waits for what the
                                    * control connection hears */
    struct store_state *stores;    /* in the order of config.stores */
    struct task_lock reopening;
    struct backoff reopening_backoff; /* all jobs share its budget */
    struct jobs *recorded;            /* for outcomes_record(); or NULL */
    struct known_budget compare;      /* memory for the hashes of rows */
    struct pg_pool sessions;          /* of loads that have ended */
    int connections;                  /* of each load */
    int64_t loads_free;               /* this many more loads may begin now */
    struct task_queue load_ended;
    int preparations_free; /* this many more jobs may be prepared now */
    struct task_queue preparation_ended;
    struct rate_pool rates;        /* of all stores and sources */
    struct task_lock large_answer; /* one over 4 MiB is read at a time */
    const struct ids *ids;         /* of --ids; NULL: not given */
    bool has_mask_key;             /* masks_check() has read it */
    struct hmac_key mask_key;
};

/* Open the network and start the task scheduler. Nothing else is open yet. */
MUST_CHECK bool context_begin(struct context *context,
                              const struct options *options, struct err *err);

/* Close everything that is open. Call context_close() inside a task, because
 * closing may wait, and context_end() after the last task. */
void context_close(struct context *context);
void context_end(struct context *context);

/* Read the configuration from bulkpg.ini in the current directory and from the
 * options, and check that the stores named by --store exist. */
MUST_CHECK bool context_configure(struct context *context, struct err *err);

/* Does the command use this store? True also for a store whose configuration
 * has a fault, so that the fault is reported, unless the store is disabled. */
bool context_wants_store(const struct context *context,
                         const struct store_config *store);

/* The store of this name, or NULL. */
struct store_state *
context_store(const struct context *context, const char *name);

/* "" before the database is opened. */
const char *context_dsn(const struct context *context);

/* Backoff for database retries, from [tuning]. */
struct backoff context_backoff(const struct context *context);

/* How long the journal keeps what, from [tuning]. */
struct journal_keep context_keep(const struct context *context);

#endif
