/*
 * grow - more connections for a load that began with one.
 *
 * A load of small tables that are compared is expected to send few rows, so it
 * opens one connection (run/head_start.h). If it sends many, the others are
 * opened while the first one continues:
 *
 *     many batches sent ─► opening, each in a task ─► all over ─► part of the
 *                                                                 ring
 *
 * A connection that cannot be opened is left out: the load does not need it.
 *
 * Private to this folder.
 */
#ifndef LOAD_GROW_H
#define LOAD_GROW_H

#include "load/loader.h"
#include "load/ring.h"

enum { GROW_AFTER_BATCHES = 40 };

struct grow_opening;

/* All zero: the ring does not grow. */
struct grow {
    int wanted; /* connections to open; 0: none, or they are open */
    struct grow_opening *openings;
    struct task_group group;
};

/* Open more connections, or use those that are open, if it is time. Never
 * waits. `config`, `tables` and their texts must exist until grow_end(). */
void grow_look(struct grow *grow, struct ring *ring,
               const struct loader_config *config, struct loader_table *tables,
               int table_count);

/* Wait until none is being opened, and give back those that are not used. */
void grow_end(struct grow *grow, struct ring *ring);

#endif
