#include "support/clock.h"

#include <stdbool.h>

#include "base/clock.h"

#pragma GCC diagnostic ignored "-Wmissing-prototypes"

int64_t __real_clock_now_ms(void);

static int64_t ahead_ms;
static int64_t frozen_at_ms;
static bool is_frozen;

int64_t
__wrap_clock_now_ms(void)
{
    return (is_frozen ? frozen_at_ms : __real_clock_now_ms()) + ahead_ms;
}

int64_t
__wrap_clock_after_ms(int64_t ms)
{
    return ms == CLOCK_NEVER ? CLOCK_NEVER : __wrap_clock_now_ms() + ms;
}

void
clock_put_forward(int64_t ms)
{
    ahead_ms += ms;
}

void
clock_freeze(void)
{
    frozen_at_ms = __real_clock_now_ms();
    is_frozen = true;
}

void
clock_frozen_wait(void *ctx, struct pollfd *fds, size_t count, int timeout_ms)
{
    (void)ctx;
    if (timeout_ms < 0)
        poll(fds, count, -1);
    else if (poll(fds, count, 0) == 0)
        clock_put_forward(timeout_ms);
}
