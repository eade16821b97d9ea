/*
 * tally - whether as many rows came below each parent as it counts, told in
 * constant memory while they come.
 *
 * Every parent adds its count times a hash of its id, every row takes the hash
 * of its parent away. What is left is zero where each parent has its count of
 * rows, and else is not, but for a chance of 1 in 2^64. Of rows that nothing
 * counts, one byte per hash says whether some parent may have so many that a
 * store could have cut them off.
 *
 * It never says which parents lack rows: then the server is asked.
 */
#ifndef LOAD_TALLY_H
#define LOAD_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum {
    TALLY_LOWEST_ROUND = 100, /* rows that stores were seen to cut at */
    TALLY_PLACES = 1 << 19    /* bytes, where nothing counts */
};

/* The rows of one connection. All zero: of one that is counted. */
struct tally {
    uint64_t balance; /* counted less came, as hashes */
    bool is_unsure;
    uint8_t *rows; /* by hash of the parent; NULL: they are counted */
};

void tally_init(struct tally *tally, bool is_counted);
void tally_free(struct tally *tally);

/* A parent says that so many rows come; or nothing that could be read. */
void tally_promise(struct tally *tally, struct span id, uint32_t rows);
void tally_no_promise(struct tally *tally);

/* A row came. */
void tally_row(struct tally *tally, struct span parent_id);

/* Each parent has the rows that it counted, if no key came twice; of rows that
 * nothing counts no parent has TALLY_LOWEST_ROUND. */
bool tally_is_even(const struct tally *tally);

#endif
