/*
 * nearest - which name was probably meant.
 */
#ifndef APP_NEAREST_H
#define APP_NEAREST_H

#include <stddef.h>

/* A search under way: begin, consider every name there is, look at `best`. */
struct nearest {
    const char *wrong; /* what was written */
    const char *best;  /* NULL: nothing is near; read only */
    size_t distance;   /* `best` is at less than this */
};

struct nearest nearest_begin(const char *wrong);
void nearest_consider(struct nearest *nearest, const char *name);

#endif
