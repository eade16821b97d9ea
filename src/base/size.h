/*
 * size - sizes for people.
 */
#ifndef BASE_SIZE_H
#define BASE_SIZE_H

#include <stdint.h>

enum { SIZE_BYTES = 32 };

/* Write "999 B", "12.3 MB" or "123 GB". Returns `text`. */
const char *size_rough(int64_t bytes, char text[SIZE_BYTES]);

#endif
