/*
 * scripted_lines - a source that reads lines from memory.
 */
#ifndef SCRIPTED_LINES_H
#define SCRIPTED_LINES_H

#include "source/source.h"

/* `text` consists of whole lines and is borrowed. If `failing` is set, the next
 * read fails with it, once. */
struct scripted_lines {
    struct source source;
    const char *text;
    const struct err *failing;
    bool is_read;
    int opened; /* number of times */
};

void scripted_lines_init(struct scripted_lines *lines, const char *text);

#endif
