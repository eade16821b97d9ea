/*
 * nearest - the name that was probably meant.
 *
 * Begin a search, try every name there is, and look at `best`: the nearest
 * by edit distance, when it is near enough to be a misspelling. Upper and
 * lower case are the same.
 */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

struct nearest {
    const char *wrong; /* as written; borrowed */
    const char *best;  /* so far, borrowed; NULL: none is near enough */
    size_t distance;   /* of the best; before: one more than allowed */
    size_t tried;
    char hint[128];
};

struct nearest nearest_to(const char *wrong);
void nearest_try(struct nearest *nearest, const char *name);

/* "; did you mean \"title\"?", or "" when nothing is near. Borrowed from
 * `nearest`. */
const char *nearest_hint(struct nearest *nearest);

#endif
