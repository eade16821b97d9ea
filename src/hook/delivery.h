/*
 * delivery - one request with a webhook, as it arrived, and the event that it
 * reports.
 *
 * Headers come from outside. A header that is missing is empty, and so is one
 * that appears twice. Only topic, ids and times become part of the event.
 */
#ifndef HOOK_DELIVERY_H
#define HOOK_DELIVERY_H

#include "base/err.h"
#include "base/span.h"
#include "hook/topics.h"

/* Borrowed from the request. */
struct delivery {
    struct span store; /* the path after the slash; "": none */
    struct span domain;
    struct span topic;
    struct span signature;
    struct span event_id;
    struct span webhook_id;
    struct span triggered_at;
    struct span body;
};

enum { DELIVERY_NAME_BYTES = 128, DELIVERY_GID_BYTES = 80 };

struct delivery_event {
    char topic[DELIVERY_NAME_BYTES]; /* in lower case */
    char event_id[DELIVERY_NAME_BYTES];
    const struct topic *known;         /* NULL: no topic of the table */
    int64_t object_id;                 /* 0: the body has none */
    int64_t triggered_us;              /* since 1970; or JOURNAL_NO_TRIGGER */
    char finished[DELIVERY_GID_BYTES]; /* gid of an operation; "": none */
};

/* Put the value of a header into the delivery, unless it has none of this
 * name. */
void
delivery_header(struct delivery *delivery, const char *name, const char *value);

/* False with WEBHOOK_INVALID if the body is not JSON, or the topic is missing
 * or not valid. An event without an id has the signature as its id, which is
 * that of the body, so that a repeated delivery is still recognized. */
MUST_CHECK bool delivery_read(const struct delivery *delivery,
                              struct delivery_event *event, struct err *err);

#endif
