/*
 * chunk - bulkpg.push_chunk: the parts of a push, and what is committed before
 * each step of one.
 *
 *     planned ─► staged ─► uploaded ─► submitting ─► running ─► finished
 *        ▲                    │  ▲         │                       │
 *        └── a new target ◄───┘  └─────────┤ refused               ▼
 *                                          │                    settled
 *                                          │                    (settle.h)
 *                                not taken └─► held, or settled as unknown
 *
 * Up to `uploaded`, nothing of a chunk has run. All changes are fenced: see
 * push.h. A change that has been sent is not interrupted by a stop.
 */
#ifndef JOURNAL_CHUNK_H
#define JOURNAL_CHUNK_H

#include "base/buf.h"
#include "journal/push.h"

/* Text is in the caller's arena; NULL is SQL NULL, and so is -1. */
struct journal_chunk {
    int64_t n; /* from 1 */
    int64_t attempt;
    enum chunk_state state;
    int64_t lines;
    int64_t bytes;
    const char *target; /* of the upload: a secret */
    int64_t targets;    /* that were asked for */
    int64_t repeats;    /* how often its rows were sent before */
    const char *marker; /* of the last attempt */
    const char *operation_id;
    int64_t sent_age_ms; /* since the last attempt was sent */
    int64_t object_count;
    int64_t file_size;
    const char *error_code;
};

struct journal_chunks {
    struct journal_chunk *chunks; /* by n */
    size_t count;
};

/* List the chunks of a push that are not settled, or `all`. */
MUST_CHECK bool
journal_chunk_list(struct journal *journal, int64_t push_id, bool all,
                   struct arena *arena, struct journal_chunks *chunks,
                   struct err *err);

/* Save chunk->state. With CHUNK_STAGED, chunk->target and another one of
 * `targets`; with the others, all members below `sent_age_ms`, and
 * operation_id, that are not NULL or -1. CHUNK_RUNNING forgets the target. */
MUST_CHECK bool
journal_chunk_save(struct journal *journal, const struct push_ref *push,
                   const struct journal_chunk *chunk, const char *error,
                   struct err *err);

/* Begin an attempt: draw its marker, and commit that its rows are `sending`.
 * Sets the members state, attempt, and marker, which is in the arena. */
MUST_CHECK bool
journal_chunk_submitting(struct journal *journal, const struct push_ref *push,
                         struct arena *arena, struct journal_chunk *chunk,
                         struct err *err);

/* Skip all chunks of which nothing was submitted. *skipped: how many. */
MUST_CHECK bool
journal_chunk_skip(struct journal *journal, const struct push_ref *push,
                   int64_t *skipped, struct err *err);

/* Hold the rows of a chunk that the store may have run. *held: how many rows
 * were not held before. */
MUST_CHECK bool
journal_chunk_hold(struct journal *journal, const struct push_ref *push,
                   int64_t n, int64_t *held, struct err *err);

/* Move the rows of a settled chunk that are unknown, and were sent less than
 * `most_tries` times, to a new chunk: only those that were first sent within
 * key_ms, or all, if that is 0. *again is its number; 0: there are no such
 * rows. */
MUST_CHECK bool
journal_chunk_again(struct journal *journal, const struct push_ref *push,
                    int64_t n, int64_t most_tries, int64_t key_ms,
                    int64_t *again, struct err *err);

/* Append the next lines of the chunk's file to `text`, each with its newline,
 * and move *line, the number of the next one; nothing is appended at the end.
 * `text` is cleared first. */
MUST_CHECK bool
journal_chunk_lines(struct journal *journal, int64_t push_id, int64_t n,
                    int64_t *line, struct buf *text, struct err *err);

/* Seven days ago, and what the markers of this journal's pushes begin with. */
MUST_CHECK bool
journal_chunk_week(struct journal *journal, struct arena *arena,
                   const char **since, const char **prefix, struct err *err);

/* One of these markers that no chunk has had; NULL: there is none. */
MUST_CHECK bool
journal_chunk_stranger(struct journal *journal, const char *const *markers,
                       int count, struct arena *arena, const char **stranger,
                       struct err *err);

/* ---- single requests ---------------------------------------------------- */

/* Which rows are taken. AGAIN: those that this push has sent, with an unknown
 * outcome. IDEMPOTENT: also those of an earlier process of which no outcome was
 * recorded. Both only within key_ms of the first sending. */
enum direct_which { DIRECT_PLANNED, DIRECT_AGAIN, DIRECT_IDEMPOTENT };

struct direct_order {
    int64_t n; /* the chunk */
    enum direct_which which;
    int64_t from_line;  /* and later ones */
    int64_t most;       /* rows */
    int64_t most_tries; /* rows that were sent less often than this; not for
                         * PLANNED */
    int64_t key_ms;     /* how long the store surely remembers an idempotency
                         * key; not for PLANNED */
};

struct direct_row {
    int64_t line;
    const char *variables;
    int64_t tries; /* this one included */
};

struct direct_rows {
    struct direct_row *rows; /* in the arena, as their texts */
    size_t count;
};

/* Take rows, and commit that they are `sending`. */
MUST_CHECK bool
journal_direct_take(struct journal *journal, const struct push_ref *push,
                    const struct direct_order *order, struct arena *arena,
                    struct direct_rows *rows, struct err *err);

/* Rows that were taken, but surely not sent. */
MUST_CHECK bool
journal_direct_unsent(struct journal *journal, const struct push_ref *push,
                      int64_t n, const int64_t *lines, size_t count,
                      struct err *err);

/* Settle chunk n: rows without an outcome are held, or, with `may_repeat`,
 * unknown; rows that were not sent are skipped. */
MUST_CHECK bool
journal_direct_close(struct journal *journal, const struct push_ref *push,
                     int64_t n, bool may_repeat, int64_t *held,
                     int64_t *unknown, struct err *err);

#endif
