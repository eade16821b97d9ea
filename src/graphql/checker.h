/*
 * checker - what the parts of gql_check() share, and the parts.
 *
 * Each part reports the first fault it finds and returns false.
 */
#ifndef GRAPHQL_CHECKER_H
#define GRAPHQL_CHECKER_H

#include "graphql/check.h"

enum {
    GQL_MAX_EXPANDED = 10000, /* selections, with all fragments in place: twice
                               * what fits into 65,535 bytes */
    GQL_MAX_STEPS = 2000000   /* of one check */
};

struct gql_checker {
    const struct gql_document *document;
    const struct gql_schema *schema;
    struct err *err;
    struct arena scratch; /* freed when the check is over */
    size_t steps;         /* so far: what is looked at, each time */
    struct buf unknown;   /* fields, as they will be reported, */
    size_t unknown_shown; /* how many are in it, */
    size_t unknown_count; /* and how many there are */
};

/* Count `steps`. False, with an error at `pos`, when the check has taken more
 * than GQL_MAX_STEPS: only a document that was made for it does. */
MUST_CHECK bool
gql_step(struct gql_checker *checker, size_t steps, struct gql_pos pos);

/* Names unique; what is spread exists, comes back to itself nowhere, and
 * stays within GQL_MAX_DEPTH and GQL_MAX_EXPANDED when it is all put in place;
 * none unused. Run first: the other parts may then follow spreads. */
MUST_CHECK bool gql_check_fragments(struct gql_checker *checker);

/* `owner` and `pos`: the field or directive, for messages. */
MUST_CHECK bool
gql_check_arguments(struct gql_checker *checker, struct gql_argument *list,
                    struct gql_input *inputs, const char *owner,
                    struct gql_pos pos);

/* No name twice, nowhere a variable. */
MUST_CHECK bool
gql_check_literals(struct gql_checker *checker,
                   const struct gql_argument *given, const char *what);

enum gql_place {
    GQL_ON_OPERATION = 1,
    GQL_ON_FIELD = 2,
    GQL_ON_SPREAD = 4, /* inline fragments, too */
    GQL_ON_FRAGMENT = 8
};

MUST_CHECK bool
gql_check_directives(struct gql_checker *checker, struct gql_directive *list,
                     enum gql_place place);

/* Fields of one response key can become one field. The last part: it relies
 * on every field being there. */
MUST_CHECK bool gql_check_merge(struct gql_checker *checker);

#endif
