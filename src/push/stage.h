/*
 * stage - puts the rows of a push into the journal, in one transaction, and
 * decides for each row whether it has to be sent.
 *
 *     stage_begin() ─► stage_add() for each row ─► stage_finish()
 *     ─► stage_commit(), or stage_refuse(), or stage_end() alone: rolled back
 */
#ifndef PUSH_STAGE_H
#define PUSH_STAGE_H

#include <stdio.h>

#include "base/task.h"
#include "mapping/line.h"
#include "push/diff.h"
#include "push/push.h"

enum { STAGE_KEY_BYTES = 101 /* of a key that is shown, with a NUL */ };

struct stage_row;

/* Rows that go to the journal together. */
struct stage_batch {
    struct arena arena; /* for the rows, and for their texts */
    struct stage_row *rows;
    size_t count;
    size_t bytes; /* of the texts */
};

struct stage {
    struct push *push;
    struct pg_conn *conn; /* in its transaction */
    struct diff diff;
    const char *pulled_at; /* NULL: not known */
    int64_t limit;         /* rows to send at most; -1: any number */
    struct push_counts counts;
    int64_t held;    /* rows that an earlier push left in doubt */
    int64_t refused; /* rows that the store refused before */
    int64_t unseen;  /* of the rows to send: with keys that were never sent */
    bool is_full;    /* the limit is reached: no more rows are needed */
    char longest[STAGE_KEY_BYTES]; /* the beginning of the longest key, if a
                                    * key is long; else "" */
    size_t longest_bytes;

    int64_t lines_max; /* of a chunk after the first */
    int n;             /* of the chunk that is being filled */
    int64_t line;      /* of the next row in it */
    int64_t bytes;     /* of it */
    int64_t bytes_all; /* of all chunks */

    FILE *copy; /* of --keep: the lines to send; NULL: none */
    const char *copy_path;
    int64_t copy_most; /* lines in the copy at most; -1: any number */
    int64_t copied;

    struct stage_batch batches[2]; /* one is filled, one is written */
    int filling;
    struct task_group writer; /* of the other one */
    bool has_failed;          /* the writer, because of `why` */
    struct err why;
};

enum {
    STAGE_CANARY_ROWS = 25,  /* in the first chunk */
    STAGE_CANARY_FROM = 500, /* if more rows than these are sent in bulk */
    STAGE_DIRECT_ROWS = 500, /* in a chunk of single requests */
    STAGE_CHUNK_BYTES = 95 * 1024 * 1024
};

/* Open a transaction, and add the push to it; push->ref is its id. `stage` must
 * not move from here on. */
MUST_CHECK bool
stage_begin(struct stage *stage, struct push *push, const char *snapshot_at,
            int64_t undo_of, struct err *err);

/* Add a row; `fault` is why it is not valid, or its kind is ERR_NONE. A line
 * that is longer than STAGE_CHUNK_BYTES is not valid, either, and one that is
 * longer cannot undo the row.
 * `idempotency_key` was used for the line; NULL: none. */
MUST_CHECK bool stage_add(struct stage *stage, const struct line *line,
                          const char *idempotency_key, const struct err *fault,
                          struct err *err);

/* Add a row that an earlier push left in doubt, and that is not sent again. */
MUST_CHECK bool stage_hold(struct stage *stage, struct span key,
                           const char *hash, struct err *err);

/* Wait until the rows that were taken are written. Afterwards stage->conn is
 * free until the next row is added. */
MUST_CHECK bool stage_wait(struct stage *stage, struct err *err);

/* After the last row: add the chunks, and decide between bulk and direct
 * requests (push->is_direct). */
MUST_CHECK bool stage_finish(struct stage *stage, struct err *err);

/* How many keys more than one row has, and the first of them. */
MUST_CHECK bool stage_duplicates(struct stage *stage, int64_t *count,
                                 const char **first, struct err *err);

/* The first errors of invalid rows. */
MUST_CHECK bool
stage_faults(struct stage *stage, const char **first, struct err *err);

/* Can the keys be stored before their rows are sent? An index takes 2704 bytes
 * after compression. If not, ERR_ROW, and the transaction can only end. */
MUST_CHECK bool stage_try_keys(struct stage *stage, struct err *err);

MUST_CHECK bool stage_commit(struct stage *stage, struct err *err);

/* Commit the rows, but none of them is sent. */
MUST_CHECK bool stage_refuse(struct stage *stage, struct err *err);

/* Free it; roll back if it was not committed. */
void stage_end(struct stage *stage);

#endif
