/*
 * source_copy - a source that reads another source and writes a copy of its
 * bytes to disk, for run --keep and the archive. The copy gets its final name
 * only after the result has been verified; see source/keep.h.
 */
#ifndef SOURCE_COPY_H
#define SOURCE_COPY_H

#include "base/log.h"
#include "source/sidecar.h"
#include "source/source.h"

/* Takes ownership of `inner`. Borrows `path` and the strings of `about`.
 * `about` is written to the copy's sidecar, with the claims of `inner`.
 *
 * `archive` is NULL, and then a copy that cannot be written is an error. Or it
 * is borrowed: the copy is <path>.zst, compressed, with the sidecar of `path`;
 * if it cannot be written, bulkpg warns, and the result is read without it. */
struct source *
source_copy_new(struct source *inner, const char *path,
                const struct sidecar *about, const struct log_ctx *archive);

/* The same for a source of pages. `bytes`: of the pages that an earlier process
 * has committed; its copy is continued. If a page replaces rows of earlier
 * pages, the copy has a line for each removal before the lines of the page:
 *
 *     {"bulkpg_removes":{"connection":1,"parent":"gid://…","id":null}}
 *
 * The members are those of struct frontier_removal. A loader that reads the
 * copy removes the same rows (load/removal.h). */
#define SOURCE_COPY_REMOVES "bulkpg_removes"

struct source *
source_copy_pages(struct source *inner, const char *path, int64_t bytes,
                  const struct sidecar *about, const struct log_ctx *archive);

#endif
