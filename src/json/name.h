/*
 * name - names of GraphQL among the bytes of a JSON text.
 */
#ifndef JSON_NAME_H
#define JSON_NAME_H

#include "base/step.h"

/* isalnum() depends on the locale. */
static inline bool
name_has(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_';
}

/* How many of the next STEP bytes, from the first one on, are of a name? */
static inline size_t
name_step(const char *at)
{
    step_bytes bytes = step_load(at), lower = bytes | ' ';
    step_found found =
        step_find(((lower >= 'a') & (lower <= 'z')) |
                  ((bytes >= '0') & (bytes <= '9')) | (bytes == '_'));

    return found == STEP_ALL ? STEP : step_first(~found);
}

/* The length of the name that begins at `at`; 0: none does. */
static inline size_t
name_length(const char *at, const char *end)
{
    const char *begin = at;

    for (; end - at >= STEP; at += STEP) {
        size_t count = name_step(at);

        if (count < STEP)
            return (size_t)(at - begin) + count;
    }
    while (at < end && name_has(*at))
        at++;
    return (size_t)(at - begin);
}

#endif
