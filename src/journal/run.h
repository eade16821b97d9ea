/*
 * run - bulkpg.run: runs as they go, from begin to their end.
 *
 * How they are read back: journal/runs.h. What a merge writes:
 * journal/merge.h.
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
    RUN_NO_MODE /* NULL: the job ended before one was chosen */
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
    RUN_ABANDONED, /* read back only: under way, but no process holds its
                    * claim any more */
    RUN_NEVER      /* read back only: the job has no run */
};

const char *run_mode_name(enum run_mode mode);
const char *run_status_name(enum run_status status);

/* Loaded, with rejects or without, failed, canceled. */
bool run_status_is_final(enum run_status status);

/* A run as this process knows it: who takes it over raises `resumed`, and the
 * process before finds every door shut (ERR_LATER, code TAKEN_OVER). A run
 * ended by somebody else: ERR_FAILED with CANCELED or SUPERSEDED as code. */
struct run_ref {
    int64_t run_id;
    int64_t resumed;
};

struct run_start {
    const char *store;
    const char *job;
    enum run_mode mode;
    const char *mode_reason;
    const char *plan_hash;
    const char *window_from; /* NULL: none */
    const char *window_to;
};

/* A new row with the status `submitting` (of a replay: `loading`). */
MUST_CHECK bool
journal_run_begin(struct journal *journal, const struct run_start *start,
                  struct run_ref *run, struct err *err);

/* Take over an unfinished run: raises `run->resumed`, forgets its error, and
 * sets `status`. *taken false: it is finished, or somebody was faster. Waits
 * for a merge that is still under way, and ends one whose process has said
 * nothing for 5 s. */
MUST_CHECK bool
journal_run_resume(struct journal *journal, struct run_ref *run,
                   enum run_status status, bool *taken, struct err *err);

/* Has nobody else taken it over, or ended it? */
MUST_CHECK bool journal_run_is_ours(struct journal *journal,
                                    const struct run_ref *run, struct err *err);

MUST_CHECK bool
journal_run_status(struct journal *journal, const struct run_ref *run,
                   enum run_status status, struct err *err);

/* Join `note`, a JSON object, to the notes of a run under way. */
MUST_CHECK bool
journal_run_note(struct journal *journal, const struct run_ref *run,
                 const char *note, struct err *err);

/* Status `loading`; `loaded_at` is the database's clock to the microsecond. */
MUST_CHECK bool
journal_run_loading(struct journal *journal, const struct run_ref *run,
                    char loaded_at[JOURNAL_TIME_BYTES], struct err *err);

/* What a run came to. -1 leaves a count as it is. Lines, bytes and what the
 * store said are kept by journal_operation_update(). */
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

/* The end of a run, or an interruption. */
struct run_end {
    enum run_status status;
    const char *error_code; /* NULL: no error */
    const char *error;
    struct run_counts counts;
    const char *timings; /* JSON object; NULL leaves it as it is */
    const char *notes;   /* JSON object, joined; NULL: none */
};

/* The end of one that failed or stopped: never touches one that is loaded. */
MUST_CHECK bool
journal_run_finish(struct journal *journal, const struct run_ref *run,
                   const struct run_end *end, struct err *err);

/* How a job ended that has no run of its own. */
struct run_outcome {
    const char *store;
    const char *job;
    const char *plan_hash;  /* NULL: it had no plan */
    enum run_status status; /* RUN_FAILED or RUN_INTERRUPTED */
    const struct err *err;
    int64_t took_ms;
};

/* Outcomes gathered for one statement. All zero is none. */
struct run_outcomes {
    struct buf text;
    struct json_out *json; /* into it; NULL: none yet */
    size_t count;
};

/* Add one; true when the statement is as long as it should become. */
bool run_outcomes_add(struct run_outcomes *outcomes,
                      const struct run_outcome *outcome);

/* A row for each, in one statement, but not for a job that another process
 * runs now, nor, of those interrupted, for one that has a good run younger
 * than `older_than_ms` (-1: any). */
MUST_CHECK bool
journal_run_outcomes(struct journal *journal, struct run_outcomes *outcomes,
                     int64_t older_than_ms, struct err *err);

/* Forget them, recorded or not. */
void run_outcomes_clear(struct run_outcomes *outcomes);

/* Cancel it from outside (the command `cancel`): status `canceled`, unless it
 * has ended or is merging: *canceled false. */
MUST_CHECK bool journal_run_cancel(struct journal *journal, int64_t run_id,
                                   bool *canceled, struct err *err);

/* ---- for the other parts of the journal --------------------------------- */

/* A run's first parameters: who it is. And all of how it ended. */
void run_append_ref(struct call *call, const struct run_ref *run);
void run_append_end(struct call *call, const struct run_ref *run,
                    const struct run_end *end);

/* Why `run` was not found as ours; _in: by the caller's connection. Always
 * return false. */
bool journal_run_not_ours(struct journal *journal, const struct run_ref *run,
                          struct err *err);
bool journal_run_not_ours_in(struct pg_conn *conn, const struct run_ref *run,
                             struct err *err);

/* After a try that found the row of a run held by a merge: wait a little, and
 * end that merge where its client has said nothing for long. `run_id` -1: any
 * of (store, job). False, `err` as it was, when that was not why. */
MUST_CHECK bool journal_run_await_merge(struct journal *journal, int64_t run_id,
                                        const char *store, const char *job,
                                        bool *told, struct err *err);

#endif
