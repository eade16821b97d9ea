/*
 * direct - single requests for the rows of a push, side by side.
 *
 *     take some rows: `sending` ─► a request for each ─► settle those with an
 *          ▲                       (api/rate.h)          answer
 *          └──────────────────────────────────────────────────┘
 *
 * At most DIRECT_ROUND rows are in flight. They are `sending` in the journal
 * before the first of them is sent, and are settled in one transaction.
 */
#ifndef PUSH_DIRECT_H
#define PUSH_DIRECT_H

#include "push/push.h"

enum { DIRECT_ROUND = 32 };

/* Send all rows of the push that are planned. A row whose outcome is unknown is
 * sent again, with the same bytes, if it may be repeated or has an idempotency
 * key: three times in all, within PUSH_KEY_MS. Other rows like that are held.
 *
 * If the push is resumed, only rows with an idempotency key of which the
 * earlier process recorded no outcome are sent again; planned rows are skipped.
 *
 * True if each row has its state. ERR_LATER and ERR_STOPPED leave rows for the
 * next push; ERR_DENIED, ERR_CONFIG and ERR_FAILED skip the rest. */
MUST_CHECK bool direct_run(struct push *push, struct err *err);

#endif
