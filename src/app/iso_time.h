/*
 * iso_time - points in time as users write them (ISO 8601).
 */
#ifndef APP_ISO_TIME_H
#define APP_ISO_TIME_H

#include <stdbool.h>
#include <stdint.h>

/* 2026-01-02 (midnight UTC), 2026-01-02T03:04:05Z or ...+02:00, as seconds
 * since 1970 UTC. False: it is none of these, or no day of the calendar. */
bool iso_time_parse(const char *text, int64_t *seconds);

#endif
