/*
 * shop_info - who each store is, once a day, into bulkpg.store.
 *
 * Never a reason to fail: what matters of it is found out by the jobs.
 */
#ifndef APP_SHOP_INFO_H
#define APP_SHOP_INFO_H

#include "app/context.h"

/* Of every store that the command is about and whose row is a day old; tasks
 * of `group`, since a store may not answer for long. */
void shop_info_refresh(struct context *context, struct task_group *group);

/* Of one store, now. */
MUST_CHECK bool shop_info_read(struct context *context,
                               struct store_state *store, struct err *err);

#endif
