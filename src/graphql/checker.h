/*
 * checker - a check of a document under way: what is checked, against what,
 * and what it has cost so far. gql_check() has one, and so has each rule of a
 * dialect.
 */
#ifndef GRAPHQL_CHECKER_H
#define GRAPHQL_CHECKER_H

#include "graphql/document.h"
#include "graphql/schema.h"

enum { GQL_MAX_STEPS = 2000000 }; /* of one check */

struct gql_checker {
    const struct gql_document *document;
    const struct gql_schema *schema;
    struct err *err;
    struct arena scratch; /* to be freed when the check is over */
    size_t steps;         /* so far: what is looked at, each time */
    struct buf unknown;   /* fields, as they will be reported, */
    size_t unknown_shown; /* how many are in it, */
    size_t unknown_count; /* and how many there are */
};

/* Count `steps`. False, with an error at `pos`, when the check has taken more
 * than GQL_MAX_STEPS: only a document that was made for it does. */
MUST_CHECK bool
gql_step(struct gql_checker *checker, size_t steps, struct gql_pos pos);

#endif
