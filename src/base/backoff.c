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

/* A uniform random number in [low, high]. If the system has no randomness, the
 * clock is good enough: the number spreads load and protects no secret. */
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

struct budget *
backoff_budget(struct backoff *backoff)
{
    return backoff->shared != NULL ? backoff->shared : &backoff->own;
}

void
backoff_begin(struct backoff *backoff)
{
    backoff->began_ms = clock_now_ms();
}

static int64_t
failing_since(const struct backoff *backoff, const struct budget *budget)
{
    int64_t began_ms =
        backoff->began_ms != 0 ? backoff->began_ms : clock_now_ms();

    if (budget->failing_since_ms != 0)
        return budget->failing_since_ms;
    return began_ms > budget->succeeded_ms ? began_ms : budget->succeeded_ms;
}

/* The budget that ends first counts. */
static int64_t
spending_since(struct backoff *backoff)
{
    int64_t own_ms = failing_since(backoff, &backoff->own);
    int64_t shared_ms = failing_since(backoff, backoff_budget(backoff));

    return own_ms < shared_ms ? own_ms : shared_ms;
}

/* `wait_ms` after `at_ms`; a wait may be CLOCK_NEVER. */
static int64_t
later(int64_t at_ms, int64_t wait_ms)
{
    return wait_ms < CLOCK_NEVER - at_ms ? at_ms + wait_ms : CLOCK_NEVER;
}

static int64_t
earlier(int64_t end_ms, const struct backoff *backoff)
{
    return backoff->end_ms != 0 && backoff->end_ms < end_ms ? backoff->end_ms
                                                            : end_ms;
}

static int64_t
end_of_budget(struct backoff *backoff)
{
    return backoff->budget_ms > 0
               ? later(spending_since(backoff), backoff->budget_ms)
               : CLOCK_NEVER;
}

int64_t
backoff_end(struct backoff *backoff)
{
    return earlier(end_of_budget(backoff), backoff);
}

int64_t
backoff_deadline(struct backoff *backoff)
{
    int64_t end_ms = end_of_budget(backoff);
    int64_t least_ms = later(backoff->began_ms, backoff->least_ms);

    return earlier(end_ms > least_ms ? end_ms : least_ms, backoff);
}

/* The delay is cut so that it does not last beyond `end_ms`; -1: that time is
 * over. */
static int64_t
until_end(const struct backoff *backoff, int64_t delay, int64_t now)
{
    if (backoff->end_ms == 0 || now + delay <= backoff->end_ms)
        return delay;
    return backoff->end_ms > now ? backoff->end_ms - now : -1;
}

int64_t
backoff_failed(struct backoff *backoff, int64_t at_least_ms)
{
    struct budget *budget = backoff_budget(backoff);
    int64_t now = clock_now_ms();
    int64_t delay;

    budget->failing_since_ms = failing_since(backoff, budget);
    backoff->own.failing_since_ms = failing_since(backoff, &backoff->own);
    delay = backoff_next_delay(backoff);
    if (delay < at_least_ms)
        delay = at_least_ms;
    if (backoff->budget_ms != CLOCK_NEVER &&
        now + delay - spending_since(backoff) > backoff->budget_ms)
        return -1;
    return until_end(backoff, delay, now);
}

void
backoff_succeeded(struct backoff *backoff)
{
    *backoff_budget(backoff) = (struct budget){.succeeded_ms = clock_now_ms()};
    backoff->own = (struct budget){.failing_since_ms = 0};
    backoff->last_ms = 0;
}

bool
backoff_is_alone(struct backoff *backoff)
{
    return backoff_budget(backoff)->failing_since_ms >
           backoff->own.failing_since_ms;
}
