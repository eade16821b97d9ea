/*
 * sample - a webhook as the store would send it, for the listener on this
 * machine: signed with the store's secret, about one object.
 */
#ifndef COMMAND_SAMPLE_H
#define COMMAND_SAMPLE_H

#include "hook/topics.h"
#include "job/context.h"

/* Send it to --port, about object --id, and print what was answered. If the
 * listener does not take it, the hint says why. */
MUST_CHECK bool
sample_send(struct context *context, const struct store_config *store,
            const struct topic *topic, struct err *err);

#endif
