#include "load/tally.h"

#include <stdlib.h>
#include <xxhash.h>

#include "base/mem.h"

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

void
tally_row(struct tally *tally, struct span parent_id)
{
    uint64_t hash = hash_of(parent_id);
    uint8_t *rows;

    tally->balance -= hash;
    if (tally->rows == NULL)
        return;
    rows = &tally->rows[hash % TALLY_PLACES];
    if (*rows < TALLY_LOWEST_ROUND && ++*rows == TALLY_LOWEST_ROUND)
        tally->is_unsure = true;
}

bool
tally_is_even(const struct tally *tally)
{
    return !tally->is_unsure && (tally->rows != NULL || tally->balance == 0);
}
