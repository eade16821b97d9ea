/*
 * run - bulkpg.run: records runs, from their beginning to their end.
 *
 * journal/runs.h reads runs. journal/merge.h is the part of the merge
 * transaction.
 */
#ifndef JOURNAL_RUN_H
#define JOURNAL_RUN_H

#include "base/buf.h"
#include "journal/journal.h"

struct call;

enum run_mode {
    RUN_FULL,
    RUN_INCREMENTAL,
    RUN_REPLAY,
    RUN_IDS,    /* the objects that --ids named */
    RUN_NO_MODE /* SQL NULL: the job ended before its mode was chosen */
};

enum run_status {
    RUN_SUBMITTING,
    RUN_WAITING,
    RUN_POLLING,
    RUN_LOADING,
    RUN_MERGING,
    RUN_LOADED,
    RUN_LOADED_WITH_REJECTS,
    RUN_FAILED,
    RUN_INTERRUPTED,
    RUN_CANCELED,
    RUN_DRY,       /* with --dry-run, from its beginning to after its end */
    RUN_ABANDONED, /* never stored: unfinished, and no process has its claim */
    RUN_NEVER      /* never stored: the job has no run */
};

const char *run_mode_name(enum run_mode mode);
const char *run_status_name(enum run_status status);

/* True if a run with this status can no longer be resumed: loaded (with or
 * without rejects), failed, canceled or dry. */
bool run_status_is_final(enum run_status status);

/* A run as this process knows it. A process that takes over a run increments
 * `resumed`; every later call of the earlier process then fails (ERR_LATER with
 * the code TAKEN_OVER). If the run was ended by another process, calls fail
 * with ERR_FAILED and the code CANCELED or SUPERSEDED. */
struct run_ref {
    int64_t run_id;
    int64_t resumed;
};

/* The first attempt of a run's first operation, if it is submitted as soon as
 * the run has begun. Its query contains the run's id. */
struct run_first {
    const char *before; /* the query before the id, and after it */
    const char *after;
    const char *window_from; /* NULL: none */
    const char *window_to;
};

struct run_start {
    const char *store;
    const char *job;
    enum run_mode mode;
    const char *mode_reason;
    const char *plan_hash;
    const char *window_from; /* NULL: none */
    const char *window_to;
    const struct run_first *first; /* added with the run; NULL: none */
    bool is_dry;
};

/* Queue what journal_run_begin() sends; `result` gets the run's id. For
 * src/journal only. */
void run_queue_begin(struct pg_conn *conn, const struct run_start *start,
                     struct pg_result **result);

/* Add a run with the status `submitting`, or `loading` if it is a replay. A dry
 * run has the status `dry`, and keeps it, whatever status is set later. */
MUST_CHECK bool
journal_run_begin(struct journal *journal, const struct run_start *start,
                  struct run_ref *run, struct err *err);

/* Take over an unfinished run: increment `run->resumed`, clear its error and
 * set `status`. *taken is false if the run has ended or another process took it
 * over first. Waits for a merge of the run that is in progress, and ends that
 * merge's session if its client has been silent for 5 s. */
MUST_CHECK bool
journal_run_resume(struct journal *journal, struct run_ref *run,
                   enum run_status status, bool *taken, struct err *err);

/* Queue the UPDATE of journal_run_status(). No row: the run is not ours. For
 * src/journal only. */
void run_queue_status(struct pg_conn *conn, const struct run_ref *run,
                      enum run_status status, struct pg_result **ours);

/* Fails, as struct run_ref says, if another process has taken over or ended the
 * run. */
MUST_CHECK bool journal_run_is_ours(struct journal *journal,
                                    const struct run_ref *run, struct err *err);

MUST_CHECK bool
journal_run_status(struct journal *journal, const struct run_ref *run,
                   enum run_status status, struct err *err);

/* Do the same ahead, in the wait of another question: see pg/queue.h. */
void
journal_run_status_ahead(struct pg_conn *conn, const void *owner,
                         const struct run_ref *run, enum run_status status);

/* Merge `note`, a JSON object, into the notes of an unfinished run. */
MUST_CHECK bool
journal_run_note(struct journal *journal, const struct run_ref *run,
                 const char *note, struct err *err);

/* Set the status `loading`, and delete the rejects of an earlier attempt,
 * unless this one `continues` it. `loaded_at` becomes the time by the
 * database's clock, in microseconds. */
MUST_CHECK bool
journal_run_loading(struct journal *journal, const struct run_ref *run,
                    bool continues, char loaded_at[JOURNAL_TIME_BYTES],
                    struct err *err);

/* Queue the same, of an attempt that continues nothing: see pg/queue.h. A fence
 * must follow: see journal/merge.h. `loading` gets the time. */
void journal_queue_loading(struct pg_conn *conn, const struct run_ref *run,
                           struct pg_result **loading);

/* Counts of a run; -1 leaves a column as it is. The counts that the store
 * announced are set by journal_operation_update(). */
struct run_counts {
    int64_t lines;
    int64_t bytes;
    int64_t rows_inserted;
    int64_t rows_updated;
    int64_t rows_deleted;
    int64_t rows_unchanged;
    int64_t rejects;
    int64_t duplicates;
    int64_t sanitized;
};

extern const struct run_counts run_counts_unknown; /* all -1 */

/* The end or the interruption of a run. */
struct run_end {
    enum run_status status;
    const char *error_code; /* NULL: no error */
    const char *error;
    struct run_counts counts;
    const char *timings; /* JSON object; NULL leaves it as it is */
    const char *notes;   /* JSON object, merged into the notes; NULL: none */
};

/* Record the end of a run that failed or was stopped. A run that is loaded is
 * never changed. */
MUST_CHECK bool
journal_run_finish(struct journal *journal, const struct run_ref *run,
                   const struct run_end *end, struct err *err);

/* The end of a job that ended before it had a run. */
struct run_outcome {
    const char *store;
    const char *job;
    const char *plan_hash;  /* NULL: it had no plan */
    enum run_status status; /* RUN_FAILED or RUN_INTERRUPTED */
    const struct err *err;
    int64_t took_ms;
};

/* Outcomes that one statement records. Initialize with {0}. */
struct run_outcomes {
    struct buf text;
    struct json_out *json; /* writes to `text`; NULL: not begun */
    size_t count;
};

/* Add an outcome. True if it is time to call journal_run_outcomes(). */
bool run_outcomes_add(struct run_outcomes *outcomes,
                      const struct run_outcome *outcome);

/* Add a row to bulkpg.run for each outcome, in one statement. Omit jobs that
 * another process runs now, and interrupted jobs that were not due: their last
 * good run is younger than `older_than_ms` (-1: all are due). */
MUST_CHECK bool
journal_run_outcomes(struct journal *journal, struct run_outcomes *outcomes,
                     int64_t older_than_ms, struct err *err);

void run_outcomes_clear(struct run_outcomes *outcomes);

/* For the command `cancel`: set the status `canceled`. *canceled is false if
 * the run has ended or is merging. */
MUST_CHECK bool journal_run_cancel(struct journal *journal, int64_t run_id,
                                   bool *canceled, struct err *err);

/* ---- for the other parts of the journal --------------------------------- */

/* Add the parameters run_id and resumed; run_append_end() also adds those of
 * run_finish.sql. */
void run_append_ref(struct call *call, const struct run_ref *run);
void run_append_end(struct call *call, const struct run_ref *run,
                    const struct run_end *end);

/* A statement did not find the run with its `resumed` and a status that the
 * statement accepts. Find out why, and set `err`. Always return false. */
bool journal_run_not_ours(struct journal *journal, const struct run_ref *run,
                          struct err *err);
bool journal_run_not_ours_in(struct pg_conn *conn, const struct run_ref *run,
                             struct err *err);

/* Call after a statement failed with `err`. If the reason is that a merge has
 * locked the row of the run (`run_id`, or -1: any run of the job), wait a
 * little before the next try. A merge whose client has been silent for 5 s is
 * ended. *told: the wait has been logged. False if there must be no other try;
 * `err` says why. */
MUST_CHECK bool journal_run_await_merge(struct journal *journal, int64_t run_id,
                                        const char *store, const char *job,
                                        bool *told, struct err *err);

#endif
