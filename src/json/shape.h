/*
 * shape - the tree of keys to read from a JSON object.
 *
 *     { id, image { url }, __parentId }        id 0, image 1, image.url 2, …
 *
 * Each key has a slot. The slots below a key follow the key's own slot. A shape
 * is built once for each query, and then only read.
 */
#ifndef JSON_SHAPE_H
#define JSON_SHAPE_H

#include "base/arena.h"
#include "base/dict.h"
#include "base/span.h"

struct shape_key {
    struct span key;
    int slot;
    int end;                 /* one more than the last slot below this key */
    struct shape_key *first; /* of the keys below it, in the order of adding */
    struct shape_key *next;  /* sibling */
    struct shape_key *parent;
    struct shape_key *last; /* of the keys below it; for shape_add() */
    struct dict by_key;     /* the keys below it; for shape_add() */
};

struct shape {
    struct arena *arena;
    struct shape_key root; /* the object itself; it has no slot */
    int slot_count;        /* after shape_number() */
    struct shape_key **by_slot;
};

void shape_init(struct shape *shape, struct arena *arena);

/* The key below `parent`, which is `&shape->root` at the top level. The key is
 * added if it is new. */
struct shape_key *
shape_add(struct shape *shape, struct shape_key *parent, const char *key);

/* Number the slots. Call it after all keys have been added. */
void shape_number(struct shape *shape);

/* The slot of a key; -1 for NULL. */
int shape_slot(const struct shape_key *key);

#endif
