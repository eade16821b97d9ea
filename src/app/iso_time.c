#include "app/iso_time.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* What follows the date: "", or "T01:02:03" with "Z", "+02:00", "-0500". */
static bool
read_time_of_day(const char *text, struct tm *time, int64_t *offset_s)
{
    int hours = 0, minutes = 0, used = 0;
    char sign = 'Z';

    *offset_s = 0;
    if (*text == '\0')
        return true;
    if (sscanf(text, "T%2d:%2d:%2d%c%n", &time->tm_hour, &time->tm_min,
               &time->tm_sec, &sign, &used) != 4 ||
        used != (int)strlen("T01:02:03Z") || time->tm_hour > 23 ||
        time->tm_min > 59 || time->tm_sec > 59)
        return false;
    text += used;
    if (sign == 'Z')
        return *text == '\0';
    if ((sign != '+' && sign != '-') || strlen(text) != strlen("02:00") ||
        sscanf(text, "%2d:%2d%n", &hours, &minutes, &used) != 2 || used != 5 ||
        hours > 23 || minutes > 59)
        return false;
    *offset_s = (hours * 60 + minutes) * (sign == '-' ? -60 : 60);
    return true;
}

/* timegm() mends dates such as February 30th, so the day must come back. */
bool
iso_time_parse(const char *text, int64_t *seconds)
{
    struct tm time = {0};
    int64_t offset_s;
    int used = 0, day;

    if (text[strspn(text, "0123456789-+:TZ")] != '\0' ||
        sscanf(text, "%4d-%2d-%2d%n", &time.tm_year, &time.tm_mon,
               &time.tm_mday, &used) != 3 ||
        used != (int)strlen("2026-01-02") || time.tm_year < 2000 ||
        time.tm_mon < 1 || time.tm_mon > 12 || time.tm_mday < 1 ||
        !read_time_of_day(text + used, &time, &offset_s))
        return false;
    time.tm_year -= 1900;
    time.tm_mon -= 1;
    day = time.tm_mday;
    *seconds = (int64_t)timegm(&time) - offset_s;
    return time.tm_mday == day;
}
