/*
 * feed - the source of a walk: its pages, one after the other.
 *
 * Private to this folder.
 */
#ifndef WALK_FEED_H
#define WALK_FEED_H

#include "walk/walker.h"

/* `walker` is borrowed until the source is freed. */
struct source *feed_new(struct walker *walker);

#endif
