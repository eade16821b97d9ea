/*
 * One block of memory has the places, then a bitmap of marked places, then a
 * bitmap of settled places. The search for a hash begins at the place that its
 * upper bits give, and continues to the first empty place. At most three
 * quarters of the places are filled, so that there is always an empty one.
 *
 * A set is not whole if it had no room for a row, or if two rows have the same
 * hash. Then the table is loaded without it. The sums always include all rows.
 *
 * Hazard. Between known_read_again() and known_read_end(), the table is read
 * again, and the settled bits say which rows still exist.
 */
#include "load/known.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
    BYTES_PER_ROW = 12,
    WORD_BITS = 64,
    HALF_BITS = 32,
    FILLED_QUARTERS = 3, /* of the places, at most */
    ROWS_LEAST = 64
};

struct known {
    struct known_budget *budget;
    size_t bytes; /* taken from it */
    uint64_t *places;
    uint64_t *marks;
    uint64_t *settled;
    size_t place_count;
    size_t filled;
    size_t filled_most;
    struct known_sums sums;
    int64_t marked; /* places */
    int64_t again;  /* lines whose row was marked before */
    int64_t settled_count;
    int64_t unhashed; /* rows with no hash, or 0 */
    bool is_whole;
    bool is_full;
};

/* ---- memory ------------------------------------------------------------ */

static size_t
words_for(size_t bits)
{
    return (bits + WORD_BITS - 1) / WORD_BITS;
}

/* A place takes 8 bytes and 2 bits. */
static size_t
places_in(size_t bytes)
{
    return (bytes / sizeof(uint64_t) - 2) * (WORD_BITS / 2) /
           (WORD_BITS / 2 + 1);
}

struct known *
known_new(struct known_budget *budget, int64_t rows)
{
    size_t room = (size_t)(rows > ROWS_LEAST ? rows : ROWS_LEAST);
    size_t bytes = (room + room / 10) * BYTES_PER_ROW;
    struct known *known;

    if (bytes > budget->bytes_left || places_in(bytes) > UINT32_MAX)
        return NULL;
    budget->bytes_left -= bytes;
    known = mem_alloc(sizeof(*known));
    known->budget = budget;
    known->bytes = bytes;
    known->place_count = places_in(bytes);
    known->filled_most = known->place_count / 4 * FILLED_QUARTERS;
    known->places = mem_array(bytes / sizeof(uint64_t), sizeof(uint64_t));
    known->marks = known->places + known->place_count;
    known->settled = known->marks + words_for(known->place_count);
    known->is_whole = true;
    return known;
}

void
known_free(struct known *known)
{
    if (known == NULL)
        return;
    known->budget->bytes_left += known->bytes;
    free(known->places);
    free(known);
}

/* ---- places ------------------------------------------------------------ */

static bool
has_bit(const uint64_t *bits, size_t place)
{
    return (bits[place / WORD_BITS] >> (place % WORD_BITS) & 1) != 0;
}

static void
set_bit(uint64_t *bits, size_t place)
{
    bits[place / WORD_BITS] |= UINT64_C(1) << (place % WORD_BITS);
}

static void
clear_bit(uint64_t *bits, size_t place)
{
    bits[place / WORD_BITS] &= ~(UINT64_C(1) << (place % WORD_BITS));
}

/* As far into the set as the hash is into all numbers. */
static size_t
first_place(const struct known *known, uint64_t hash)
{
    return (size_t)((hash >> HALF_BITS) * known->place_count >> HALF_BITS);
}

/* Where the hash is, or the empty place where it would be. */
static size_t
find(const struct known *known, uint64_t hash)
{
    size_t place = first_place(known, hash);

    while (known->places[place] != 0 && known->places[place] != hash)
        if (++place == known->place_count)
            place = 0;
    return place;
}

/* ---- what the table has ------------------------------------------------ */

static void
add_to_sums(struct known *known, const int64_t *hash)
{
    known->sums.rows++;
    known->unhashed += hash == NULL || *hash == 0;
    if (hash == NULL)
        return;
    known->sums.hashes++;
    known->sums.mixed ^= (uint64_t)*hash;
}

void
known_add(struct known *known, const int64_t *hash)
{
    size_t place;

    add_to_sums(known, hash);
    if (hash == NULL || *hash == 0)
        return;
    place = find(known, (uint64_t)*hash);
    if (known->places[place] != 0 || known->filled == known->filled_most) {
        known->is_whole = false;
        known->is_full = known->is_full || known->places[place] == 0;
        return;
    }
    known->places[place] = (uint64_t)*hash;
    known->filled++;
}

bool
known_is_whole(const struct known *known)
{
    return known->is_whole;
}

bool
known_is_full(const struct known *known)
{
    return known->is_full;
}

bool
known_lacks_hashes(const struct known *known)
{
    return known->unhashed > 0;
}

struct known_sums
known_sums(const struct known *known)
{
    return known->sums;
}

bool
known_sums_equal(const struct known_sums *a, const struct known_sums *b)
{
    return a->rows == b->rows && a->hashes == b->hashes && a->mixed == b->mixed;
}

/* ---- what comes -------------------------------------------------------- */

enum known_mark
known_mark(struct known *known, int64_t hash)
{
    size_t place = find(known, (uint64_t)hash);

    if (hash == 0 || known->places[place] == 0)
        return KNOWN_NOT;
    if (has_bit(known->marks, place)) {
        known->again++;
        return KNOWN_AGAIN;
    }
    set_bit(known->marks, place);
    known->marked++;
    return KNOWN_FIRST;
}

void
known_undo(struct known *known, int64_t hash, enum known_mark mark)
{
    if (mark == KNOWN_FIRST) {
        clear_bit(known->marks, find(known, (uint64_t)hash));
        known->marked--;
    } else if (mark == KNOWN_AGAIN) {
        known->again--;
    }
}

int64_t
known_marked(const struct known *known)
{
    return known->marked + known->again;
}

bool
known_any_again(const struct known *known)
{
    return known->again > 0;
}

/* ---- the merge --------------------------------------------------------- */

void
known_unsettle(struct known *known)
{
    memset(known->settled, 0,
           words_for(known->place_count) * sizeof(*known->settled));
    known->settled_count = 0;
}

void
known_read_again(struct known *known)
{
    known_unsettle(known);
    known->sums = (struct known_sums){0};
    known->unhashed = 0;
}

void
known_add_again(struct known *known, const int64_t *hash)
{
    size_t place;

    if (hash == NULL || *hash == 0) {
        add_to_sums(known, hash);
        return;
    }
    place = find(known, (uint64_t)*hash);
    if (known->places[place] == 0) {
        known_add(known, hash);
        place = find(known, (uint64_t)*hash);
    } else {
        add_to_sums(known, hash);
        if (has_bit(known->settled, place))
            known->is_whole = false;
    }
    set_bit(known->settled, place);
}

bool
known_read_end(struct known *known)
{
    bool has_marked = true;

    for (size_t i = 0; i < words_for(known->place_count); i++)
        if ((known->marks[i] & ~known->settled[i]) != 0)
            has_marked = false;
    known_unsettle(known);
    return has_marked && known->is_whole;
}

bool
known_settle(struct known *known, const int64_t *hash)
{
    size_t place;

    if (hash == NULL || *hash == 0)
        return true;
    place = find(known, (uint64_t)*hash);
    if (known->places[place] == 0)
        return true;
    if (has_bit(known->marks, place))
        return false;
    if (!has_bit(known->settled, place)) {
        set_bit(known->settled, place);
        known->settled_count++;
    }
    return true;
}

int64_t
known_gone(const struct known *known)
{
    return (int64_t)known->filled - known->marked - known->settled_count;
}

bool
known_next(const struct known *known, bool marked, size_t *place, int64_t *hash)
{
    for (; *place < known->place_count; ++*place) {
        size_t at = *place;
        bool is_marked = has_bit(known->marks, at);

        if (known->places[at] == 0 || is_marked != marked ||
            (!marked && has_bit(known->settled, at)))
            continue;
        *hash = (int64_t)known->places[at];
        ++*place;
        return true;
    }
    return false;
}
