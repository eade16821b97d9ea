/*
 * check_parts - the parts of gql_check(). Private to this folder.
 *
 * Each part reports the first fault it finds and returns false.
 */
#ifndef GRAPHQL_CHECK_PARTS_H
#define GRAPHQL_CHECK_PARTS_H

#include "graphql/checker.h"

enum {
    GQL_MAX_EXPANDED = 10000 /* selections, with all fragments in place: twice
                              * what fits into 65,535 bytes */
};

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
