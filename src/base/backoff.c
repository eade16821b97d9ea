#include "base/backoff.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"

struct backoff
backoff_of(int64_t first_ms, int64_t most_ms, int64_t budget_ms)
{
    if (first_ms < 1)
        first_ms = 1;
    return (struct backoff){.first_ms = first_ms,
                            .most_ms = most_ms > first_ms ? most_ms : first_ms,
                            .budget_ms = budget_ms};
}

/* Uniform in [low, high]. Without randomness from the system the clock will
 * do: this spreads load, it keeps no secret. */
static int64_t
draw(int64_t low, int64_t high)
{
    uint64_t random;

    if (high <= low)
        return low;
    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) !=
        (ssize_t)sizeof(random))
        random = (uint64_t)clock_wall_us() * 2654435761U;
    return low + (int64_t)(random % (uint64_t)(high - low + 1));
}

int64_t
backoff_next_delay(struct backoff *backoff)
{
    int64_t last = backoff->last_ms > 0 ? backoff->last_ms : backoff->first_ms;
    int64_t delay = draw(backoff->first_ms, last * 3);

    backoff->last_ms = delay < backoff->most_ms ? delay : backoff->most_ms;
    return backoff->last_ms;
}

int64_t
backoff_failed(struct backoff *backoff, int64_t at_least_ms)
{
    int64_t now = clock_now_ms();
    int64_t delay;

    if (backoff->failing_since_ms == 0)
        backoff->failing_since_ms = now;
    delay = backoff_next_delay(backoff);
    if (delay < at_least_ms)
        delay = at_least_ms;
    if (backoff->budget_ms != CLOCK_NEVER &&
        now + delay - backoff->failing_since_ms > backoff->budget_ms)
        return -1;
    return delay;
}

void
backoff_succeeded(struct backoff *backoff)
{
    backoff->failing_since_ms = 0;
    backoff->last_ms = 0;
}
