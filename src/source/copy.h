/*
 * source_copy - another source, with a copy of its bytes on disk: what
 * run --keep leaves. The copy gets its name when the result is known to be
 * whole: see source/keep.h.
 */
#ifndef SOURCE_COPY_H
#define SOURCE_COPY_H

#include "source/sidecar.h"
#include "source/source.h"

/* `inner` becomes the copy's, `path` and what `about` points to are
 * borrowed. `about` is what the copy's sidecar says; its claims are those of
 * `inner`. */
struct source *source_copy_new(struct source *inner, const char *path,
                               const struct sidecar *about);

#endif
