/*
 * archive - the results that [archive] keeps.
 *
 *     <dir>/<store>.<job>.<run_id>.<n>.jsonl.zst, and ….jsonl.meta.json
 *
 * source/copy.h writes them. A run has one result, or one for each window of
 * @slice. Several processes may use one folder.
 */
#ifndef SOURCE_ARCHIVE_H
#define SOURCE_ARCHIVE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* The name of result `n` of a run, without ".zst". In `arena`. */
const char *
archive_path(struct arena *arena, const char *directory, const char *store,
             const char *job, int64_t run_id, int64_t n);

/* The results of a run, by number: *paths gets their names in `arena`.
 * ERR_USAGE, NO_ARCHIVE, if there is none. */
MUST_CHECK bool
archive_find(const char *directory, const char *store, const char *job,
             int64_t run_id, struct arena *arena, const char ***paths,
             int *count, struct err *err);

/* Remove results that were written longer ago than `keep_ms`, and sidecars
 * without a result. Only files with names of the archive are removed. */
void archive_prune(const char *directory, int64_t keep_ms);

#endif
