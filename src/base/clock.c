#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct unit {
    const char *name;
    int64_t ms;
} units[] = {
    {"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};

enum { UNIT_COUNT = sizeof(units) / sizeof(units[0]) };

static int64_t
read_clock_ns(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t
clock_now_ns(void)
{
    return read_clock_ns(CLOCK_MONOTONIC);
}

int64_t
clock_now_ms(void)
{
    return clock_now_ns() / 1000000;
}

int64_t
clock_wall_us(void)
{
    return read_clock_ns(CLOCK_REALTIME) / 1000;
}

int64_t
clock_after_ms(int64_t ms)
{
    return ms == CLOCK_NEVER ? CLOCK_NEVER : clock_now_ms() + ms;
}

const char *
clock_format_utc(int64_t seconds, char text[CLOCK_UTC_BYTES])
{
    time_t time = (time_t)seconds;
    struct tm parts;

    gmtime_r(&time, &parts);
    strftime(text, CLOCK_UTC_BYTES, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

bool
duration_parse(const char *text, int64_t *ms, struct err *err)
{
    char *unit;
    long long count;

    errno = 0;
    count = strtoll(text, &unit, 10);
    if (unit == text || errno != 0 || count < 0 || text[0] == '+')
        goto bad;
    if (count == 0 && *unit == '\0') {
        *ms = 0;
        return true;
    }
    for (size_t i = 0; i < UNIT_COUNT; i++) {
        if (strcmp(unit, units[i].name) == 0 &&
            count <= INT64_MAX / 4 / units[i].ms) {
            *ms = count * units[i].ms;
            return true;
        }
    }
bad:
    return err_set(err, MSG_BAD_SETTING,
                   "\"%s\" is not a duration: write 500ms, 5s, 5m, 20h or 7d",
                   text);
}

const char *
duration_format(int64_t ms, char text[32])
{
    size_t i = 0;

    while (i < UNIT_COUNT - 1 && (ms % units[i].ms != 0 || ms < units[i].ms))
        i++;
    snprintf(text, 32, "%lld%s", (long long)(ms / units[i].ms), units[i].name);
    return text;
}

/* A unit is used until the duration reaches two of the next larger unit: 119s,
 * then 2m. */
const char *
duration_rough(int64_t ms, char text[32])
{
    static const int64_t sizes[] = {1000, 60 * 1000, 3600 * 1000,
                                    24 * 3600 * 1000};
    size_t i = 0;

    while (i < 3 && ms >= 2 * sizes[i + 1])
        i++;
    snprintf(text, 32, "%lld%c", (long long)(ms / sizes[i]), "smhd"[i]);
    return text;
}
