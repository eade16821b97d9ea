/*
 * filter_names - the filters of a field, from the description of its argument.
 *
 * The description lists them in a Markdown table, or sometimes in a list.
 */
#ifndef DIALECT_FILTER_NAMES_H
#define DIALECT_FILTER_NAMES_H

#include "graphql/schema.h"

/* A documented filter. */
struct filter_name {
    const char *name; /* may be a pattern: "metafields.{namespace}.{key}" */
    const char *type; /* "time", "string", ...; "" in a list */
    struct filter_name *next;
};

struct filter_names {
    struct filter_name *first; /* in the order of the description */
    struct filter_name **end;
    struct filter_name *patterns[16]; /* the names with "{" */
    int pattern_count;
    struct dict by_name;
};

/* Read the filters of `argument` into `arena`. */
void filter_names_read(struct filter_names *names,
                       const struct gql_input *argument, struct arena *arena);

/* Find a filter by its name, or the pattern that it fits. NULL: it is not
 * documented. */
const struct filter_name *
filter_names_find(const struct filter_names *names, const char *name);

/* Is `name` made of letters, digits, "_" and "." only? */
bool filter_names_is_name(const char *name);

/* Does `name` begin with the text before "{" in `pattern`, and continue after
 * it? "metafields.{key}" fits "metafields.a.b". */
bool filter_names_fits(const char *pattern, const char *name);

#endif
