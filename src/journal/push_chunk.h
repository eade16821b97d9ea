/*
 * push_chunk - bulkpg.push_chunk: the chunks of a push, each one bulk
 * operation, and the lines in them. A push by direct requests has one chunk,
 * number 1, which is planned, running and settled.
 */
#ifndef JOURNAL_PUSH_CHUNK_H
#define JOURNAL_PUSH_CHUNK_H

#include "base/span.h"
#include "journal/push.h"

struct push_chunk {
    int n;       /* from 1 */
    int attempt; /* from 1 */
    int repeats; /* how often its rows were sent before, by themselves */
    enum chunk_state state;
    int64_t lines;
    int64_t bytes; /* of the file, newlines included */
    const char *operation_id;
    const char *nonce;   /* the random part of the last attempt's marker */
    const char *target;  /* JSON: the staged upload's signed parameters */
    const char *sent_at; /* when the last attempt's request was sent */
    int64_t sent_age_ms; /* since then, by the database's clock; -1: never */
    int64_t object_count; /* -1: not known */
    int64_t file_size;    /* of the result; -1: not known */
    const char *error_code;
};

struct push_chunks {
    struct push_chunk *chunks; /* by number */
    size_t count;
};

MUST_CHECK bool
journal_push_chunks(struct journal *journal, int64_t push_id,
                    struct arena *arena, struct push_chunks *chunks,
                    struct err *err);
MUST_CHECK bool journal_push_chunk(struct journal *journal, int64_t push_id,
                                   int n, struct arena *arena,
                                   struct push_chunk *chunk, struct err *err);

/* A change of a chunk. NULL and -1 leave a value as it is. */
struct push_chunk_change {
    int n;
    enum chunk_state state;
    bool is_new_attempt; /* increment `attempt`; operation_id becomes NULL */
    const char *nonce;   /* remembered with those of earlier attempts */
    const char *target;  /* removed when the state is `running` or later */
    const char *operation_id;
    int64_t object_count;
    int64_t file_size;
    const char *error_code;
};

/* Commit the change, if the push is ours. The state `submitting` also sets
 * sent_at, and marks the chunk's rows, in push_row and push_state, as
 * `sending`. A chunk whose attempt failed without effect may go back to an
 * earlier state; its rows stay `sending`. Settling: push/settle.h. */
MUST_CHECK bool journal_push_chunk_set(struct journal *journal,
                                       const struct push_ref *push,
                                       const struct push_chunk_change *change,
                                       struct err *err);

/* The rows of a chunk that may have been submitted become `held`, in push_row
 * and push_state; the chunk keeps its state. */
MUST_CHECK bool journal_push_chunk_hold(struct journal *journal,
                                        const struct push_ref *push, int n,
                                        struct err *err);

/* Chunks that were not submitted are not sent any more: their rows become
 * `skipped` and they become `settled`. n: 0: all such chunks. *skipped: rows.
 */
MUST_CHECK bool journal_push_drop(struct journal *journal,
                                  const struct push_ref *push, int n,
                                  int64_t *skipped, struct err *err);

/* Put the unknown rows of settled chunks, that were sent less than `sends_max`
 * times, into new chunks with the same lines, of at most `lines_max` lines.
 * *chunks: how many. For repeat: SAFE. */
MUST_CHECK bool
journal_push_repeat(struct journal *journal, const struct push_ref *push,
                    int repeats_max, int64_t lines_max, int *chunks,
                    struct err *err);

/* ---- lines ------------------------------------------------------------- */

struct push_line {
    int64_t line; /* from 0 */
    enum row_state state;
    const char *key;
    struct span variables;       /* as sent, without newline */
    const char *idempotency_key; /* NULL: none */
    int64_t sent_age_ms;         /* since the first sending; -1: never */
};

struct push_lines {
    struct push_line *lines; /* by number */
    size_t count;            /* 0: there are no more */
};

/* Read a page of lines, from number `from` on: at most `limit`, and at most
 * about `bytes` (at least one line). Everything is in `arena`, which the caller
 * clears between pages. */
MUST_CHECK bool
journal_push_lines(struct journal *journal, int64_t push_id, int n,
                   int64_t from, int64_t limit, int64_t bytes,
                   struct arena *arena, struct push_lines *lines,
                   struct err *err);

/* For direct requests: mark these lines of chunk n as `sending`, in push_row
 * and push_state, before they are sent. */
MUST_CHECK bool journal_push_sending(struct journal *journal,
                                     const struct push_ref *push, int n,
                                     const int64_t *lines, size_t count,
                                     struct err *err);

/* A line that has to be sent with a new idempotency key. */
MUST_CHECK bool journal_push_line_set(struct journal *journal,
                                      const struct push_ref *push, int n,
                                      int64_t line, const char *idempotency_key,
                                      struct span variables, struct err *err);

/* Is this the random part of the marker of one of our attempts at the store? */
MUST_CHECK bool journal_push_knows(struct journal *journal, const char *store,
                                   const char *nonce, bool *known,
                                   struct err *err);

#endif
