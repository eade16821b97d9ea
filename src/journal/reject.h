/*
 * reject - bulkpg.reject: lines that could not be loaded. They are kept even if
 * the run fails.
 */
#ifndef JOURNAL_REJECT_H
#define JOURNAL_REJECT_H

#include "base/span.h"
#include "journal/run.h"

struct journal_reject {
    const char *operation_id; /* NULL: none */
    int64_t line_number;
    int64_t byte_offset;
    const char *table_name; /* NULL: not known */
    const char *object_id;  /* NULL: not known */
    const char *reason;
    struct span raw; /* the line; its first MiB is kept */
};

/* Add rejects to a run. ERR_LATER with the code TAKEN_OVER if another process
 * has taken over the run; nothing is added then. */
MUST_CHECK bool
journal_reject_add(struct journal *journal, const struct run_ref *run,
                   const struct journal_reject *rejects, size_t count,
                   struct err *err);

/* Queue the same on the caller's connection, in a transaction that has locked
 * the run. False only if a reject is too long. */
MUST_CHECK bool
journal_queue_rejects(struct pg_conn *conn, const struct run_ref *run,
                      const struct journal_reject *rejects, size_t count,
                      struct err *err);

/* Queue, on the caller's connection: remove the lines of all rejects of a job,
 * and their reasons, except of runs with this plan. */
void journal_queue_rejects_hide(struct pg_conn *conn, const char *store,
                                const char *job, const char *plan_hash);

#endif
