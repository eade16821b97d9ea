#include "app/nearest.h"

#include <string.h>

enum { NAME_LIMIT = 64 };

static unsigned
least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Distances between the beginnings of two names, by their lengths. */
typedef unsigned distance_table[NAME_LIMIT + 1][NAME_LIMIT + 1];

static unsigned
next_distance(distance_table d, const char *a, const char *b, size_t i,
              size_t j)
{
    unsigned changed = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
    unsigned best = least(changed, least(d[i - 1][j], d[i][j - 1]) + 1);

    if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        best = least(best, d[i - 2][j - 2] + 1);
    return best;
}

/* Letters to change, add, leave out or swap with their neighbour. */
static size_t
distance(const char *a, const char *b)
{
    size_t a_length = strlen(a), b_length = strlen(b);
    distance_table d;

    if (a_length > NAME_LIMIT || b_length > NAME_LIMIT)
        return NAME_LIMIT;
    for (size_t i = 0; i <= a_length; i++)
        d[i][0] = (unsigned)i;
    for (size_t j = 0; j <= b_length; j++)
        d[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a_length; i++)
        for (size_t j = 1; j <= b_length; j++)
            d[i][j] = next_distance(d, a, b, i, j);
    return d[a_length][b_length];
}

struct nearest
nearest_begin(const char *wrong)
{
    /* One letter in a short name, more in a long one. */
    return (struct nearest){wrong, NULL, 2 + strlen(wrong) / 4};
}

void
nearest_consider(struct nearest *nearest, const char *name)
{
    size_t d = distance(nearest->wrong, name);

    if (d < nearest->distance) {
        nearest->distance = d;
        nearest->best = name;
    }
}
