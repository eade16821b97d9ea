/*
 * stop - a stop in the middle of a wait, as by a signal.
 */
#ifndef SUPPORT_STOP_H
#define SUPPORT_STOP_H

#include <stdint.h>

/* Inside a task: have another one call tasks_stop() after this long. */
void stop_after_ms(int64_t ms);

#endif
