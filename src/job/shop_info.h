/*
 * shop_info - who each store is, once a day, into bulkpg.store.
 *
 * Never a reason to fail: what matters of it is found out by the jobs.
 */
#ifndef JOB_SHOP_INFO_H
#define JOB_SHOP_INFO_H

#include "job/context.h"
#include "shopify/shop.h"

/* Of every store that the command is about and whose row is a day old; tasks
 * of `group`, since a store may not answer for long. */
void shop_info_refresh(struct context *context, struct task_group *group);

/* Warn of those that did not say, unless a job reports the store's fault. */
void shop_info_report(struct context *context);

/* Ask one store now, the database open or not; `shop` lives in the arena. */
MUST_CHECK bool
shop_info_ask(struct context *context, struct store_state *store,
              struct arena *arena, struct shop *shop, struct err *err);

/* Keep its answer in the journal. */
MUST_CHECK bool
shop_info_save(struct context *context, const struct store_state *store,
               const struct shop *shop, struct err *err);

#endif
