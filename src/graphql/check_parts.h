/*
 * check_parts - the parts of gql_check(). Private to this folder.
 *
 * Each part reports the first fault it finds and returns false.
 */
#ifndef GRAPHQL_CHECK_PARTS_H
#define GRAPHQL_CHECK_PARTS_H

#include "graphql/checker.h"

enum {
    GQL_MAX_EXPANDED = 10000 /* selections of a query when each spread is
                              * replaced by its fragment: twice as many as
                              * fit into the 65,535 bytes that Shopify takes */
};

/* Check that names of fragments are unique, that each spread names a fragment,
 * that no fragment contains itself, that none is unused, and that the expanded
 * query stays within GQL_MAX_DEPTH and GQL_MAX_EXPANDED. This part runs first,
 * so that the others can follow spreads safely. */
MUST_CHECK bool gql_check_fragments(struct gql_checker *checker);

/* Check the arguments `list` against their definitions `inputs`. `owner` and
 * `pos` are the field or directive, for messages. */
MUST_CHECK bool
gql_check_arguments(struct gql_checker *checker, struct gql_argument *list,
                    struct gql_input *inputs, const char *owner,
                    struct gql_pos pos);

/* Check, without types, that no name is given twice and that variables are used
 * only where they may be. `what` names the pairs in messages: "argument" or
 * "field". */
MUST_CHECK bool
gql_check_literals(struct gql_checker *checker,
                   const struct gql_argument *given, const char *what);

/* Check that a variable may be used here and is declared. */
MUST_CHECK bool
gql_check_variable(struct gql_checker *checker, const struct gql_value *value);

/* Can the declared variable be a value of the type `type`, written as in
 * "[ID!]!"? `what` names the place. */
MUST_CHECK bool
gql_check_variable_type(struct gql_checker *checker, struct span type,
                        const struct gql_value *value, const char *what);

/* Check that each declared variable has a name of its own and is used. This
 * part runs after all uses were checked. */
MUST_CHECK bool gql_check_variables_used(struct gql_checker *checker);

enum gql_place {
    GQL_ON_OPERATION = 1,
    GQL_ON_FIELD = 2,
    GQL_ON_SPREAD = 4, /* or on an inline fragment */
    GQL_ON_FRAGMENT = 8,
    GQL_ON_MUTATION = 16, /* on the operation, if it is a mutation */
    GQL_ON_VARIABLE = 32
};

MUST_CHECK bool
gql_check_directives(struct gql_checker *checker, struct gql_directive *list,
                     enum gql_place place);

/* Check that the fields of each response key can be merged. This part runs
 * last, because it relies on all fields being known. */
MUST_CHECK bool gql_check_merge(struct gql_checker *checker);

#endif
