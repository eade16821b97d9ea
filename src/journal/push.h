/*
 * push - bulkpg.push, push_chunk, push_row, push_error and push_state: what a
 * push sends, and the outcome of each row.
 *
 *     begin ─► rows (push/stage.h) ─► chunks ─► for each chunk, its states
 *     (chunk.h): planned ─► staged ─► uploaded ─► submitting ─► running
 *     ─► finished ─► settled (push/settle.h) ─► finish
 *
 * Each state is committed before the act that it announces. A push is fenced:
 * a process that takes over a push increments `resumed`, and every later
 * change of the earlier process fails (ERR_LATER with the code TAKEN_OVER, or
 * ERR_FAILED with CANCELED).
 */
#ifndef JOURNAL_PUSH_H
#define JOURNAL_PUSH_H

#include "base/arena.h"
#include "journal/journal.h"

struct call;

enum push_mode { PUSH_BULK, PUSH_DIRECT, PUSH_UNDO };

enum push_status {
    PUSH_RUNNING,
    PUSH_DONE,
    PUSH_FAILED,
    PUSH_INTERRUPTED, /* the next push of the job finishes it */
    PUSH_CANCELED,
    PUSH_ROLLED_BACK,
    PUSH_STATUS_COUNT
};

enum chunk_state {
    CHUNK_PLANNED,
    CHUNK_STAGED,
    CHUNK_UPLOADED,
    CHUNK_SUBMITTING, /* from here on, the store may have run it */
    CHUNK_RUNNING,
    CHUNK_FINISHED,
    CHUNK_SETTLED,
    CHUNK_STATE_COUNT
};

enum row_state {
    ROW_PLANNED,
    ROW_SENDING,
    ROW_APPLIED,
    ROW_REFUSED,
    ROW_PARTLY,
    ROW_UNKNOWN,
    ROW_HELD, /* unknown, and must not be sent again by itself */
    ROW_SKIPPED,
    ROW_UNCHANGED,
    ROW_INVALID,
    ROW_STATE_COUNT
};

const char *push_mode_name(enum push_mode mode);
const char *push_status_name(enum push_status status);
const char *chunk_state_name(enum chunk_state state);
const char *row_state_name(enum row_state state);

/* The state of a name that the journal has. */
enum chunk_state chunk_state_of(const char *name);
enum row_state row_state_of(const char *name);

struct push_ref {
    int64_t push_id;
    int64_t resumed;
};

/* Rows of a push by state; `rows` is their sum. */
struct push_counts {
    int64_t rows;
    int64_t changed; /* that this push planned to send */
    int64_t sent;
    int64_t applied;
    int64_t refused; /* partly applied rows included */
    int64_t unknown; /* held and `sending` rows included */
    int64_t unchanged;
    int64_t invalid;
    int64_t held;    /* of `unknown`: not sent by this push */
    int64_t skipped; /* planned, but not sent */
    int64_t failed;  /* sent, and refused, partly applied or unknown */
};

struct journal_push {
    struct push_ref ref;
    const char *store;
    const char *job;
    enum push_mode mode;
    enum push_status status;
    const char *document; /* as submitted, without marker */
    const char *source;   /* the mutation file's text */
    bool may_repeat;      /* repeat: SAFE */
    bool is_direct;       /* single requests */
    const char *snapshot_at;
    struct push_counts counts;
    const char *started_at;
    const char *finished_at;
    const char *error_code;
    const char *error;
    const char *remedy;
    int64_t undo_of; /* 0: none */
    bool rolls_back; /* applied rows are undone if one is not */
    const char *notes;
    int64_t age_ms;
    int64_t duration_ms; /* -1: not finished */
};

struct journal_pushes {
    struct journal_push *pushes; /* newest first */
    size_t count;
};

/* ---- pushes ------------------------------------------------------------ */

struct push_start {
    const char *store;
    const char *job;
    enum push_mode mode;
    const char *document;
    const char *source;
    bool may_repeat;
    const char *snapshot_at; /* NULL: none */
    int64_t undo_of;         /* 0: none */
    bool rolls_back;
};

/* Add a push in the caller's transaction, with the status `running`. */
MUST_CHECK bool
journal_push_begin_in(struct pg_conn *conn, const struct push_start *start,
                      struct push_ref *push, struct err *err);

struct push_query {
    const char *store; /* NULL: any */
    const char *job;   /* NULL: any */
    int64_t push_id;   /* 0: any */
    bool open_only;    /* running, interrupted, or with a chunk in doubt */
    int64_t undo_of;   /* 0: any */
    bool newest_only;  /* the newest of each store and job */
    int64_t limit;     /* 0: no limit */
};

MUST_CHECK bool
journal_list_pushes(struct journal *journal, const struct push_query *query,
                    struct arena *arena, struct journal_pushes *pushes,
                    struct err *err);

/* Rows of a job whose outcome is not known: held ones, and those that a push is
 * sending. */
struct journal_doubt {
    const char *store;
    const char *job;
    int64_t rows;
};

struct journal_doubts {
    struct journal_doubt *jobs; /* only those with such rows */
    size_t count;
};

MUST_CHECK bool
journal_list_doubts(struct journal *journal, struct arena *arena,
                    struct journal_doubts *doubts, struct err *err);

/* Take over a push: increment push->resumed and set the status `running`. Waits
 * until transactions of the earlier process that settle rows have ended.
 * *taken is false if another process took it over first. */
MUST_CHECK bool
journal_push_take_over(struct journal *journal, struct push_ref *push,
                       bool *taken, struct err *err);

struct push_end {
    enum push_status status;
    const char *error_code; /* NULL: no error */
    const char *error;
    const char *notes; /* JSON object, merged; it may have the error's
                        * "remedy"; NULL: none */
};

/* Count the rows by state, record the counts and the end. `counts` gets them.
 */
MUST_CHECK bool
journal_push_finish(struct journal *journal, const struct push_ref *push,
                    const struct push_end *end, struct push_counts *counts,
                    struct err *err);

/* Count the rows of a push by state. */
MUST_CHECK bool journal_push_count(struct journal *journal, int64_t push_id,
                                   struct push_counts *counts, struct err *err);

/* For the command `cancel`: set the status `canceled`. Chunks in doubt keep
 * their states, and the next push settles them. */
MUST_CHECK bool journal_push_cancel(struct journal *journal, int64_t push_id,
                                    bool *canceled, struct err *err);

/* Why a fenced statement did not find the push. Always returns false. */
bool journal_push_not_ours(struct journal *journal, const struct push_ref *push,
                           struct err *err);
bool journal_push_not_ours_in(struct pg_conn *conn, const struct push_ref *push,
                              struct err *err);

/* Queue the fence as the first statement of a transaction on `conn`: if the
 * push is not ours, the transaction fails. Check journal_fence_failed(), and
 * after the rollback journal_push_not_ours_in(). */
void journal_push_queue_fence(struct pg_conn *conn, const struct push_ref *push,
                              struct pg_result **ours);

/* Add the parameters push_id and resumed. For src/journal only. */
void push_append_ref(struct call *call, const struct push_ref *push);

#endif
