#include "load/tally.h"

#include <stdlib.h>
#include <xxhash.h>

#include "base/mem.h"

enum { OPEN_PLACES = 4096 }; /* more than TALLY_OPEN_MAX: some stay empty */

static uint64_t
hash_of(struct span id)
{
    return XXH3_64bits(id.bytes, id.length);
}

void
tally_init(struct tally *tally, bool is_counted)
{
    *tally = (struct tally){
        .rows = is_counted ? NULL : mem_array(TALLY_PLACES, sizeof(uint8_t))};
}

void
tally_free(struct tally *tally)
{
    free(tally->rows);
    free(tally->open);
}

void
tally_promise(struct tally *tally, struct span id, uint32_t rows)
{
    tally->balance += rows * hash_of(id);
}

void
tally_no_promise(struct tally *tally)
{
    tally->is_unsure = true;
}

/* The place of a parent, or an empty one. */
static struct tally_open *
place_of(const struct tally *tally, uint64_t hash)
{
    size_t at = hash % OPEN_PLACES;

    while (tally->open[at].hash != 0 && tally->open[at].hash != hash)
        at = (at + 1) % OPEN_PLACES;
    return &tally->open[at];
}

void
tally_leave_open(struct tally *tally, struct span id)
{
    struct tally_open *place;

    if (tally->open_count == TALLY_OPEN_MAX) {
        tally->is_unsure = true;
        return;
    }
    if (tally->open == NULL)
        tally->open = mem_array(OPEN_PLACES, sizeof(*tally->open));
    place = place_of(tally, hash_of(id));
    tally->open_count += place->hash == 0;
    place->hash = hash_of(id);
}

static void
count_open(struct tally *tally, uint64_t hash)
{
    struct tally_open *place = place_of(tally, hash);

    place->rows += place->hash == hash;
}

void
tally_row(struct tally *tally, struct span parent_id)
{
    uint64_t hash = hash_of(parent_id);
    uint8_t *rows;

    tally->balance -= hash;
    if (tally->open_count > 0)
        count_open(tally, hash);
    if (tally->rows == NULL)
        return;
    rows = &tally->rows[hash % TALLY_PLACES];
    if (*rows < TALLY_LOWEST_ROUND && ++*rows == TALLY_LOWEST_ROUND)
        tally->is_unsure = true;
}

static uint64_t
balance_of(const struct tally *tally)
{
    uint64_t balance = tally->balance;

    for (int i = 0; tally->open != NULL && i < OPEN_PLACES; i++)
        balance += tally->open[i].rows * tally->open[i].hash;
    return balance;
}

bool
tally_is_even(const struct tally *tally)
{
    return !tally->is_unsure && (tally->rows != NULL || balance_of(tally) == 0);
}
