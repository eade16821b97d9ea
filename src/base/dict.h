/*
 * dict - pointers by name.
 *
 * A lookup costs the same however many names there are. What a document or
 * a store can make many of is looked up here and not in a list. Names are
 * borrowed, memory comes from the arena, nothing is ever removed.
 */
#ifndef BASE_DICT_H
#define BASE_DICT_H

#include "base/arena.h"

struct dict_entry;

/* All zero but the arena is an empty dict. */
struct dict {
    struct arena *arena;
    struct dict_entry **buckets;
    size_t bucket_count;
    size_t count;
};

/* NULL: the name is not there. A dict without names may lack an arena. */
void *dict_get(const struct dict *dict, const char *name);

/* False when the name is there already: its pointer stays as it was. `value`
 * must not be NULL. */
bool dict_add(struct dict *dict, const char *name, void *value);

/* The name as its own value: a set. */
bool dict_add_name(struct dict *dict, const char *name);

#endif
