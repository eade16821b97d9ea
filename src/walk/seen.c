#include "walk/seen.h"

#include <stdlib.h>
#include <string.h>

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

/* Different words give different hashes: each step can be reversed. */
static uint64_t
mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

/* Eight bytes at a time. The length is mixed in, because the last word is
 * filled up with zeros. */
uint64_t
seen_hash(uint64_t seed, struct span text)
{
    uint64_t hash = mix(mix(0, seed), text.length), word;
    size_t i = 0;

    for (; i + sizeof(word) <= text.length; i += sizeof(word)) {
        memcpy(&word, text.bytes + i, sizeof(word));
        hash = mix(hash, word);
    }
    word = 0;
    if (i < text.length)
        memcpy(&word, text.bytes + i, text.length - i);
    return mix(mix(hash, word), 0);
}

uint64_t
seen_instance(int connection, int round, struct span parent)
{
    return seen_hash(((uint64_t)round << 32) + (uint64_t)connection + 1,
                     parent);
}
