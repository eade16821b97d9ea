/*
 * webhook - the webhook subscriptions that this app has at a store.
 *
 * The store shows an app only the subscriptions that the app made by requests:
 * neither those of other apps, nor those of the app's own configuration.
 */
#ifndef SHOPIFY_WEBHOOK_H
#define SHOPIFY_WEBHOOK_H

#include "shopify/session.h"

/* A subscription that bulkpg makes. It asks for JSON and for all objects. */
struct webhook_wish {
    const char *name;          /* of the topic: "products/update" */
    const char *topic;         /* the same for the API: "PRODUCTS_UPDATE" */
    const char *uri;           /* where the deliveries go */
    const char *const *fields; /* of the body; NULL ends the list; NULL: the
                                * whole body */
};

/* A subscription that the store has. */
struct webhook {
    const char *id;    /* gid://shopify/WebhookSubscription/<n> */
    const char *topic; /* "PRODUCTS_UPDATE" */
    const char *uri;
    const char *format;        /* "JSON" */
    const char *filter;        /* "": all objects */
    const struct json *fields; /* of the body; an empty list: all */
};

struct webhooks {
    struct webhook *items;
    size_t count;
};

/* List the subscriptions of the app. */
MUST_CHECK bool
webhook_list(struct session *session, const struct log_ctx *log,
             struct arena *arena, struct webhooks *webhooks, struct err *err);

/* Does the subscription send what the wish asks for, and to the same place? */
bool
webhook_fits(const struct webhook *webhook, const struct webhook_wish *wish);

/* Subscribe; *id is that of the subscription. ERR_DENIED with the code
 * TOPIC_DENIED if the app lacks the topic's scope, or the approval for
 * customers' data. *id NULL: the app has this topic and address already. */
MUST_CHECK bool
webhook_create(struct session *session, const struct webhook_wish *wish,
               const struct log_ctx *log, struct arena *arena, const char **id,
               struct err *err);

/* Change a subscription so that it fits the wish. *gone: the store does not
 * have it any more. */
MUST_CHECK bool
webhook_update(struct session *session, const char *id,
               const struct webhook_wish *wish, const struct log_ctx *log,
               struct arena *arena, bool *gone, struct err *err);

/* Delete a subscription, unless it is gone already. */
MUST_CHECK bool
webhook_delete(struct session *session, const char *id,
               const struct log_ctx *log, struct arena *arena, struct err *err);

#endif
