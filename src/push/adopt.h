/*
 * adopt - decides about a submission whose answer was lost.
 *
 *     search for its marker ─┬─ found ──────────► running
 *                            └─ not found ─┬─ rows may repeat ─► fence, then
 *                                          │      settled: its rows are unknown
 *                                          └─ else ────────────► held
 *
 * A chunk is never submitted again after such a loss. Its rows are sent again
 * in a chunk of their own (chunks.c), a few times at most. Until then they are
 * unknown, and they stay unknown if the process is killed.
 *
 * The store lists a new operation only after a while. A request that is older
 * than ADOPT_SEARCH_MS no longer starts an operation. The fence makes that
 * certain: it replaces the lines, so that an operation that starts late finds
 * nothing to run.
 */
#ifndef PUSH_ADOPT_H
#define PUSH_ADOPT_H

#include "push/chunk.h"

enum { ADOPT_SEARCH_MS = 60000 };

/* The chunk is `submitting`. Afterwards it is running, settled or held. The
 * first process that holds its rows gets ERR_LATER, with PUSH_HELD. */
MUST_CHECK bool adopt_lost(struct chunk *chunk, struct err *err);

/* For bulkpg push --settle, with a chunk that is held. Look once for its
 * operation; if the store has it, the chunk is running. */
MUST_CHECK bool
adopt_look(struct push *push, int64_t n, bool *found, struct err *err);

/* The same, before the rows of such a chunk count as failed: search for its
 * operation as long as the store may list it late, then replace the lines, so
 * that it cannot start, and look again. */
MUST_CHECK bool
adopt_fence(struct push *push, int64_t n, bool *found, struct err *err);

#endif
