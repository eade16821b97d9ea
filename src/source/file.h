/*
 * source_file - a saved result: a file, packed with gzip or not, or standard
 * input; and what its sidecar says of it.
 */
#ifndef SOURCE_FILE_H
#define SOURCE_FILE_H

#include "base/arena.h"
#include "source/source.h"

/* `path` is borrowed, "-" is standard input; what the sidecar says lives in
 * the arena. Not opened yet. ERR_CONFIG for a sidecar that cannot be
 * understood, and unless `any_query`, code OTHER_QUERY, for one that is of
 * another plan than `plan_hash`. */
MUST_CHECK bool
source_file_new(const char *path, const char *plan_hash, bool any_query,
                struct arena *arena, struct source **source, struct err *err);

#endif
