#include "base/dict.h"

#include <stdint.h>
#include <string.h>

enum { FIRST_BUCKETS = 8 };

struct dict_entry {
    const char *name;
    void *value;
    uint32_t hash;
    struct dict_entry *next;
};

static uint32_t
hash_of(const char *name)
{
    uint32_t hash = 2166136261U; /* FNV-1a */

    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619U;
    return hash;
}

static struct dict_entry *
find(const struct dict *dict, const char *name, uint32_t hash)
{
    struct dict_entry *entry;

    if (dict->bucket_count == 0)
        return NULL;
    entry = dict->buckets[hash % dict->bucket_count];
    while (entry != NULL &&
           (entry->hash != hash || strcmp(entry->name, name) != 0))
        entry = entry->next;
    return entry;
}

static void
put(struct dict *dict, struct dict_entry *entry)
{
    struct dict_entry **bucket =
        &dict->buckets[entry->hash % dict->bucket_count];

    entry->next = *bucket;
    *bucket = entry;
}

static void
grow(struct dict *dict)
{
    struct dict_entry **old = dict->buckets;
    size_t count = dict->bucket_count;

    dict->bucket_count = count > 0 ? 2 * count : FIRST_BUCKETS;
    dict->buckets = arena_array(dict->arena, dict->bucket_count,
                                sizeof(struct dict_entry *));
    for (size_t i = 0; i < count; i++) {
        struct dict_entry *entry = old[i];

        while (entry != NULL) {
            struct dict_entry *next = entry->next;

            put(dict, entry);
            entry = next;
        }
    }
}

void *
dict_get(const struct dict *dict, const char *name)
{
    const struct dict_entry *entry = find(dict, name, hash_of(name));

    return entry != NULL ? entry->value : NULL;
}

bool
dict_add(struct dict *dict, const char *name, void *value)
{
    uint32_t hash = hash_of(name);
    struct dict_entry *entry;

    if (find(dict, name, hash) != NULL)
        return false;
    if (dict->count == dict->bucket_count)
        grow(dict);
    entry = arena_alloc(dict->arena, sizeof(*entry));
    *entry = (struct dict_entry){.name = name, .value = value, .hash = hash};
    put(dict, entry);
    dict->count++;
    return true;
}

bool
dict_add_name(struct dict *dict, const char *name)
{
    return dict_add(dict, name, (void *)(uintptr_t)name);
}
