#include "base/nearest.h"

#include <stdio.h>
#include <string.h>

enum {
    MAX_NAME_BYTES = 64, /* longer names are not compared */
    MAX_TRIED = 1000     /* so that a long list of names does not take long */
};

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

/* The number of letters to insert, remove, replace or swap with their neighbour
 * to get from `a` to `b`. Only three rows of the usual table are kept. */
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

struct nearest
nearest_to(const char *wrong)
{
    /* One wrong letter is allowed in a short name, more in a long one. */
    return (struct nearest){.wrong = wrong, .distance = 2 + strlen(wrong) / 4};
}

void
nearest_try(struct nearest *nearest, const char *name)
{
    size_t length = strlen(nearest->wrong), other = strlen(name), distance;

    if (nearest->tried == MAX_TRIED || length > MAX_NAME_BYTES ||
        other > MAX_NAME_BYTES || length >= other + nearest->distance ||
        other >= length + nearest->distance)
        return;
    nearest->tried++;
    distance = edit_distance(nearest->wrong, name);
    if (distance < nearest->distance) {
        nearest->distance = distance;
        nearest->best = name;
    }
}

const char *
nearest_hint(struct nearest *nearest)
{
    if (nearest->best == NULL)
        return "";
    snprintf(nearest->hint, sizeof(nearest->hint), "; did you mean \"%s\"?",
             nearest->best);
    return nearest->hint;
}
