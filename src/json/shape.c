#include "json/shape.h"

void
shape_init(struct shape *shape, struct arena *arena)
{
    *shape = (struct shape){.arena = arena};
    shape->root.slot = -1;
}

struct shape_key *
shape_add(struct shape *shape, struct shape_key *parent, const char *key)
{
    struct shape_key *added = dict_get(&parent->by_key, key);

    if (added != NULL)
        return added;
    added = arena_alloc(shape->arena, sizeof(*added));
    added->key = span_str(arena_strdup(shape->arena, key));
    added->parent = parent;
    if (parent->last == NULL)
        parent->first = added;
    else
        parent->last->next = added;
    parent->last = added;
    parent->by_key.arena = shape->arena;
    (void)dict_add(&parent->by_key, added->key.bytes, added);
    return added;
}

static int
number_below(struct shape_key *key, int next)
{
    for (struct shape_key *child = key->first; child; child = child->next) {
        child->slot = next;
        next = number_below(child, next + 1);
    }
    key->end = next;
    return next;
}

static void
index_below(struct shape *shape, struct shape_key *key)
{
    for (struct shape_key *child = key->first; child; child = child->next) {
        shape->by_slot[child->slot] = child;
        index_below(shape, child);
    }
}

void
shape_number(struct shape *shape)
{
    shape->slot_count = number_below(&shape->root, 0);
    shape->by_slot = arena_array(shape->arena, (size_t)shape->slot_count + 1,
                                 sizeof(*shape->by_slot));
    index_below(shape, &shape->root);
}

int
shape_slot(const struct shape_key *key)
{
    return key != NULL ? key->slot : -1;
}
