/*
 * operation - bulkpg.operation: what was submitted, and its end.
 */
#ifndef JOURNAL_OPERATION_H
#define JOURNAL_OPERATION_H

#include "journal/run.h"

struct journal_operation {
    int64_t run_id;
    int64_t n; /* from 1 */
    int64_t attempt;
    const char *operation_id; /* NULL: the store has not answered */
    const char *status;       /* the store's word; NULL likewise */
    const char *query;        /* the document as submitted */
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
    const char *store; /* read only, as are those below */
    const char *job;
    int64_t age_ms; /* since created_at, else since it was sent */
    bool is_lost;   /* sent, and neither refused nor answered */
};

struct journal_operations {
    struct journal_operation *operations; /* by run, n, attempt */
    size_t count;
};

/* Right before it is sent. Sets the run's submitted_at. */
MUST_CHECK bool
journal_operation_add(struct journal *journal, const struct run_ref *run,
                      const struct journal_operation *operation,
                      struct err *err);

/* It was refused and waits; or is about to be sent once more. */
MUST_CHECK bool
journal_operation_sent(struct journal *journal,
                       const struct journal_operation *operation, bool sent,
                       struct err *err);

/* Whatever is not NULL or -1, by (run_id, n, attempt); the run gets the sums
 * over the last attempts of its operations, and the last operation's id. */
MUST_CHECK bool
journal_operation_update(struct journal *journal,
                         const struct journal_operation *operation,
                         struct err *err);

MUST_CHECK bool
journal_run_operations(struct journal *journal, int64_t run_id,
                       struct arena *arena,
                       struct journal_operations *operations, struct err *err);

/* Those the store still works on, as far as we know, of any run, also of one
 * that was interrupted. `store`, `job` NULL: any. */
MUST_CHECK bool
journal_running_operations(struct journal *journal, const char *store,
                           const char *job, struct arena *arena,
                           struct journal_operations *operations,
                           struct err *err);

/* Those of (store, job) that other runs than `keep_run_id` left there: what
 * runs as far as we know, and what was never answered. */
MUST_CHECK bool
journal_left_operations(struct journal *journal, const char *store,
                        const char *job, int64_t keep_run_id,
                        struct arena *arena,
                        struct journal_operations *operations, struct err *err);

#endif
