/*
 * sidecar - the file <path>.meta.json beside a saved result.
 *
 * run --keep and the archive write it. It has the store's counts, which load
 * verifies, the document that was submitted, the hash of the plan, and, if rows
 * are missing, the reason. Of a result that has only some of the roots, such as
 * that of an incremental run, it says which.
 */
#ifndef SOURCE_SIDECAR_H
#define SOURCE_SIDECAR_H

#include "base/arena.h"
#include "base/buf.h"
#include "source/source.h"

struct sidecar {
    struct source_claims claims;
    const char *id; /* of the operation; not read back */
    const char *store;
    const char *job; /* whose query it is the result of */
    const char *created_at;
    const char *completed_at; /* not read back */
    const char *plan_hash;
    const char *document; /* as submitted; not read back */
    const char *partial;  /* why rows are missing; NULL: the result is whole */
    const char *window;   /* which roots it has, as a clause: "from A to B";
                           * NULL: all of them, or not known */
    const char *const *left_out; /* paths of fields with @optional that are not
                                  * in it, up to NULL; NULL: none */
};

/* Read the sidecar of the file `path`. A.jsonl.gz and A.jsonl.zst may use the
 * sidecar of A.jsonl. Missing members are "", -1 and NULL; a missing sidecar is
 * not an error. Text is in the arena. ERR_CONFIG if the sidecar cannot be read
 * or is not valid. */
MUST_CHECK bool sidecar_read(const char *path, struct arena *arena,
                             struct sidecar *sidecar, struct err *err);

/* ERR_CONFIG with the code OTHER_QUERY if the sidecar of `path` names another
 * plan. A sidecar without a plan is accepted. */
MUST_CHECK bool
sidecar_check_plan(const struct sidecar *sidecar, const char *path,
                   const char *plan_hash, struct err *err);

/* The window from `from` to `to`, of which each may be NULL. NULL if both are.
 * In `arena`. */
const char *
sidecar_window(const char *from, const char *to, struct arena *arena);

void sidecar_write(const struct sidecar *sidecar, struct buf *text);

#endif
