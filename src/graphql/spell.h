/*
 * spell - the name that was probably meant.
 *
 * Candidates are tried one by one; the nearest by edit distance is kept when
 * it is near enough to be a misspelling. Upper and lower case are the same.
 */
#ifndef GRAPHQL_SPELL_H
#define GRAPHQL_SPELL_H

#include <stddef.h>

struct spell {
    const char *word;    /* as found; borrowed */
    const char *nearest; /* candidate so far; NULL: none is near enough */
    size_t distance;     /* of the nearest; before: one more than allowed */
    char hint[128];
};

struct spell spell_of(const char *word);
void spell_try(struct spell *spell, const char *candidate);

/* "; did you mean \"title\"?", or "" when nothing is near. Borrowed from
 * `spell`. */
const char *spell_hint(struct spell *spell);

#endif
