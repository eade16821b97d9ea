#include "base/size.h"

#include <stdio.h>

const char *
size_rough(int64_t bytes, char text[SIZE_BYTES])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double size = (double)bytes;
    size_t unit = 0;

    while (size >= 1000 && unit < 4) {
        size /= 1000;
        unit++;
    }
    snprintf(text, SIZE_BYTES, unit == 0 || size >= 100 ? "%.0f %s" : "%.1f %s",
             size, units[unit]);
    return text;
}
