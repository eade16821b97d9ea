/*
 * init - writes what a new user needs: bulkpg.ini, a first query, and the
 * directives for editors. It also has the library of ready queries.
 *
 * The files are those of src/queries/, embedded. A file that exists is never
 * overwritten.
 */
#ifndef COMMAND_INIT_H
#define COMMAND_INIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

/* A ready query. */
struct ready_query {
    struct span name;    /* "products" */
    struct span summary; /* the text of its first line */
    const char *text;
};

/* Get ready query number `index`, in the order of their names. False if there
 * is none. */
bool init_ready_query(size_t index, struct ready_query *query);

#endif
