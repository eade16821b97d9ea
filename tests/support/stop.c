#include "support/stop.h"

#include "base/clock.h"
#include "base/task.h"

static void
stop_at(void *ctx)
{
    const int64_t *deadline = ctx;

    task_sleep_until(*deadline);
    tasks_stop();
}

void
stop_after_ms(int64_t ms)
{
    static int64_t deadline;

    deadline = clock_after_ms(ms);
    task_spawn("stop", stop_at, &deadline);
}
