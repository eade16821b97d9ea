/*
 * stream - the sources of an attempt through its loader, into staging.
 */
#ifndef RUN_STREAM_H
#define RUN_STREAM_H

#include "run/attempt.h"

/* All sources, in their order, each compared with what was said about it; then
 * everything is in staging. */
MUST_CHECK bool stream_into_staging(struct attempt *attempt, struct err *err);

/* A line is rejected: the signature that struct loader_config wants; `run` is
 * a struct run. */
bool stream_on_reject(void *run, const struct reject *reject, struct err *err);

#endif
