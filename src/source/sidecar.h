/*
 * sidecar - what is known of a saved result: <path>.meta.json beside it.
 *
 * run --keep writes it: the store's counts, which load verifies, and the
 * document and the plan that the lines were made for.
 */
#ifndef SOURCE_SIDECAR_H
#define SOURCE_SIDECAR_H

#include "base/buf.h"
#include "source/source.h"

/* Of the source's file; a packed one may have that of the file that was
 * packed. Claims that it lacks, or all when there is none, stay as they are.
 * ERR_CONFIG for one that cannot be understood. */
MUST_CHECK bool sidecar_read(struct source *source, struct err *err);

/* Was the file made by this plan, as far as its sidecar says? ERR_CONFIG if
 * not, code OTHER_QUERY, but with --any-query. After sidecar_read(). */
MUST_CHECK bool sidecar_check_plan(const struct source *source,
                                   const char *plan_hash, struct err *err);

/* The sidecar of a source that is an operation's. */
void sidecar_write(const struct source *source, struct buf *text);

#endif
