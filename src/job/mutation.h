/*
 * mutation - one mutation file of one store, from its text to what is sent.
 */
#ifndef JOB_MUTATION_H
#define JOB_MUTATION_H

#include "config/query_files.h"
#include "job/context.h"
#include "mapping/mutation.h"

/* Parse the mutation, get the types (from `types_file` if not NULL), check it
 * and build it. Its SELECT is not used. Everything, the types included, is in
 * the arena. */
MUST_CHECK bool
mutation_prepare(struct context *context, struct store_state *store,
                 const struct query_file *file, const char *types_file,
                 const struct log_ctx *log, struct arena *arena,
                 const struct mutation **mutation, struct err *err);

/* The same for a mutation that was sent before, whose answers are to be read.
 * It may no longer fit the types: see mutation_build_sent(). */
MUST_CHECK bool
mutation_prepare_sent(struct context *context, struct store_state *store,
                      const struct query_file *file, const struct log_ctx *log,
                      struct arena *arena, const struct mutation **mutation,
                      struct err *unread, struct err *err);

#endif
