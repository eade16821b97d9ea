#include "walk/seen.h"

#include <stdlib.h>

#include "base/mem.h"

enum { SIZE_LEAST = 1024, SIZE_KEPT = 65536 };

struct seen
seen_new(size_t most)
{
    return (struct seen){.most = most};
}

void
seen_free(struct seen *seen)
{
    free(seen->places);
    *seen = seen_new(seen->most);
}

void
seen_clear(struct seen *seen)
{
    if (seen->size > SIZE_KEPT) {
        seen_free(seen);
        return;
    }
    if (seen->count > 0)
        memset(seen->places, 0, seen->size * sizeof(*seen->places));
    seen->count = 0;
}

/* The place of the hash, or the empty one where it would be. */
static size_t
place_of(const struct seen *seen, uint64_t hash)
{
    size_t at = (size_t)hash & (seen->size - 1);

    while (seen->places[at] != 0 && seen->places[at] != hash)
        at = (at + 1) & (seen->size - 1);
    return at;
}

static void
grow(struct seen *seen)
{
    struct seen old = *seen;

    seen->size = old.size > 0 ? old.size * 2 : SIZE_LEAST;
    seen->places = mem_array(seen->size, sizeof(*seen->places));
    for (size_t i = 0; i < old.size; i++)
        if (old.places[i] != 0)
            seen->places[place_of(seen, old.places[i])] = old.places[i];
    free(old.places);
}

bool
seen_add(struct seen *seen, uint64_t hash)
{
    size_t at;

    hash += hash == 0;
    if (seen->count < seen->most && (seen->count + 1) * 4 > seen->size * 3)
        grow(seen);
    if (seen->size == 0)
        return true;
    at = place_of(seen, hash);
    if (seen->places[at] == hash)
        return false;
    if (seen->count < seen->most) {
        seen->places[at] = hash;
        seen->count++;
    }
    return true;
}

bool
seen_has(const struct seen *seen, uint64_t hash)
{
    hash += hash == 0;
    return seen->size > 0 && seen->places[place_of(seen, hash)] == hash;
}

/* FNV-1a, and a final mix, because the set uses the lower bits. */
uint64_t
seen_hash(uint64_t seed, struct span text)
{
    uint64_t hash = UINT64_C(14695981039346656037) ^ seed;

    for (size_t i = 0; i < text.length; i++)
        hash = (hash ^ (unsigned char)text.bytes[i]) * UINT64_C(1099511628211);
    hash ^= hash >> 32;
    hash *= UINT64_C(0xd6e8feb86659fd93);
    hash ^= hash >> 32;
    return hash;
}

uint64_t
seen_instance(int connection, int round, struct span parent)
{
    return seen_hash(((uint64_t)round << 32) + (uint64_t)connection + 1,
                     parent);
}
