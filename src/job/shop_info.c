#include "job/shop_info.h"

#include <stdlib.h>

#include "base/mem.h"
#include "job/store.h"
#include "journal/store.h"

#define FRESH_MS (INT64_C(24) * 3600 * 1000)

struct refresh {
    struct context *context;
    struct store_state *store;
};

bool
shop_info_ask(struct context *context, struct store_state *store,
              struct arena *arena, struct shop *shop, struct err *err)
{
    struct log_ctx log = {.store = store->config->name};

    return shop_read(store_session(context, store), &log, arena, shop, err);
}

bool
shop_info_save(struct context *context, const struct store_state *store,
               const struct shop *shop, struct err *err)
{
    const struct store_config *config = store->config;
    struct journal_store row = {.store = config->name,
                                .domain = config->domain,
                                .schema = config->schema,
                                .shop_id = shop->id,
                                .currency_code = shop->currency_code,
                                .iana_timezone = shop->iana_timezone,
                                .plan = shop->plan,
                                .scopes = shop->scopes};

    return journal_store_save(context->journal, &row, err);
}

static bool
ask_and_save(struct context *context, struct store_state *store,
             struct err *err)
{
    struct arena arena = {0};
    struct shop shop;
    bool saved = shop_info_ask(context, store, &arena, &shop, err) &&
                 shop_info_save(context, store, &shop, err);

    arena_free(&arena);
    return saved;
}

static bool
is_fresh(struct context *context, const struct store_config *store,
         struct err *err)
{
    struct arena arena = {0};
    struct journal_store *known;
    bool fresh =
        journal_store(context->journal, store->name, &arena, &known, err) &&
        known != NULL && known->checked_age_ms < FRESH_MS;

    arena_free(&arena);
    return fresh;
}

static void
refresh_one(void *ctx)
{
    struct refresh *refresh = ctx;
    struct err err;

    if (!is_fresh(refresh->context, refresh->store->config, &err) &&
        !ask_and_save(refresh->context, refresh->store, &err))
        refresh->store->silence = err;
    free(refresh);
}

void
shop_info_report(struct context *context)
{
    for (size_t i = 0; i < context->config.store_count; i++) {
        const struct store_state *store = &context->stores[i];
        struct log_ctx log = {.store = store->config->name};

        if (store->silence.kind != ERR_NONE &&
            store->silence.kind != ERR_STOPPED && store->faults.count == 0)
            log_failure(LOG_WARN, &log, "the store's facts could not be read",
                        &store->silence);
    }
}

void
shop_info_refresh(struct context *context, struct task_group *group)
{
    for (size_t i = 0; i < context->config.store_count; i++) {
        struct store_state *store = &context->stores[i];
        struct refresh *refresh;

        if (!context_wants_store(context, store->config) ||
            store->config->fault.kind != ERR_NONE ||
            store->config->preset != NULL)
            continue;
        refresh = mem_alloc(sizeof(*refresh));
        *refresh = (struct refresh){context, store};
        task_group_spawn(group, "shop", refresh_one, refresh);
    }
}
