/*
 * result - reads the result of a chunk's operation, proves it, and settles the
 * chunk.
 *
 * The bytes must be as many as the store announced, and each line must be the
 * answer to a line that was sent: its number in range, its ids those of the
 * line (settle.h). If not, nothing that the result says is believed, and all
 * rows of the chunk are unknown. An operation that did not complete may have a
 * partial result: what it says is believed, and the other rows are unknown.
 */
#ifndef PUSH_RESULT_H
#define PUSH_RESULT_H

#include "push/chunk.h"

/* The chunk is finished, and chunk->bulk has its operation. ERR_LATER if the
 * result cannot be read now; the next push reads it. */
MUST_CHECK bool result_settle(struct chunk *chunk, struct err *err);

/* Settle a chunk of which no answer can be expected: its rows are unknown. */
MUST_CHECK bool result_settle_without(struct chunk *chunk, struct err *err);

#endif
