/*
 * check_mutation - how `check` examines the mutations of a store: the file, its
 * SELECT, and the scope that the app needs. Nothing is sent.
 */
#ifndef COMMAND_CHECK_MUTATION_H
#define COMMAND_CHECK_MUTATION_H

#include "command/access.h"

/* Check all mutations of the store. The journal is open. */
void check_mutations(struct access *access, struct context *context,
                     struct store_state *store, struct verdicts *verdicts);

#endif
