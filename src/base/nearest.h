/*
 * nearest - finds the name that a misspelled one probably means.
 *
 * Call nearest_to(), then nearest_try() with every valid name. `best` is the
 * name with the smallest edit distance, if that is small enough for a
 * misspelling. Upper and lower case count as equal.
 */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

struct nearest {
    const char *wrong; /* as written; borrowed */
    const char *best;  /* so far; borrowed; NULL: none is near enough */
    size_t distance;   /* of the best; if there is none, the limit */
    size_t tried;
    char hint[128];
};

struct nearest nearest_to(const char *wrong);
void nearest_try(struct nearest *nearest, const char *name);

/* "; did you mean \"title\"?", or "" if no name is near enough. Borrowed from
 * `nearest`. */
const char *nearest_hint(struct nearest *nearest);

#endif
