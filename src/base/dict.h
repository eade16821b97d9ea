/*
 * dict - a hash table from names to pointers.
 *
 * The cost of a lookup does not depend on the number of names. Things that a
 * document or a store can have many of are looked up here, not in a list. Names
 * are borrowed, memory comes from the arena, and nothing is ever removed.
 */
#ifndef BASE_DICT_H
#define BASE_DICT_H

#include "base/arena.h"

struct dict_entry;

/* All zero except the arena is an empty dict. */
struct dict {
    struct arena *arena;
    struct dict_entry **buckets;
    size_t bucket_count;
    size_t count;
};

/* NULL if the dict does not have the name. An empty dict needs no arena. */
void *dict_get(const struct dict *dict, const char *name);

/* False if the dict already has the name; its pointer does not change. `value`
 * must not be NULL. */
bool dict_add(struct dict *dict, const char *name, void *value);

/* Add the name as its own value, to use the dict as a set. */
bool dict_add_name(struct dict *dict, const char *name);

#endif
