/*
 * tally - check in constant memory whether each parent has as many rows as it
 * counted.
 *
 * Each parent adds its count times a hash of its id to a balance, and each row
 * subtracts the hash of its parent. If each parent has all its rows, the
 * balance is zero at the end. If not, it is zero with a probability of 1 in
 * 2^64. If parents have no count, one byte per hash counts their rows instead,
 * to find out whether the store may have truncated the connection of a parent
 * with many rows.
 *
 * The count of a parent that has changed since the operation was created proves
 * nothing. A few such parents are left open: their rows are counted one by one,
 * and added again at the end.
 *
 * A tally does not say which parents lack rows. truncated.h asks the database.
 */
#ifndef LOAD_TALLY_H
#define LOAD_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum {
    TALLY_LOWEST_ROUND = 100, /* stores have truncated at this number */
    TALLY_PLACES = 1 << 19,   /* bytes, if parents have no count */
    TALLY_OPEN_MAX = 2000     /* parents; more make the tally unsure */
};

/* A parent that is left open. */
struct tally_open {
    uint64_t hash; /* 0: an empty place */
    uint64_t rows;
};

/* The rows of one connection. All zero is a tally of parents with counts. */
struct tally {
    uint64_t balance; /* hashes of counted rows minus those of received rows */
    bool is_unsure;
    struct tally_open *open; /* by hash; NULL: there is none yet */
    int open_count;
    uint8_t *rows; /* by the parent's hash; NULL: parents have counts */
};

void tally_init(struct tally *tally, bool is_counted);
void tally_free(struct tally *tally);

/* A parent has a count of `rows`, or no count that could be read. */
void tally_promise(struct tally *tally, struct span id, uint32_t rows);
void tally_no_promise(struct tally *tally);

/* The count of a parent proves nothing. Rows of it that came before make the
 * tally uneven. */
void tally_leave_open(struct tally *tally, struct span id);

/* A row of this parent was received. */
void tally_row(struct tally *tally, struct span parent_id);

/* True if each parent has the rows that it counted, provided that no key
 * appears twice. If parents have no counts: true if none has TALLY_LOWEST_ROUND
 * rows or more. */
bool tally_is_even(const struct tally *tally);

#endif
