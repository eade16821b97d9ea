#include "dialect/filter_time.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

enum { TIME_BYTES_MAX = 64 };

struct reading {
    char text[TIME_BYTES_MAX + 1];
    const char *at;
    const char *time; /* the time of day */
    struct tm day;
    int hour, minute, second;
    int offset_s;
    bool has_offset;
};

/* Copy without backslashes: they only quote the character after them. */
static void
copy_plain(struct reading *reading, struct span value)
{
    size_t length = 0;

    for (size_t i = 0; i < value.length && length < TIME_BYTES_MAX; i++)
        if (value.bytes[i] != '\\')
            reading->text[length++] = value.bytes[i];
    reading->text[length] = '\0';
    reading->at = reading->text;
}

static bool
take_digits(struct reading *reading, int least, int most, int *number)
{
    int count = 0;

    *number = 0;
    for (; count < most && isdigit((unsigned char)*reading->at); count++)
        *number = *number * 10 + (*reading->at++ - '0');
    return count >= least;
}

static bool
take(struct reading *reading, const char *any)
{
    if (*reading->at == '\0' || strchr(any, *reading->at) == NULL)
        return false;
    reading->at++;
    return true;
}

/* 2026-01-02, 2026-1-2 or 20260102 */
static bool
read_date(struct reading *reading)
{
    int year, month, day, width;

    if (!take_digits(reading, 4, 4, &year))
        return false;
    width = take(reading, "-") ? 1 : 2;
    if (!take_digits(reading, width, 2, &month) ||
        (width == 1 && !take(reading, "-")) ||
        !take_digits(reading, width, 2, &day))
        return false;
    reading->day.tm_year = year - 1900;
    reading->day.tm_mon = month - 1;
    reading->day.tm_mday = day;
    return true;
}

static void
read_offset(struct reading *reading)
{
    const char *before = reading->at, *offset = before + strspn(before, " ");
    int sign = *offset == '-' ? -1 : 1, hours, minutes = 0;

    if (offset > before && strspn(offset + 1, "0123456789:") == 5)
        reading->at = offset; /* "10:00:00 +02:00" */
    if (!take(reading, "+-"))
        return;
    if (!take_digits(reading, 1, 2, &hours)) {
        reading->at = before;
        return;
    }
    (void)take(reading, ":");
    (void)take_digits(reading, 0, 2, &minutes);
    reading->offset_s = sign * (hours * 60 + minutes) * 60;
    reading->has_offset = reading->offset_s != 0;
}

/* T03, T03:04, T0304, T03:04:05.678; or blanks instead of T, and then a colon
 * is required. Z or an offset may follow. */
static bool
read_time_of_day(struct reading *reading)
{
    bool named = take(reading, "Tt");

    if (!named && !take(reading, " \t"))
        return false;
    while (take(reading, " \t"))
        continue;
    reading->time = reading->at;
    if (!take_digits(reading, 1, 2, &reading->hour) ||
        (!take(reading, ":") && !named))
        return false;
    (void)take_digits(reading, 0, 2, &reading->minute);
    (void)take(reading, ":");
    (void)take_digits(reading, 0, 2, &reading->second);
    if (take(reading, "."))
        while (take(reading, "0123456789"))
            continue;
    if (!take(reading, "Zz"))
        read_offset(reading);
    return true;
}

static const char *
in_utc(struct reading *reading, struct arena *arena)
{
    char text[CLOCK_UTC_BYTES];
    int64_t seconds = (int64_t)timegm(&reading->day) + reading->hour * 3600 +
                      reading->minute * 60 + reading->second -
                      reading->offset_s;

    return arena_strdup(arena, clock_format_utc(seconds, text));
}

bool
filter_time_read(struct span value, struct arena *arena,
                 struct filter_time *time)
{
    struct reading reading = {.offset_s = 0};
    const char *end_of_date;

    copy_plain(&reading, value);
    if (!read_date(&reading))
        return false;
    end_of_date = reading.at;
    if (!read_time_of_day(&reading))
        return false;
    time->text = time->utc = arena_printf(
        arena, "%.*sT%.*s", (int)(end_of_date - reading.text), reading.text,
        (int)(reading.at - reading.time), reading.time);
    time->offset = "";
    if (!reading.has_offset)
        return true;
    time->offset = time->text + (end_of_date - reading.text);
    time->offset += strcspn(time->offset, "+-");
    time->utc = in_utc(&reading, arena);
    return true;
}
