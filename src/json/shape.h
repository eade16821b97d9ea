/*
 * shape - the keys that are wanted of a JSON object, as a tree.
 *
 *     { id, image { url }, __parentId }        id 1, image 2, image.url 3, …
 *
 * Every key has a slot, numbered so that what lies below a key follows it.
 * A shape is built once per query and then only read.
 */
#ifndef JSON_SHAPE_H
#define JSON_SHAPE_H

#include "base/arena.h"
#include "base/dict.h"
#include "base/span.h"

struct shape_key {
    struct span key;
    int slot;
    int end;                 /* one past the last slot below this key */
    struct shape_key *first; /* below it */
    struct shape_key *next;  /* beside it, in the order they were added */
    struct shape_key *parent;
    struct shape_key *last; /* below it, while keys are added */
    struct dict by_key;     /* what is below it, likewise */
};

struct shape {
    struct arena *arena;
    struct shape_key root; /* stands for the object itself; no slot */
    int slot_count;        /* after shape_number() */
    struct shape_key **by_slot;
};

void shape_init(struct shape *shape, struct arena *arena);

/* The key below `parent` (`&shape->root` for the top), added when new. */
struct shape_key *
shape_add(struct shape *shape, struct shape_key *parent, const char *key);

/* Every key has been added: give them their slots. */
void shape_number(struct shape *shape);

/* Where its values are found; -1 without a key. */
int shape_slot(const struct shape_key *key);

#endif
