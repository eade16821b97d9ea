/*
 * way - the origin of `bulkpg run`: bulk operations, or pages.
 *
 *     a source, @paged            pages
 *     @paged(below: N)            pages if the window has at most N roots, by
 *                                 the store's count; else bulk
 *     any other query of a store  bulk
 *
 * A run is resumed in the way in which it began. A run of the other way that is
 * not resumed is superseded: its bulk operations are canceled.
 */
#ifndef WALK_WAY_H
#define WALK_WAY_H

#include "bulk/fetch.h"
#include "walk/walk.h"

struct way {
    struct origin origin;
    struct job *job;
    struct fetch fetch;
    struct walk walk;
    struct origin *chosen; /* NULL: not yet */
};

/* Make the origin of a job's runs. origin_free() ends it. */
void way_init(struct way *way, struct job *job);

#endif
