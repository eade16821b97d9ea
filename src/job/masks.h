/*
 * masks - what a job with @mask needs: the key of [privacy], and that nothing
 * keeps its results as the store sends them.
 */
#ifndef JOB_MASKS_H
#define JOB_MASKS_H

#include "job/job.h"

/* After the plan is built. ERR_CONFIG with the codes MASK_KEY and MASK_KEEP, at
 * the @mask in the query file. */
MUST_CHECK bool masks_check(struct job *job, struct err *err);

/* The key for the job's values; NULL: it needs none. */
const struct hmac_key *masks_key(const struct job *job);

#endif
