/*
 * checker - the state of one check of a document: the document, the types, and
 * the number of steps so far. gql_check() and each rule of a dialect have one
 * of their own.
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
    struct arena scratch; /* the caller frees it after the check */
    size_t steps;         /* how often the check has looked at a selection or a
                           * value */
    struct buf unknown;   /* the message about unknown fields */
    size_t unknown_shown; /* number of fields in this message */
    size_t unknown_count; /* number of unknown fields */
    bool takes_variables; /* the query may have variables */
    bool is_mutation;     /* the operation must be a mutation, not a query */
    bool was_sent;        /* arguments and variables are not compared with the
                           * types */
    bool in_directive;    /* the arguments of a directive are checked */
    struct dict used;     /* names of the variables that were used so far */
};

/* Count `steps`. False, with an error at `pos`, if the check has taken more
 * than GQL_MAX_STEPS. Only a document that was made to be slow takes more. */
MUST_CHECK bool
gql_step(struct gql_checker *checker, size_t steps, struct gql_pos pos);

/* The type at which the operation begins, by name. */
const char *gql_checked_root(const struct gql_checker *checker);

#endif
