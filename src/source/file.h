/*
 * source_file - a saved result: standard input or a file, which may be
 * compressed with gzip or zstd. The claims come from the file's sidecar.
 */
#ifndef SOURCE_FILE_H
#define SOURCE_FILE_H

#include "base/arena.h"
#include "source/source.h"

/* Reads the sidecar, but does not open the file yet. `path` is borrowed; "-" is
 * standard input. Text from the sidecar is in the arena. ERR_CONFIG if the
 * sidecar is not valid. ERR_CONFIG with the code OTHER_QUERY if its plan is not
 * `plan_hash`, unless `any_query`. */
MUST_CHECK bool
source_file_new(const char *path, const char *plan_hash, bool any_query,
                struct arena *arena, struct source **source, struct err *err);

#endif
