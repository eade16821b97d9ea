/*
 * clock - a clock that a test controls.
 *
 * The linker redirects calls of clock_now_ms() and clock_after_ms() to this
 * clock (WRAPPED in the Makefile). So a test need not wait, and does not depend
 * on the speed of the machine.
 */
#ifndef SUPPORT_CLOCK_H
#define SUPPORT_CLOCK_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

/* Move the clock forward, for the rest of the test. */
void clock_put_forward(int64_t ms);

/* For the rest of the test, only clock_put_forward() and clock_frozen_wait()
 * move the clock. */
void clock_freeze(void);

/* A wait for tasks_init() with a frozen clock. Descriptors that are ready come
 * first; otherwise the clock moves to the nearest deadline at once. */
void
clock_frozen_wait(void *ctx, struct pollfd *fds, size_t count, int timeout_ms);

#endif
