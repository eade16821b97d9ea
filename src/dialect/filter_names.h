/*
 * filter_names - the filters that a field has, as the description of its
 * argument lists them: in a table, seldom in a list.
 */
#ifndef DIALECT_FILTER_NAMES_H
#define DIALECT_FILTER_NAMES_H

#include "graphql/schema.h"

/* One that is documented. */
struct filter_name {
    const char *name; /* "metafields.{namespace}.{key}", too */
    const char *type; /* "time", "string", ...; "" where a list says none */
    struct filter_name *next;
};

struct filter_names {
    struct filter_name *first; /* in the order of the description */
    struct filter_name **end;
    struct filter_name *patterns[16]; /* those with a part of the user's own */
    int pattern_count;
    struct dict by_name;
};

void filter_names_read(struct filter_names *names,
                       const struct gql_input *argument, struct arena *arena);

/* NULL: it is not documented. */
const struct filter_name *
filter_names_find(const struct filter_names *names, const char *name);

/* Letters, digits, "_" and ".". */
bool filter_names_is_name(const char *name);

/* Does `name` begin as "metafields.{key}" says, with something behind it? */
bool filter_names_fits(const char *pattern, const char *name);

#endif
