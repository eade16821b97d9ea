/*
 * crew - the tasks that ask for pages side by side.
 *
 * Each takes a batch from the frontier, asks for its page, applies it and
 * continues. There are never more pages that wait for their commit than tasks.
 * The rate decides how many of their requests are in flight.
 *
 * Private to this folder.
 */
#ifndef WALK_CREW_H
#define WALK_CREW_H

#include "walk/walker.h"

/* Begin, if they have not begun; and end, which waits for requests that are in
 * flight. */
void crew_begin(struct walker *walker);
void crew_end(struct walker *walker);

/* The next page to be committed, settled; it stays `current` until
 * crew_committed(). Waits for it. */
MUST_CHECK bool crew_next(struct walker *walker, struct err *err);
void crew_committed(struct walker *walker);

/* The attempt has ended: `current` may never be committed. */
void crew_unlock(struct walker *walker);

#endif
