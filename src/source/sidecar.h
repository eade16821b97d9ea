/*
 * sidecar - what is known of a saved result: <path>.meta.json beside it.
 *
 * run --keep writes it: the store's counts, which load verifies, and the
 * document and the plan that the lines were made for.
 */
#ifndef SOURCE_SIDECAR_H
#define SOURCE_SIDECAR_H

#include "base/arena.h"
#include "base/buf.h"
#include "source/source.h"

struct sidecar {
    struct source_claims claims;
    const char *id; /* of the operation; written only */
    const char *created_at;
    const char *completed_at; /* written only */
    const char *plan_hash;
    const char *document; /* as it was submitted; written only */
};

/* Of the file `path`; a packed one may have that of the file that was packed.
 * What it lacks, all if there is none, is "" and -1. Text lives in the arena.
 * ERR_CONFIG for one that cannot be understood. */
MUST_CHECK bool sidecar_read(const char *path, struct arena *arena,
                             struct sidecar *sidecar, struct err *err);

/* Was the file `path` made by this plan, as far as its sidecar says?
 * ERR_CONFIG if not, code OTHER_QUERY. */
MUST_CHECK bool
sidecar_check_plan(const struct sidecar *sidecar, const char *path,
                   const char *plan_hash, struct err *err);

void sidecar_write(const struct sidecar *sidecar, struct buf *text);

#endif
