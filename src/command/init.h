/*
 * init - what a new user needs, written once: bulkpg.ini, a first query, the
 * directives for editors; and the library of ready queries.
 *
 * The files are those of src/queries/, embedded. A file that is there already
 * is never overwritten.
 */
#ifndef COMMAND_INIT_H
#define COMMAND_INIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

/* A ready query. */
struct ready_query {
    struct span name;    /* "products" */
    struct span summary; /* its first line */
    const char *text;
};

/* The ready query number `index`, by name; false: there is none. */
bool init_ready_query(size_t index, struct ready_query *query);

#endif
