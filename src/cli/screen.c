/* The cursor rests below the block. A frame goes back to the block's first
 * line, writes every line again and erases the rest:
 *
 *     |log line               |        \r ESC[nA   up to the first line
 *     |acme/orders   loading  | <-     line ESC[K   each, cut to the window
 *     |acme/products queued   |        ESC[J        erase the rest below
 *     |_                      |
 *
 * Hazards:
 * - The window may have become narrower since the block was drawn. Its lines
 *   have then wrapped, so rows are counted with the present width.
 * - After Ctrl-Z and fg the shell has written, and the cursor is elsewhere.
 *   After SIGCONT the next frame forgets the old block and draws a new one at
 *   the cursor.
 * - A stopped terminal (Ctrl-S) would block the whole program. A frame is
 *   skipped if the terminal does not accept bytes, or if another process group
 *   has it.
 * - screen_abandon() runs in a signal handler. It uses only the three
 *   sig_atomic_t below and calls that are safe there. */
#include "cli/screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/span.h"

enum {
    BLOCK_BYTES_MAX = 512 * 1024,
    COLUMNS_MOST = 500,
    DEFAULT_COLUMNS = 80,
    DEFAULT_ROWS = 24
};

#define ERASE_TO_LINE_END   "\x1b[K"
#define ERASE_TO_SCREEN_END "\x1b[J"
#define UP_AND_ERASE        "\x1b[A\x1b[2K"

static const char *const colours[] = {
    [SCREEN_FAINT] = "\x1b[2m",
    [SCREEN_GREEN] = "\x1b[32m",
    [SCREEN_YELLOW] = "\x1b[33m",
    [SCREEN_RED] = "\x1b[31m",
};

/* State for the signal handlers: where the block is, how many rows it has, and
 * whether the shell has written since it was drawn. */
static volatile sig_atomic_t drawn_fd = -1;
static volatile sig_atomic_t drawn_rows;
static volatile sig_atomic_t was_continued;

/* ---- the terminal ------------------------------------------------------ */

bool
screen_is_possible(int fd)
{
    const char *term = getenv("TERM");

    return isatty(fd) && term != NULL && term[0] != '\0' &&
           strcmp(term, "dumb") != 0;
}

static void
on_continued(int number)
{
    (void)number;
    was_continued = 1;
}

static void
ask_size(struct screen *screen)
{
    struct winsize size = {0};

    (void)ioctl(screen->fd, TIOCGWINSZ, &size);
    screen->columns = size.ws_col > 0 ? size.ws_col : DEFAULT_COLUMNS;
    screen->rows = size.ws_row > 0 ? size.ws_row : DEFAULT_ROWS;
}

void
screen_begin(struct screen *screen, int fd)
{
    const char *no_color = getenv("NO_COLOR");
    struct sigaction action = {.sa_handler = on_continued};

    *screen =
        (struct screen){.fd = fd,
                        .has_colours = no_color == NULL || no_color[0] == '\0',
                        .block = buf_with_ceiling(BLOCK_BYTES_MAX)};
    ask_size(screen);
    was_continued = 0;
    drawn_rows = 0;
    drawn_fd = fd;
    sigaction(SIGCONT, &action, NULL);
}

/* A third of the window is left for the lines above the block. */
int
screen_most_lines(struct screen *screen)
{
    int most;

    ask_size(screen);
    most = screen->rows * 2 / 3;
    if (most < 1)
        most = 1;
    return most < SCREEN_LINES_MAX ? most : SCREEN_LINES_MAX;
}

static void
write_all(int fd, struct span bytes)
{
    while (bytes.length > 0) {
        struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
        ssize_t written = write(fd, bytes.bytes, bytes.length);

        if (written < 0 && errno == EAGAIN)
            (void)poll(&poll_fd, 1, -1);
        else if (written < 0 && errno != EINTR)
            return; /* the terminal is gone */
        else if (written > 0)
            bytes = span_tail(bytes, (size_t)written);
    }
}

/* True if this process group is in the foreground, or if `fd` is not the
 * controlling terminal. */
static bool
is_ours(int fd)
{
    pid_t foreground = tcgetpgrp(fd);

    return foreground < 0 || foreground == getpgrp();
}

static bool
takes_bytes(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};

    return poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & POLLOUT) != 0;
}

/* ---- one line ---------------------------------------------------------- */

/* Returns the width of the next character in columns and sets `*bytes` to its
 * length. Width 0 means that it cannot be shown. Characters that are wide in
 * East Asia count as two columns, so that no line wraps. */
static int
next_width(const char *text, size_t *bytes)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t length = at[0] < 0x80 ? 1 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    bool is_valid = at[0] < 0x80 || (at[0] >= 0xc2 && at[0] < 0xf5);

    for (size_t i = 1; i < length && is_valid; i++)
        is_valid = (at[i] & 0xc0) == 0x80;
    if (!is_valid || at[0] < ' ' || at[0] == 0x7f ||
        (at[0] == 0xc2 && at[1] < 0xa0)) {
        *bytes = is_valid ? length : 1;
        return 0;
    }
    *bytes = length;
    return length == 4 || (length == 3 && at[0] >= 0xe3) ? 2 : 1;
}

int
screen_append_fitting(struct buf *line, const char *text, int room)
{
    size_t fits = line->length; /* the length that leaves room for "…" */
    int width = 0, fits_width = 0;

    while (*text != '\0') {
        size_t bytes;
        int more = next_width(text, &bytes);
        int columns = more > 0 ? more : 1;

        if (width + columns > room) {
            line->length = fits;
            buf_append_str(line, "…");
            return fits_width + 1;
        }
        if (more > 0)
            buf_append(line, text, bytes);
        else
            buf_append_char(line, '?');
        width += columns;
        if (width < room) {
            fits = line->length;
            fits_width = width;
        }
        text += bytes;
    }
    return width;
}

/* The last column stays free: terminals differ in where the cursor is after
 * it. */
static int
append_line(const struct screen *screen, struct buf *block,
            const struct screen_line *line)
{
    int columns =
        screen->columns < COLUMNS_MOST ? screen->columns : COLUMNS_MOST;
    const char *colour = screen->has_colours ? colours[line->colour] : NULL;
    int width;

    if (colour != NULL)
        buf_append_str(block, colour);
    width =
        screen_append_fitting(block, line->text, columns > 2 ? columns - 1 : 1);
    if (colour != NULL)
        buf_append_str(block, "\x1b[0m");
    buf_append_str(block, ERASE_TO_LINE_END "\r\n");
    return width;
}

/* ---- the block --------------------------------------------------------- */

/* Rows that the block takes in the window as it is now. */
static int
count_rows(const struct screen *screen)
{
    int rows = 0;

    for (int i = 0; i < screen->line_count; i++) {
        int wrapped =
            (screen->widths[i] + screen->columns - 1) / screen->columns;

        rows += wrapped > 1 ? wrapped : 1;
    }
    return rows;
}

/* Move to the block's first line. If the shell has written since, that is the
 * present line. */
static void
append_return(struct screen *screen, struct buf *frame)
{
    int rows;

    if (was_continued) {
        was_continued = 0;
        screen->line_count = 0;
    }
    ask_size(screen);
    rows = count_rows(screen);
    buf_append_char(frame, '\r');
    if (rows > 0)
        buf_printf(frame, "\x1b[%dA", rows);
}

static void
append_erasure(struct screen *screen, struct buf *frame)
{
    append_return(screen, frame);
    buf_append_str(frame, ERASE_TO_SCREEN_END);
}

void
screen_draw(struct screen *screen, const struct screen_line *lines, int count)
{
    struct buf frame = buf_with_ceiling(2 * BLOCK_BYTES_MAX);

    if (!is_ours(screen->fd) || !takes_bytes(screen->fd))
        return;
    append_return(screen, &frame);
    buf_clear(&screen->block);
    for (int i = 0; i < count; i++)
        screen->widths[i] = append_line(screen, &screen->block, &lines[i]);
    buf_append_span(&frame, buf_span(&screen->block));
    buf_append_str(&frame, ERASE_TO_SCREEN_END);
    write_all(screen->fd, buf_span(&frame));
    screen->line_count = count;
    drawn_rows = count;
    buf_free(&frame);
}

void
screen_above(struct screen *screen, const char *text, size_t length)
{
    struct buf frame = buf_with_ceiling(2 * BLOCK_BYTES_MAX);

    if (!is_ours(screen->fd))
        screen->line_count = 0; /* the old block stays where it is */
    if (screen->line_count > 0)
        append_erasure(screen, &frame);
    buf_append(&frame, text, length);
    if (screen->line_count > 0)
        buf_append_span(&frame, buf_span(&screen->block));
    write_all(screen->fd, buf_span(&frame));
    buf_free(&frame);
}

void
screen_end(struct screen *screen)
{
    struct buf frame = buf_with_ceiling(BLOCK_BYTES_MAX);

    drawn_fd = -1;
    if (screen->line_count > 0 && is_ours(screen->fd)) {
        append_erasure(screen, &frame);
        write_all(screen->fd, buf_span(&frame));
    }
    signal(SIGCONT, SIG_DFL);
    buf_free(&frame);
    buf_free(&screen->block);
}

void
screen_abandon(void)
{
    if (drawn_fd < 0 || drawn_rows == 0 || was_continued || !is_ours(drawn_fd))
        return;
    for (int i = drawn_rows; i >= 0; i--) {
        struct span step =
            i == drawn_rows ? span_str("\r\x1b[2K") : span_str(UP_AND_ERASE);

        if (write(drawn_fd, step.bytes, step.length) < 0)
            return;
    }
}
