/*
 * stop - a stop during a wait, as after a signal.
 */
#ifndef SUPPORT_STOP_H
#define SUPPORT_STOP_H

#include <stdint.h>

/* Let another task call tasks_stop() after this time. Call it inside a task. */
void stop_after_ms(int64_t ms);

#endif
