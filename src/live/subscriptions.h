/*
 * subscriptions - the webhook subscriptions that bulkpg made at a store.
 *
 * bulkpg.hook records each of them, and only these are ever changed or
 * deleted. A subscription of this app to the same topic and address counts as
 * ours: its row was lost, or a process was killed before it wrote the row.
 */
#ifndef LIVE_SUBSCRIPTIONS_H
#define LIVE_SUBSCRIPTIONS_H

#include "hook/topics.h"
#include "job/context.h"
#include "journal/hook.h"
#include "shopify/webhook.h"

/* The subscriptions of one store: at the store, and in the journal. */
struct subscriptions {
    struct context *context;
    struct store_state *store;
    struct log_ctx log;
    struct arena arena; /* for everything below */
    struct webhooks webhooks;
    struct journal_hooks recorded;
};

/* What subscriptions_make() had to do. */
enum subscription_change {
    SUBSCRIPTION_KEPT,   /* nothing */
    SUBSCRIPTION_MADE,   /* the store did not have it */
    SUBSCRIPTION_CHANGED /* it was another one, or went elsewhere */
};

/* Ask the store and the journal. Afterwards, even if it failed, call
 * subscriptions_free(). */
MUST_CHECK bool
subscriptions_read(struct subscriptions *subscriptions, struct context *context,
                   struct store_state *store, struct err *err);
void subscriptions_free(struct subscriptions *subscriptions);

/* The recorded one of a topic; NULL: none. */
const struct journal_hook *
subscriptions_recorded(const struct subscriptions *subscriptions,
                       const char *topic);

/* What the store has with this id; NULL: nothing. */
const struct webhook *
subscriptions_at_store(const struct subscriptions *subscriptions,
                       const char *id);

/* Let the store send a topic to `url`, and record it. If the topic was sent to
 * another address of ours, that subscription moves. */
MUST_CHECK bool
subscriptions_make(struct subscriptions *subscriptions,
                   const struct topic *topic, const char *url,
                   enum subscription_change *change, struct err *err);

/* Delete a recorded subscription at the store and in the journal. */
MUST_CHECK bool
subscriptions_remove(struct subscriptions *subscriptions,
                     const struct journal_hook *hook, struct err *err);

/* Compare what is recorded with what the store has. Shopify deletes a
 * subscription after 8 deliveries in a row have failed: what is missing or was
 * changed is made again, each with a warning. One that cannot be made does not
 * stop the others. */
MUST_CHECK bool
subscriptions_restore(struct context *context, struct store_state *store,
                      struct err *err);

#endif
