/*
 * given - the origin of `load --operation`: the result of a bulk operation that
 * another program started.
 *
 *     wait: ask the store until the operation has ended ─► its result
 *
 * Nothing is submitted, and the operation is not in the journal: it is not
 * bulkpg's. So it is never canceled, and no later run resumes it.
 */
#ifndef BULK_GIVEN_H
#define BULK_GIVEN_H

#include "job/job.h"
#include "shopify/bulk.h"
#include "source/origin.h"

struct given {
    struct origin origin;
    struct job *job;
    struct bulk_operation bulk;
    struct source *source; /* owned; NULL: the operation has not ended */
    bool has_lapsed;       /* its URL has expired twice */
};

/* `id`: a whole gid, or its number. ERR_USAGE if it is neither. */
MUST_CHECK bool given_init(struct given *given, struct job *job, const char *id,
                           struct err *err);

#endif
