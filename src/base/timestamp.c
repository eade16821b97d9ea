#include "base/timestamp.h"

#include <math.h>
#include <stdlib.h>

enum {
    DATE_BYTES = 10,     /* of "2026-01-02" */
    MINUTE_BYTES = 5,    /* of "03:04" */
    FRACTION_BYTES = 40, /* of a second; later digits are ignored */
    DAYS_TO_2000 = 10957 /* from 1970-01-01 */
};

#define MICROS_PER_SECOND INT64_C(1000000)
#define MICROS_PER_DAY    (INT64_C(86400) * MICROS_PER_SECOND)

/* Read the two digits at `at`. */
static bool
two_digits(const char *at, int *number)
{
    unsigned tens = (unsigned char)at[0] - '0';
    unsigned ones = (unsigned char)at[1] - '0';

    *number = (int)(tens * 10 + ones);
    return tens <= 9 && ones <= 9;
}

/* Take two digits from the front of `rest`. */
static bool
take_two(struct span *rest, int *number)
{
    if (rest->length < 2 || !two_digits(rest->bytes, number))
        return false;
    *rest = span_tail(*rest, 2);
    return true;
}

static bool
take_char(struct span *rest, char c)
{
    if (rest->length == 0 || rest->bytes[0] != c)
        return false;
    *rest = span_tail(*rest, 1);
    return true;
}

static int
days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
        return 29;
    return days[month - 1];
}

/* Days from 1970-01-01 in the Gregorian calendar. Years begin in March here, so
 * that the leap day is the last day of a year. */
static int32_t
days_from_civil(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = y / 400; /* years are positive here */
    int year_of_era = y - era * 400;
    int day_of_year =
        (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return (int32_t)(era * 146097 + day_of_era - 719468);
}

/* Take "2026-01-02". */
static bool
take_date(struct span *rest, int32_t *days)
{
    const char *at = rest->bytes;
    int century, year, month, day;

    if (rest->length < DATE_BYTES || at[4] != '-' || at[7] != '-' ||
        !two_digits(at, &century) || !two_digits(at + 2, &year) ||
        !two_digits(at + 5, &month) || !two_digits(at + 8, &day))
        return false;
    *rest = span_tail(*rest, DATE_BYTES);
    year += century * 100;
    if (year < 1 || month < 1 || month > 12 || day < 1 ||
        day > days_in_month(year, month))
        return false;
    *days = days_from_civil(year, month, day) - DAYS_TO_2000;
    return true;
}

/* Convert ".123456789" to microseconds, rounded as PostgreSQL rounds it. */
static bool
take_fraction(struct span *rest, int64_t *micros)
{
    char text[FRACTION_BYTES] = "0.";
    size_t digits = 0;

    *micros = 0;
    if (!take_char(rest, '.'))
        return true;
    while (rest->length > 0 && rest->bytes[0] >= '0' && rest->bytes[0] <= '9') {
        if (digits + 3 < sizeof(text))
            text[digits + 2] = rest->bytes[0];
        digits++;
        *rest = span_tail(*rest, 1);
    }
    *micros = (int64_t)rint(strtod(text, NULL) * (double)MICROS_PER_SECOND);
    return digits > 0;
}

/* Take "03:04", "03:04:05" or "03:04:05.678". */
static bool
take_time(struct span *rest, int64_t *micros)
{
    const char *at = rest->bytes;
    int hour, minute, second = 0;
    int64_t fraction = 0;

    if (rest->length < MINUTE_BYTES || at[2] != ':' || !two_digits(at, &hour) ||
        !two_digits(at + 3, &minute))
        return false;
    *rest = span_tail(*rest, MINUTE_BYTES);
    if (take_char(rest, ':') &&
        (!take_two(rest, &second) || !take_fraction(rest, &fraction)))
        return false;
    *micros =
        (((int64_t)hour * 60 + minute) * 60 + second) * MICROS_PER_SECOND +
        fraction;
    return minute <= 59 && second <= 60 && *micros <= MICROS_PER_DAY;
}

/* Convert Z, +hh, +hhmm, +hh:mm or nothing to microseconds east of UTC. */
static bool
take_offset(struct span *rest, int64_t *micros)
{
    int hours, minutes = 0;
    bool west;

    *micros = 0;
    if (rest->length == 0 || take_char(rest, 'Z') || take_char(rest, 'z'))
        return true;
    west = rest->bytes[0] == '-';
    if (!take_char(rest, '-') && !take_char(rest, '+'))
        return false;
    if (!take_two(rest, &hours))
        return false;
    if (take_char(rest, ':') || rest->length > 0)
        if (!take_two(rest, &minutes))
            return false;
    if (hours > 15 || minutes > 59)
        return false;
    *micros = ((int64_t)hours * 60 + minutes) * 60 * MICROS_PER_SECOND;
    if (west)
        *micros = -*micros;
    return true;
}

bool
timestamp_parse(struct span text, int64_t *micros, struct err *err)
{
    struct span rest = text;
    int64_t time = 0, offset = 0;
    int32_t days;

    if (!take_date(&rest, &days))
        return err_not_a(text, "timestamp", err);
    if (rest.length > 0) {
        if (!take_char(&rest, 'T') && !take_char(&rest, 't') &&
            !take_char(&rest, ' '))
            return err_not_a(text, "timestamp", err);
        if (!take_time(&rest, &time) || !take_offset(&rest, &offset) ||
            rest.length > 0)
            return err_not_a(text, "timestamp", err);
    }
    *micros = days * MICROS_PER_DAY + time - offset;
    return true;
}

bool
timestamp_parse_date(struct span text, int32_t *days, struct err *err)
{
    struct span rest = text;

    if (!take_date(&rest, days) || rest.length > 0)
        return err_not_a(text, "date", err);
    return true;
}
