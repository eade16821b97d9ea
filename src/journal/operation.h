/*
 * operation - bulkpg.operation: the bulk operations of runs, from their
 * submission to their end.
 */
#ifndef JOURNAL_OPERATION_H
#define JOURNAL_OPERATION_H

#include "journal/run.h"

struct journal_operation {
    int64_t run_id;
    int64_t n; /* from 1 */
    int64_t attempt;
    const char *operation_id; /* NULL: the store has not answered yet */
    const char *status;       /* the store's name for it, or NULL as above */
    const char *query;        /* the document that is submitted */
    const char *window_from;
    const char *window_to;
    const char *created_at;
    const char *completed_at;
    int64_t object_count;
    int64_t root_object_count;
    int64_t file_size;
    int64_t lines;
    int64_t bytes;
    const char *error_code;

    /* Only set when operations are read. */
    const char *store;
    const char *job;
    int64_t age_ms; /* since created_at, or else since the submission */
    bool is_lost;   /* submitted, and neither refused nor answered */
};

struct journal_operations {
    struct journal_operation *operations; /* sorted by run, n, attempt */
    size_t count;
};

/* Add an operation just before it is submitted. The first one of a run sets the
 * run's submitted_at. */
MUST_CHECK bool
journal_operation_add(struct journal *journal, const struct run_ref *run,
                      const struct journal_operation *operation,
                      struct err *err);

/* Add the one operation of a run that is read page by page, before its first
 * page; it has no id. `operation` has its run_id, query, window and created_at,
 * which is where the next window begins. If the run begins from scratch, the
 * operation is replaced. journal_operation_update() records its end. */
MUST_CHECK bool
journal_operation_pages(struct journal *journal, const struct run_ref *run,
                        const struct journal_operation *operation,
                        struct err *err);

/* Is it the operation of a run that is read page by page? */
bool journal_operation_is_paged(const struct journal_operation *operation);

/* Record that the operation is about to be submitted again (`sent`), or that
 * the store refused it and it waits. */
MUST_CHECK bool
journal_operation_sent(struct journal *journal,
                       const struct journal_operation *operation, bool sent,
                       struct err *err);

/* Update the operation (run_id, n, attempt) with all members that are not NULL
 * or -1. The run's counts become the sums over the last attempts of its
 * operations, and its operation_id that of the last operation. */
MUST_CHECK bool
journal_operation_update(struct journal *journal,
                         const struct journal_operation *operation,
                         struct err *err);

/* The same with the journal's next statement, in its wait: the run records
 * something soon, and nothing depends on this. */
MUST_CHECK bool
journal_operation_update_soon(struct journal *journal,
                              const struct journal_operation *operation,
                              struct err *err);

/* The same after a submission, before which the operation has no id; the run's
 * status becomes `polling`. */
MUST_CHECK bool
journal_operation_submitted(struct journal *journal, const struct run_ref *run,
                            const struct journal_operation *operation,
                            struct err *err);

MUST_CHECK bool
journal_run_operations(struct journal *journal, int64_t run_id,
                       struct arena *arena,
                       struct journal_operations *operations, struct err *err);

/* List the operations that are still running according to the journal,
 * including those of interrupted runs. `store`, `job` NULL: any. */
MUST_CHECK bool
journal_running_operations(struct journal *journal, const char *store,
                           const char *job, struct arena *arena,
                           struct journal_operations *operations,
                           struct err *err);

/* List the operations that runs of (store, job) left at the store, except those
 * of `keep_run_id`: those that are still running according to the journal, and
 * those whose submission was never answered. */
MUST_CHECK bool
journal_left_operations(struct journal *journal, const char *store,
                        const char *job, int64_t keep_run_id,
                        struct arena *arena,
                        struct journal_operations *operations, struct err *err);

/* Ask ahead for the operations that earlier runs left, as
 * journal_left_operations() does when no run is kept: see pg/queue.h. */
void journal_operations_ahead(struct pg_conn *conn, const void *owner,
                              const char *store, const char *job);

#endif
