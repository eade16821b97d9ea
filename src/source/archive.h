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

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* Create the folder if it does not exist. If that fails, the runs warn that
 * they are not archived. Nothing if `directory` is "". */
void archive_make(const char *directory);

/* The results of a run, by number: *paths gets their names in `arena`.
 * ERR_USAGE, NO_ARCHIVE, if there is none. */
MUST_CHECK bool
archive_find(const char *directory, const char *store, const char *job,
             int64_t run_id, struct arena *arena, const char ***paths,
             int *count, struct err *err);

/* What a folder has of one job. */
struct archive_job {
    const char *store;
    const char *job;
    int64_t results;
    int64_t bytes; /* compressed */
    int64_t first_run;
    int64_t last_run;
    int64_t oldest_s; /* when the oldest result was written */
};

/* The jobs with results in a folder, largest first, in `arena`. NULL if there
 * are none. */
struct archive_job *
archive_list(const char *directory, struct arena *arena, size_t *count);

/* Note that the run has ended: its results are kept from now on. Nothing if
 * `directory` is "". */
void archive_stamp(const char *directory, const char *store, const char *job,
                   int64_t run_id);

/* Remove results whose runs ended longer than `keep_ms` ago, and sidecars
 * without a result. For a run that has not ended, the end of each download
 * counts. Only files with names of the archive are removed. Nothing if
 * `directory` is "". */
void archive_prune(const char *directory, int64_t keep_ms);

#endif
