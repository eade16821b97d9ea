/*
 * stillness - when to warn that an operation makes no progress.
 *
 * The counters of a healthy operation may not change for a long time and then
 * jump, so nothing proves that one is stuck. bulkpg warns if status and
 * counters have not changed for an hour, then after 2 hours, 4 hours and so
 * on. A change resets this.
 */
#ifndef BULK_STILLNESS_H
#define BULK_STILLNESS_H

#include "shopify/bulk.h"

/* All zero before the first poll. */
struct stillness {
    bool began;
    enum bulk_status status;
    int64_t object_count;
    int64_t root_object_count;
    int64_t since_ms; /* of the last change */
    int64_t quiet_ms; /* without a change for this long: the next warning */
};

/* The store answered `bulk` at `now_ms`. True: it is time to warn. */
bool stillness_is_news(struct stillness *stillness,
                       const struct bulk_operation *bulk, int64_t now_ms);

#endif
