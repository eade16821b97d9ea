/*
 * known - the set of the hashes of a table's rows. With it, a row that did not
 * change is recognised before it is sent.
 *
 *     known_add ... ─► known_mark ... ─► known_settle ... ─► known_next ...
 *     the table        lines             rows that change    rows that went
 *
 * A table of 64-bit hashes with open addressing. Each place has two bits: the
 * row came unchanged (marked), and the merge changes the row (settled). The
 * memory is taken from a budget of the process when the set is created, and
 * does not grow. The hash 0 is never in the set, because no row has it.
 */
#ifndef LOAD_KNOWN_H
#define LOAD_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The memory that sets of the process may still take. */
struct known_budget {
    size_t bytes_left;
};

/* A table's rows as they were read: count(*), count(_hash), bit_xor(_hash). */
struct known_sums {
    int64_t rows;
    int64_t hashes;
    uint64_t mixed;
};

struct known;

enum known_mark {
    KNOWN_NOT,   /* no row has this hash */
    KNOWN_FIRST, /* a row has it, which is marked now */
    KNOWN_AGAIN  /* it was marked before */
};

/* A set with room for a tenth more than `rows`: 12 bytes for each of them.
 * NULL: the budget does not have that much left. */
struct known *known_new(struct known_budget *budget, int64_t rows);

/* Gives its memory back to the budget. NULL is none. */
void known_free(struct known *known);

/* A row of the table has this hash; NULL: it has none. */
void known_add(struct known *known, const int64_t *hash);

/* Every row that has a hash could be added, and no two have the same one. */
bool known_is_whole(const struct known *known);

/* The table has more rows than the set has room for. */
bool known_is_full(const struct known *known);

/* Has any row no hash, or 0? */
bool known_lacks_hashes(const struct known *known);

struct known_sums known_sums(const struct known *known);
bool known_sums_equal(const struct known_sums *a, const struct known_sums *b);

/* A line has a row with this hash. */
enum known_mark known_mark(struct known *known, int64_t hash);

/* The line is rejected after all: undo what known_mark() did. */
void known_undo(struct known *known, int64_t hash, enum known_mark mark);

int64_t known_marked(const struct known *known); /* lines that marked */
bool known_any_again(const struct known *known); /* one hash came twice */

/* The table has changed since it was read: forget its sums and what is
 * settled. Then known_add_again() takes each row as known_add() does, and
 * known_read_end() says whether no marked row has vanished and the set is
 * whole. */
void known_read_again(struct known *known);
void known_add_again(struct known *known, const int64_t *hash);
bool known_read_end(struct known *known);

/* Forget what is settled: before a merge, which may be tried again. */
void known_unsettle(struct known *known);

/* The merge changes the row with this hash; false: it is marked, so that its
 * key came twice. NULL and hashes that are not in the set are passed over. */
bool known_settle(struct known *known, const int64_t *hash);

/* How many hashes are neither marked nor settled: of rows that went. */
int64_t known_gone(const struct known *known);

/* From *place on, which begins as 0, the next hash that is marked, or one of a
 * row that went; false: there is none left. */
bool known_next(const struct known *known, bool marked, size_t *place,
                int64_t *hash);

#endif
