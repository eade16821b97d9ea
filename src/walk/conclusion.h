/*
 * conclusion - what a walk proves, when its last page is about to be committed.
 *
 * Private to this folder.
 */
#ifndef WALK_CONCLUSION_H
#define WALK_CONCLUSION_H

#include "walk/walker.h"

/* A root that was asked for by its id does not exist. */
void conclusion_add_gone(struct walker *walker, const char *id);

/* Set what struct origin says about the whole walk, and walker->incomplete.
 * ERR_FAILED if fields were denied in some rows, but not in all, so that their
 * columns cannot be trusted; --force-nulls allows it. */
MUST_CHECK bool conclusion_draw(struct walker *walker,
                                const struct tallies *sums, struct err *err);

#endif
