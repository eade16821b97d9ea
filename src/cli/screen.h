/*
 * screen - a block of lines at the bottom of a terminal, redrawn in place.
 *
 * The cursor rests on the line below the block, so that whatever else is
 * written, by a signal's echo or by an end without warning, stands below it
 * and nothing has to be restored. A frame is one write(): no flicker. A line
 * never wraps; what is too long ends in "…". The window's size is asked for
 * with every frame. Lines that a narrower window has wrapped are counted as
 * most terminals wrap them.
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
    int columns; /* of the window, when it was asked last */
    int rows;
    int line_count;               /* of ours on the terminal */
    int widths[SCREEN_LINES_MAX]; /* of each, in columns */
    struct buf block;             /* as it was drawn last */
};

/* Is `fd` a terminal that knows the sequences (TERM is not "dumb")? */
bool screen_is_possible(int fd);

/* One at a time. Colours unless NO_COLOR is set. Nothing is written yet. */
void screen_begin(struct screen *screen, int fd);

/* As much of UTF-8 `text` as fits into `room` columns, ending in "…" where
 * that is not all; how many columns it takes. */
int screen_append_fitting(struct buf *line, const char *text, int room);

/* Lines that the window has room for. */
int screen_most_lines(struct screen *screen);

/* Nothing happens while the terminal takes nothing (Ctrl-S), or belongs to
 * somebody else (Ctrl-Z, bg). At most SCREEN_LINES_MAX lines. */
void
screen_draw(struct screen *screen, const struct screen_line *lines, int count);

/* Write `text`, whole lines, above the block. */
void screen_above(struct screen *screen, const char *text, size_t length);

/* Take the block off. */
void screen_end(struct screen *screen);

/* The same from a signal handler, before _exit(). */
void screen_abandon(void);

#endif
