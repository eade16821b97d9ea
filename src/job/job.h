/*
 * job - one query file of one store: its text, its plan and its outcome.
 */
#ifndef JOB_JOB_H
#define JOB_JOB_H

#include "base/log.h"
#include "config/query_files.h"
#include "graphql/deprecated.h"
#include "graphql/notes.h"
#include "job/context.h"
#include "job/progress.h"
#include "job/timings.h"
#include "job/types.h"
#include "plan/plan.h"

struct journal_run_table;

/* The only roots that a run fetches. */
struct job_ids {
    const char *const *list; /* as the API knows them, each once */
    int count;
    const int64_t *read_us; /* of each one, as in journal/pending.h; NULL: the
                             * user has named them */
};

/* Does the job run because of pending objects (journal/pending.h)? */
enum job_pending {
    JOB_NOT_PENDING,
    JOB_PENDING,        /* it is not decided yet how */
    JOB_PENDING_BY_IDS, /* fetch just these */
    JOB_PENDING_BY_RUN  /* by an ordinary run */
};

struct job {
    struct context *context;
    struct store_state *store;
    const struct store_config *config; /* the store's */
    const struct query_file *file;
    struct arena arena; /* for everything below */
    struct log_ctx log;
    struct plan *plan;
    const struct gql_deprecated *deprecated; /* deprecated fields it selects */
    struct gql_note *notes; /* parts of the query with a surprising effect */
    bool asks_access;       /* job_prepare() asks the store which fields with
                          * @optional it denies; the caller sets it */
    const char **denied;    /* these, as gql_leave_out() takes them; or NULL */
    const char *query_hash; /* the plan's hash if nothing is denied: of a saved
                             * result, which may be loaded at another time */
    struct err err;         /* why it failed; kind ERR_NONE: it did not */
    struct store_fault *fault; /* of the store, if that is the cause; or NULL */
    int status;                /* exit status, once it has ended */
    bool has_outcome;          /* it is in the journal, or must not be */
    struct progress progress;
    enum job_pending pending;
    const struct job_ids *ids;  /* NULL: all roots */
    struct rate_user rate_user; /* its turns among the requests for pages */
    struct timings timings;
    bool is_loaded; /* the result is in its tables */
    bool is_dry;    /* a dry run of it has ended; tables, rejects and err
                             * are those that a run would have */
    const char *const *ddl; /* of a dry run: statements that a run would execute
                             * first, NULL-terminated; NULL: none */
    int64_t rejects;        /* lines that were rejected */
    const struct journal_run_table *tables; /* that it wrote; NULL: none */
    size_t table_count;
};

void job_init(struct job *job, struct context *context,
              struct store_state *store, const struct query_file *file);
void job_free(struct job *job);

/* Parse the query, get the types (from `types_file` if not NULL), leave out
 * fields with @optional that the store does not have, check the query against
 * types and bulk rules, and plan the tables. If job->asks_access is set, ask
 * the store for the first row, and leave out the fields that it denies. */
MUST_CHECK bool
job_prepare(struct job *job, const char *types_file, struct err *err);

/* Prepare it again without the fields that the store denied when it refused the
 * query or its operation with `why`. *changed: there are such fields. */
MUST_CHECK bool job_leave_out_denied(struct job *job, const struct err *why,
                                     bool *changed, struct err *err);

/* Prepare it again without these fields, which a saved result does not have.
 * `paths` ends in NULL. */
MUST_CHECK bool
job_leave_out(struct job *job, const char *const *paths, struct err *err);

/* A time as text in the form that Shopify reads, in the job's arena. */
const char *job_time(struct job *job, int64_t seconds_since_1970);

/* Has the job ended without a run, because it was not due? */
bool job_was_not_due(const struct job *job);

/* End the job. Call it once for each job that jobs_run() runs. */
void job_end(struct job *job);

/* The outcome for people: "loaded", "nothing was due", "failed", "postponed",
 * "stopped"; of a dry run "dry run", "would fail", "tables must change". */
const char *job_ending(const struct job *job);

/* End the job with `err` and set its exit status. The error is logged now, or,
 * if it concerns all jobs of the store, together with theirs. After
 * outcomes_begin() it is also recorded in the journal. */
void job_fail(struct job *job, const char *message, const struct err *err);

#endif
