/*
 * clock - time that passes when a test says so.
 *
 * The linker leads calls of clock_now_ms() and clock_after_ms() here (WRAPPED
 * in the Makefile), so that a test of what happens later need not wait for it,
 * and does not depend on how long the machine takes meanwhile.
 */
#ifndef SUPPORT_CLOCK_H
#define SUPPORT_CLOCK_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

/* Puts the clock forward, for the rest of the test. */
void clock_put_forward(int64_t ms);

/* From now on it stands still but for that; for the rest of the test. */
void clock_freeze(void);

/* For tasks_init(), under a frozen clock: what is ready comes first, else the
 * nearest deadline comes at once. */
void
clock_frozen_wait(void *ctx, struct pollfd *fds, size_t count, int timeout_ms);

#endif
