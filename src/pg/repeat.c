#include "pg/repeat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* FNV-1a. */
static uint64_t
hash_of(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash;
}

static bool
is_same(const struct repeat *repeat, uint64_t hash, const char *sql, int count)
{
    return repeat->sql != NULL && repeat->hash == hash &&
           repeat->count == count && strcmp(repeat->sql, sql) == 0;
}

static void
take_place(struct repeats *repeats, struct repeat *repeat, uint64_t hash,
           const char *sql, int count)
{
    free(repeat->sql);
    *repeat =
        (struct repeat){.hash = hash, .sql = mem_strdup(sql), .count = count};
    snprintf(repeat->name, sizeof(repeat->name), "repeat_%d",
             (int)(repeat - repeats->places));
}

struct repeat *
repeat_count(struct repeats *repeats, const char *sql, int count)
{
    uint64_t hash = hash_of(sql);
    struct repeat *repeat;

    if (repeats->places == NULL)
        repeats->places = mem_array(REPEAT_PLACES, sizeof(*repeats->places));
    repeat = &repeats->places[hash % REPEAT_PLACES];
    if (!is_same(repeat, hash, sql, count)) {
        if (repeat->is_prepared || repeat->is_due)
            return NULL;
        take_place(repeats, repeat, hash, sql, count);
    }
    repeat->times++;
    return repeat;
}

bool
repeat_is_wanted(const struct repeat *repeat)
{
    return repeat->times >= REPEAT_TIMES && !repeat->is_prepared &&
           !repeat->is_due;
}

void
repeats_free(struct repeats *repeats)
{
    for (int i = 0; repeats->places != NULL && i < REPEAT_PLACES; i++)
        free(repeats->places[i].sql);
    free(repeats->places);
    repeats->places = NULL;
}
