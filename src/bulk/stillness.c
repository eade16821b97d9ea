#include "bulk/stillness.h"

enum { FIRST_QUIET_MS = 60 * 60 * 1000 };

static bool
has_moved(const struct stillness *stillness, const struct bulk_operation *bulk)
{
    return !stillness->began || stillness->status != bulk->status ||
           stillness->object_count != bulk->object_count ||
           stillness->root_object_count != bulk->root_object_count;
}

bool
stillness_is_news(struct stillness *stillness,
                  const struct bulk_operation *bulk, int64_t now_ms)
{
    if (has_moved(stillness, bulk)) {
        *stillness =
            (struct stillness){.began = true,
                               .status = bulk->status,
                               .object_count = bulk->object_count,
                               .root_object_count = bulk->root_object_count,
                               .since_ms = now_ms,
                               .quiet_ms = FIRST_QUIET_MS};
        return false;
    }
    if (now_ms - stillness->since_ms < stillness->quiet_ms)
        return false;
    /* After a long gap between polls, warn once and not several times. */
    while (stillness->quiet_ms <= now_ms - stillness->since_ms)
        stillness->quiet_ms *= 2;
    return true;
}
