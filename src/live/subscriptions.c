/*
 * One subscription per topic and address is made so that a process may be
 * killed anywhere:
 *
 *     what the store has, what is recorded
 *       ─► recorded and there: change it if it does not fit
 *       ─► there, to our address, but not recorded: take it over
 *       ─► not there: make it; "taken": another process was faster, or an
 *          answer was lost: look for it again
 *     ─► record it ─► forget the row of the address that it had before
 *
 * Hazard: the journal's connection may be lost during a request to the store,
 * so each write of the journal is preceded by control_reopen().
 */
#include "live/subscriptions.h"

#include <string.h>

#include "job/control.h"
#include "job/store.h"

enum { FIELDS_MOST = TOPIC_FIELDS + 3 };

bool
subscriptions_read(struct subscriptions *subscriptions, struct context *context,
                   struct store_state *store, struct err *err)
{
    *subscriptions =
        (struct subscriptions){.context = context,
                               .store = store,
                               .log = {.store = store->config->name}};
    return webhook_list(store_session(context, store), &subscriptions->log,
                        &subscriptions->arena, &subscriptions->webhooks, err) &&
           control_reopen(context, err) &&
           journal_list_hooks(context->journal, store->config->name,
                              &subscriptions->arena, &subscriptions->recorded,
                              err);
}

void
subscriptions_free(struct subscriptions *subscriptions)
{
    arena_free(&subscriptions->arena);
}

const struct journal_hook *
subscriptions_recorded(const struct subscriptions *subscriptions,
                       const char *topic)
{
    for (size_t i = 0; i < subscriptions->recorded.count; i++)
        if (strcmp(subscriptions->recorded.items[i].topic, topic) == 0)
            return &subscriptions->recorded.items[i];
    return NULL;
}

const struct webhook *
subscriptions_at_store(const struct subscriptions *subscriptions,
                       const char *id)
{
    for (size_t i = 0; i < subscriptions->webhooks.count; i++)
        if (strcmp(subscriptions->webhooks.items[i].id, id) == 0)
            return &subscriptions->webhooks.items[i];
    return NULL;
}

static const struct webhook *
find_like(const struct webhooks *webhooks, const struct webhook_wish *wish)
{
    for (size_t i = 0; i < webhooks->count; i++)
        if (strcmp(webhooks->items[i].topic, wish->topic) == 0 &&
            strcmp(webhooks->items[i].uri, wish->uri) == 0)
            return &webhooks->items[i];
    return NULL;
}

/* ---- making ------------------------------------------------------------- */

/* Of a body only what identifies the object and its time, so that customers'
 * data stay at the store. Shopify sends equal bodies only once, so this needs a
 * body with a time: one whose object has its number as `id`. */
static struct webhook_wish
wish_for(struct subscriptions *subscriptions, const struct topic *topic,
         const char *url)
{
    struct arena *arena = &subscriptions->arena;
    const char **fields = arena_array(arena, FIELDS_MOST, sizeof(*fields));
    char text[TOPIC_ENUM_BYTES];
    bool has_id =
        topic->fields[0] != NULL && strcmp(topic->fields[0], "id") == 0;

    fields[0] = "id";
    fields[1] = "admin_graphql_api_id";
    fields[2] = "updated_at";
    return (struct webhook_wish){
        .name = topic->name,
        .topic = arena_strdup(arena, topics_enum_name(topic->name, text)),
        .uri = url,
        .fields = has_id ? fields : NULL};
}

/* Another process, or a request without an answer, has made it. */
static bool
find_taken(struct subscriptions *subscriptions, const struct webhook_wish *wish,
           const struct webhook **found, struct err *err)
{
    struct webhooks now;

    *found = NULL;
    if (!webhook_list(
            store_session(subscriptions->context, subscriptions->store),
            &subscriptions->log, &subscriptions->arena, &now, err))
        return false;
    *found = find_like(&now, wish);
    return *found != NULL ||
           err_set(err, MSG_TOPIC_REFUSED,
                   "the store refuses webhooks of %s: their address is taken, "
                   "but not by this app",
                   wish->name);
}

static bool
make(struct subscriptions *subscriptions, const struct webhook_wish *wish,
     const char **id, enum subscription_change *change, struct err *err)
{
    const struct webhook *found;

    *change = SUBSCRIPTION_MADE;
    if (!webhook_create(
            store_session(subscriptions->context, subscriptions->store), wish,
            &subscriptions->log, &subscriptions->arena, id, err))
        return false;
    if (*id != NULL)
        return true;
    if (!find_taken(subscriptions, wish, &found, err))
        return false;
    *id = found->id;
    return true;
}

/* The store has `webhook`, which is ours. */
static bool
fit(struct subscriptions *subscriptions, const struct webhook *webhook,
    const struct webhook_wish *wish, const char **id,
    enum subscription_change *change, struct err *err)
{
    bool gone;

    *id = webhook->id;
    *change = SUBSCRIPTION_KEPT;
    if (webhook_fits(webhook, wish))
        return true;
    *change = SUBSCRIPTION_CHANGED;
    if (!webhook_update(
            store_session(subscriptions->context, subscriptions->store),
            webhook->id, wish, &subscriptions->log, &subscriptions->arena,
            &gone, err))
        return false;
    return !gone || make(subscriptions, wish, id, change, err);
}

static bool
record(struct subscriptions *subscriptions, const struct journal_hook *now,
       const struct journal_hook *before, struct err *err)
{
    struct context *context = subscriptions->context;

    if (!control_reopen(context, err))
        return false;
    if (before == NULL || strcmp(before->url, now->url) != 0 ||
        strcmp(before->subscription_id, now->subscription_id) != 0)
        if (!journal_hook_save(context->journal, now, err))
            return false;
    return before == NULL || strcmp(before->url, now->url) == 0 ||
           journal_hook_forget(context->journal, before, err);
}

/* `before`: the row that the topic has now; NULL: none. If the store has both
 * the subscription of that row and one that goes to `url`, the latter stays. */
static bool
make_from(struct subscriptions *subscriptions, const struct topic *topic,
          const char *url, const struct journal_hook *before,
          enum subscription_change *change, struct err *err)
{
    struct webhook_wish wish = wish_for(subscriptions, topic, url);
    const struct webhook *like = find_like(&subscriptions->webhooks, &wish);
    const struct webhook *old =
        before != NULL
            ? subscriptions_at_store(subscriptions, before->subscription_id)
            : NULL;
    const struct webhook *kept = like != NULL ? like : old;
    struct journal_hook now = {.store = subscriptions->store->config->name,
                               .topic = topic->name,
                               .url = url};

    if (kept == NULL) {
        if (!make(subscriptions, &wish, &now.subscription_id, change, err))
            return false;
    } else if (!fit(subscriptions, kept, &wish, &now.subscription_id, change,
                    err)) {
        return false;
    }
    if (old != NULL && old != kept &&
        !webhook_delete(
            store_session(subscriptions->context, subscriptions->store),
            old->id, &subscriptions->log, &subscriptions->arena, err))
        return false;
    return record(subscriptions, &now, before, err);
}

bool
subscriptions_make(struct subscriptions *subscriptions,
                   const struct topic *topic, const char *url,
                   enum subscription_change *change, struct err *err)
{
    return make_from(subscriptions, topic, url,
                     subscriptions_recorded(subscriptions, topic->name), change,
                     err);
}

/* ---- removing and restoring --------------------------------------------- */

bool
subscriptions_remove(struct subscriptions *subscriptions,
                     const struct journal_hook *hook, struct err *err)
{
    struct context *context = subscriptions->context;

    return webhook_delete(store_session(context, subscriptions->store),
                          hook->subscription_id, &subscriptions->log,
                          &subscriptions->arena, err) &&
           control_reopen(context, err) &&
           journal_hook_forget(context->journal, hook, err);
}

static bool
restore_one(struct subscriptions *subscriptions,
            const struct journal_hook *hook, struct err *err)
{
    const struct topic *topic = topics_find(span_str(hook->topic));
    enum subscription_change change;

    if (topic == NULL)
        return true; /* an earlier version subscribed to it */
    if (!make_from(subscriptions, topic, hook->url, hook, &change, err))
        return false;
    if (change != SUBSCRIPTION_KEPT)
        log_warn(&subscriptions->log, MSG_HOOK_RESTORED,
                 change == SUBSCRIPTION_MADE
                     ? "the store no longer had a webhook subscription; bulkpg "
                       "has made it again"
                     : "a webhook subscription was changed at the store; "
                       "bulkpg has changed it back",
                 LOG_STR("topic", hook->topic), LOG_STR("url", hook->url),
                 LOG_END);
    return true;
}

/* A store whose webhooks bulkpg did not subscribe to is not asked. */
static bool
has_any(struct context *context, const struct store_state *store, bool *any,
        struct err *err)
{
    struct arena arena = {0};
    struct journal_hooks hooks = {0};
    bool ok = control_reopen(context, err) &&
              journal_list_hooks(context->journal, store->config->name, &arena,
                                 &hooks, err);

    *any = hooks.count > 0;
    arena_free(&arena);
    return ok;
}

/* One that the store refuses does not stop the others. */
static bool
restore_all(struct subscriptions *subscriptions, struct err *err)
{
    for (size_t i = 0; i < subscriptions->recorded.count; i++) {
        if (restore_one(subscriptions, &subscriptions->recorded.items[i], err))
            continue;
        if (err->kind != ERR_DENIED && err->kind != ERR_FAILED)
            return false;
        log_failure(LOG_WARN, &subscriptions->log,
                    "a webhook subscription was not restored", err);
    }
    return true;
}

bool
subscriptions_restore(struct context *context, struct store_state *store,
                      struct err *err)
{
    struct subscriptions subscriptions = {.arena = {0}};
    bool any;
    bool ok = has_any(context, store, &any, err);

    if (!ok || !any)
        return ok;
    ok = subscriptions_read(&subscriptions, context, store, err) &&
         restore_all(&subscriptions, err);
    subscriptions_free(&subscriptions);
    return ok;
}
