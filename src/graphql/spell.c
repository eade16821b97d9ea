#include "graphql/spell.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { MAX_NAME_BYTES = 64 }; /* longer names are not compared */

static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters must be put in, taken out, replaced or swapped with their
 * neighbour to get from `a` to `b`: three rows of the usual table. */
static size_t
edit_distance(const char *a, const char *b)
{
    size_t rows[3][MAX_NAME_BYTES + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    size_t width = strlen(b);

    for (size_t j = 0; j <= width; j++)
        before[j] = above[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t *oldest = before;

        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            size_t cost = lower(a[i - 1]) != lower(b[j - 1]);

            row[j] =
                least(least(row[j - 1], above[j]) + 1, above[j - 1] + cost);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
        before = above;
        above = row;
        row = oldest;
    }
    return above[width];
}

struct spell
spell_of(const char *word)
{
    return (struct spell){.word = word, .distance = strlen(word) * 2 / 5 + 2};
}

void
spell_try(struct spell *spell, const char *candidate)
{
    size_t distance;

    if (strlen(spell->word) > MAX_NAME_BYTES ||
        strlen(candidate) > MAX_NAME_BYTES)
        return;
    distance = edit_distance(spell->word, candidate);
    if (distance < spell->distance) {
        spell->distance = distance;
        spell->nearest = candidate;
    }
}

const char *
spell_hint(struct spell *spell)
{
    if (spell->nearest == NULL)
        return "";
    snprintf(spell->hint, sizeof(spell->hint), "; did you mean \"%s\"?",
             spell->nearest);
    return spell->hint;
}
