/*
 * stillness - when to say that an operation stands still at the store.
 *
 * Counters stand still for long and then jump, so neither status nor counts
 * tell that one is stuck. It is said when nothing has moved for an hour, then
 * after twice as long each time; what moves starts it anew.
 */
#ifndef BULK_STILLNESS_H
#define BULK_STILLNESS_H

#include "shopify/bulk.h"

/* All zero has seen nothing yet. */
struct stillness {
    bool began;
    enum bulk_status status;
    int64_t object_count;
    int64_t root_object_count;
    int64_t since_ms; /* when it moved last */
    int64_t quiet_ms; /* said once it has stood still for so long */
};

/* `bulk` is what the store said at `now_ms`. Is it time to warn? */
bool stillness_is_news(struct stillness *stillness,
                       const struct bulk_operation *bulk, int64_t now_ms);

#endif
