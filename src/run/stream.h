/*
 * stream - streams the sources of an attempt through its loader into staging.
 */
#ifndef RUN_STREAM_H
#define RUN_STREAM_H

#include "run/attempt.h"

/* Stream all sources in their order, and verify each against its claims. On
 * success, all rows are in staging. */
MUST_CHECK bool stream_into_staging(struct attempt *attempt, struct err *err);

/* Save a rejected line in the journal: the on_reject of struct loader_config.
 * `run` is the struct run. Fails if there are more than max_rejects. */
bool stream_on_reject(void *run, const struct reject *reject, struct err *err);

/* There are more rejects than max_rejects. Always returns false. */
bool stream_too_many_rejects(const struct run *run, struct err *err);

#endif
