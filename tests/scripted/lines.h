/*
 * scripted_lines - a source of lines in memory, for tests of what takes them.
 */
#ifndef SCRIPTED_LINES_H
#define SCRIPTED_LINES_H

#include "source/source.h"

/* `text` is borrowed, whole lines; the next read after `failing` is set fails
 * with it, once. */
struct scripted_lines {
    struct source source;
    const char *text;
    const struct err *failing;
    bool is_read;
    int opened; /* times */
};

void scripted_lines_init(struct scripted_lines *lines, const char *text);

#endif
