/*
 * screen - a block of lines at the bottom of a terminal, redrawn in place.
 *
 * The cursor rests on the line below the block. Whatever else is written, such
 * as the echo of Ctrl-C, appears there, and after a sudden end nothing has to
 * be restored. A frame is one write(), so that it does not flicker. A line
 * never wraps; a line that is too long ends in "…". The window's size is read
 * for every frame. Lines that a narrower window has wrapped are counted as most
 * terminals wrap them.
 */
#ifndef CLI_SCREEN_H
#define CLI_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum { SCREEN_LINES_MAX = 64 };

enum screen_colour {
    SCREEN_PLAIN,
    SCREEN_FAINT,
    SCREEN_GREEN,
    SCREEN_YELLOW,
    SCREEN_RED
};

struct screen_line {
    const char *text; /* UTF-8; control characters are shown as "?" */
    enum screen_colour colour;
};

struct screen {
    int fd;
    bool has_colours;
    int columns; /* of the window, at the last frame */
    int rows;
    int line_count;               /* lines of the block on the terminal */
    int widths[SCREEN_LINES_MAX]; /* of each, in columns */
    struct buf block;             /* as last drawn */
};

/* True if `fd` is a terminal that knows control sequences (TERM is not
 * "dumb"). */
bool screen_is_possible(int fd);

/* Start a block; only one at a time. It has colours unless NO_COLOR is set.
 * Nothing is written yet. */
void screen_begin(struct screen *screen, int fd);

/* Append as much of `text` (UTF-8) as fits into `room` columns, with "…" at the
 * end if it is cut. Returns the number of columns. */
int screen_append_fitting(struct buf *line, const char *text, int room);

/* Return how many lines the block may have. */
int screen_most_lines(struct screen *screen);

/* Draw the block, at most SCREEN_LINES_MAX lines. Does nothing while the
 * terminal is stopped (Ctrl-S) or another process group has it (Ctrl-Z, bg). */
void
screen_draw(struct screen *screen, const struct screen_line *lines, int count);

/* Write `text`, which is whole lines, above the block. */
void screen_above(struct screen *screen, const char *text, size_t length);

/* Erase the block and free it. */
void screen_end(struct screen *screen);

/* Erase the block from a signal handler, before _exit(). */
void screen_abandon(void);

#endif
