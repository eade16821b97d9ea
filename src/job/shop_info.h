/*
 * shop_info - keep the facts about each store in bulkpg.store, once a day.
 *
 * A failure here never fails a job: if it matters, the jobs fail by themselves.
 */
#ifndef JOB_SHOP_INFO_H
#define JOB_SHOP_INFO_H

#include "job/context.h"
#include "shopify/shop.h"

/* Ask every store that the command uses and whose row is a day old. Each gets a
 * task of `group`, because a store may not answer for a long time. */
void shop_info_refresh(struct context *context, struct task_group *group);

/* Warn about stores that did not answer, unless a job reports a fault of the
 * store. */
void shop_info_report(struct context *context);

/* Ask one store now. The database need not be open. `shop` lives in the
 * arena. */
MUST_CHECK bool
shop_info_ask(struct context *context, struct store_state *store,
              struct arena *arena, struct shop *shop, struct err *err);

/* Save the answer in the journal. */
MUST_CHECK bool
shop_info_save(struct context *context, const struct store_state *store,
               const struct shop *shop, struct err *err);

#endif
