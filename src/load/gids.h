/*
 * gids - the gid domains of a plan as text, for a run that another process
 * continues.
 *
 * A load learns the gid type of each domain from the first id in it. Staging
 * has only the numbers of these ids, so the type must be kept beside it.
 */
#ifndef LOAD_GIDS_H
#define LOAD_GIDS_H

#include "base/buf.h"
#include "plan/plan.h"

/* Append the gid type of every domain, in the order of the plan, as a JSON
 * array: ["Product",null]. */
void gids_write(const struct plan *plan, struct buf *json);

/* Set the types of the domains that have none. Equal plans have the same
 * domains. ERR_FAILED if the text does not belong to this plan. */
MUST_CHECK bool gids_read(struct plan *plan, const char *json, struct err *err);

#endif
