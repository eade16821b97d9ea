/*
 * seen - a set of 64-bit hashes, up to a fixed number.
 *
 * It counts the distinct keys of a connection, and notices a parent that comes
 * a second time. If the set is full, every further hash counts as new.
 *
 * Private to this folder.
 */
#ifndef WALK_SEEN_H
#define WALK_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct seen {
    uint64_t *places; /* 0: empty */
    size_t size;      /* a power of two, or 0 */
    size_t count;
    size_t most;
};

struct seen seen_new(size_t most);
void seen_free(struct seen *seen);
void seen_clear(struct seen *seen);

/* Add a hash. False if it was there before. */
bool seen_add(struct seen *seen, uint64_t hash);

/* Was it added? */
bool seen_has(const struct seen *seen, uint64_t hash);

/* A hash of the connection with this index below a parent. `round` counts, from
 * 1, how often a connection above it is read; 0: in all rounds. */
uint64_t seen_instance(int connection, int round, struct span parent);

/* A hash of `seed` and a text. */
uint64_t seen_hash(uint64_t seed, struct span text);

#endif
