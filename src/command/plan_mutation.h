/*
 * plan_mutation - `plan JOB` for a mutation: what each row would be sent as.
 */
#ifndef COMMAND_PLAN_MUTATION_H
#define COMMAND_PLAN_MUTATION_H

#include "job/context.h"

/* If the named job is a mutation of a store that the command uses, print its
 * plan for the first such store. *is_mutation: it is one. The configuration is
 * read; nothing else is open yet. */
MUST_CHECK bool plan_mutation(struct context *context, struct arena *arena,
                              bool *is_mutation, struct err *err);

#endif
