/*
 * chunks - the bulk operations of a push, side by side.
 *
 *     (the canary alone) ─► at most BULK_SLOTS chunks at a time ─► the rest is
 *                                                                  skipped
 */
#ifndef PUSH_CHUNKS_H
#define PUSH_CHUNKS_H

#include "push/push.h"

/* Run all chunks of the push that are not settled, also those that an earlier
 * process has submitted. Rows that are unknown and may be repeated are sent
 * again, in chunks of their own.
 *
 * True if every chunk is settled, or was held before. Otherwise the error is
 * that of the first chunk that failed; the other chunks in progress are
 * settled if they can be, and what was not submitted is skipped:
 *   ERR_FAILED CANARY, ERR_DENIED ACCESS_DENIED   the canary was refused
 *   ERR_FAILED JOURNAL_RESTORED                   nothing was sent
 *   ERR_LATER, PUSH_HELD and others               see push/chunk.h
 * push->tallies and push->distrust have the outcome of the rows. */
MUST_CHECK bool chunks_run(struct push *push, struct err *err);

#endif
