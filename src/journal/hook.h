/*
 * hook - bulkpg.hook: the webhook subscriptions that bulkpg made.
 */
#ifndef JOURNAL_HOOK_H
#define JOURNAL_HOOK_H

#include "journal/journal.h"

struct journal_hook {
    const char *store;
    const char *topic; /* "products/update" */
    const char *url;
    const char *subscription_id; /* gid://shopify/WebhookSubscription/<n> */
};

struct journal_hooks {
    struct journal_hook *items; /* sorted by topic and url */
    size_t count;
};

MUST_CHECK bool
journal_list_hooks(struct journal *journal, const char *store,
                   struct arena *arena, struct journal_hooks *hooks,
                   struct err *err);

/* Record a subscription, or its new id. A topic of a store has one address:
 * rows with another one are removed. */
MUST_CHECK bool
journal_hook_save(struct journal *journal, const struct journal_hook *hook,
                  struct err *err);

/* Remove the row of a subscription that was deleted. */
MUST_CHECK bool
journal_hook_forget(struct journal *journal, const struct journal_hook *hook,
                    struct err *err);

#endif
