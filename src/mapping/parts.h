/*
 * parts - the parts of mutation_build(). Private to this folder.
 *
 *     mutation.c        the rules for the document, its variables, and what
 *                       may be repeated
 *     push_directive.c  reads @push
 *     payload.c         finds the lists of errors and the result's columns
 *     complete.c        prints the document that is sent
 *
 * Each part reports the first fault it finds and returns false.
 */
#ifndef MAPPING_PARTS_H
#define MAPPING_PARTS_H

#include "mapping/mutation.h"

struct mutation_builder {
    struct arena *arena;
    const struct gql_document *document;
    const struct gql_selection *root; /* the root field */
    const struct gql_field *field;    /* its definition */
    const struct gql_type *payload;   /* NULL: the root is not one object */
    struct mutation *mutation;
    struct mutation_variable *variables; /* those of the mutation */
    struct err *err;
};

/* Set an error at `pos`. Always returns false. */
#define mutation_error(b, msg, pos, ...) \
    gql_error((b)->err, msg, (b)->document, pos, __VA_ARGS__)

/* The string of an argument of one of bulkpg's directives; NULL if it is not
 * given. */
MUST_CHECK bool push_directive_string(struct mutation_builder *b,
                                      const struct gql_directive *directive,
                                      const char *argument, const char **text);

/* Refuse arguments that are not in `known`, which ends in NULL. */
MUST_CHECK bool push_directive_check(struct mutation_builder *b,
                                     const struct gql_directive *directive,
                                     const char *const *known);

/* Read @push into the mutation. *has_repeat and *has_max: it says so. */
MUST_CHECK bool push_directive_read(struct mutation_builder *b,
                                    bool *has_repeat, bool *has_max);

/* Find leaves, lists of errors, and `ok`. */
MUST_CHECK bool payload_read(struct mutation_builder *b);

/* Does the field have an argument that must be given? */
bool payload_needs_arguments(const struct gql_field *field);

/* Print the document that is sent into mutation->document. */
MUST_CHECK bool complete_document(struct mutation_builder *b);

#endif
