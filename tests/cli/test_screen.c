/* screen: the bytes that a terminal receives. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "cli/screen.h"
#include "support/suite.h"

#define ESC "\x1b"
#define EOL ESC "[K\r\n"
#define END ESC "[J"

static int terminal[2]; /* the user's end, the program's end */
static struct screen screen;
static char said[8192];

static void
resize(int columns, int rows)
{
    struct winsize size = {.ws_col = (unsigned short)columns,
                           .ws_row = (unsigned short)rows};

    ck_assert_int_eq(ioctl(terminal[1], TIOCSWINSZ, &size), 0);
}

/* Opens a terminal that does not change any byte. */
static void
setup(void)
{
    struct termios raw;

    terminal[0] = posix_openpt(O_RDWR | O_NOCTTY);
    ck_assert_int_ge(terminal[0], 0);
    ck_assert_int_eq(grantpt(terminal[0]), 0);
    ck_assert_int_eq(unlockpt(terminal[0]), 0);
    terminal[1] = open(ptsname(terminal[0]), O_RDWR | O_NOCTTY);
    ck_assert_int_ge(terminal[1], 0);
    ck_assert_int_eq(tcgetattr(terminal[1], &raw), 0);
    cfmakeraw(&raw);
    ck_assert_int_eq(tcsetattr(terminal[1], TCSANOW, &raw), 0);
    unsetenv("NO_COLOR");
    setenv("TERM", "xterm", 1);
    resize(40, 9);
    screen_begin(&screen, terminal[1]);
}

static void
teardown(void)
{
    close(terminal[0]);
    close(terminal[1]);
}

/* Returns what was written since the last call. Writes a mark and reads up to
 * it, so that it never has to wait for a time. */
static const char *
look(void)
{
    size_t length = 0;

    ck_assert_int_eq(write(terminal[1], "\n#", 2), 2);
    do {
        ssize_t more =
            read(terminal[0], said + length, sizeof(said) - length - 1);

        ck_assert_int_gt(more, 0);
        length += (size_t)more;
        said[length] = '\0';
    } while (length < 2 || strcmp(said + length - 2, "\n#") != 0);
    said[length - 2] = '\0';
    return said;
}

static void
draw(const char *first, const char *second)
{
    struct screen_line lines[] = {{first, SCREEN_PLAIN},
                                  {second, SCREEN_PLAIN}};

    screen_draw(&screen, lines, second != NULL ? 2 : 1);
}

START_TEST(lines_are_redrawn_in_place)
{
    draw("one", "two");
    ck_assert_str_eq(look(), "\rone" EOL "two" EOL END);
    draw("one!", "two!");
    ck_assert_str_eq(look(), "\r" ESC "[2Aone!" EOL "two!" EOL END);
    draw("one!", NULL);
    ck_assert_str_eq(look(), "\r" ESC "[2Aone!" EOL END);
    screen_end(&screen);
    ck_assert_str_eq(look(), "\r" ESC "[1A" END);
}

END_TEST

START_TEST(nothing_is_erased_if_nothing_was_drawn)
{
    screen_end(&screen);
    ck_assert_str_eq(look(), "");
}

END_TEST

START_TEST(a_log_line_is_written_above)
{
    draw("one", "two");
    look();
    screen_above(&screen, "level=warn\n", 11);
    ck_assert_str_eq(look(),
                     "\r" ESC "[2A" END "level=warn\none" EOL "two" EOL);
    draw("one", "two");
    ck_assert_str_eq(look(), "\r" ESC "[2Aone" EOL "two" EOL END);
    screen_end(&screen);
}

END_TEST

START_TEST(a_log_line_before_the_first_frame_is_just_written)
{
    screen_above(&screen, "level=warn\n", 11);
    ck_assert_str_eq(look(), "level=warn\n");
    screen_end(&screen);
}

END_TEST

static const struct cut {
    int columns;
    const char *text;
    const char *shown;
} cuts[] = {
    {11, "0123456789", "0123456789"},
    {10, "0123456789", "01234567…"},
    {10, "012345678", "012345678"},
    {10, "äöüäöüäöüä", "äöüäöüäö…"},
    {10, "東京東京東京", "東京東京…"},
    {9, "東京東京東京", "東京東…"}, /* half a character does not fit */
    {20, "a\x1b[2Jb\nc\x7f", "a?[2Jb?c?"},
    {20,
     "a\xc2\x9b"
     "1mb",
     "a?1mb"},
    {20, "a\xff\xe2\x82z", "a???z"},
    {2, "abc", "…"},
    {1, "abc", "…"},
};

enum { CUTS = sizeof(cuts) / sizeof(cuts[0]) };

START_TEST(a_line_is_cut_never_wrapped)
{
    const struct cut *cut = &cuts[_i];
    char expected[256];

    resize(cut->columns, 9);
    draw(cut->text, NULL);
    snprintf(expected, sizeof(expected), "\r%s" EOL END, cut->shown);
    ck_assert_str_eq(look(), expected);
    screen_end(&screen);
}

END_TEST

/* The lines have 19 and 3 columns: in a window of 10 they take two rows and
 * one. */
START_TEST(a_narrower_window_has_wrapped_the_old_lines)
{
    draw("0123456789012345678", "two");
    look();
    resize(10, 9);
    draw("0123456789012345678", "two");
    ck_assert_str_eq(look(), "\r" ESC "[3A01234567…" EOL "two" EOL END);
    resize(30, 9);
    draw("0123456789012345678", "two");
    ck_assert_str_eq(look(),
                     "\r" ESC "[2A0123456789012345678" EOL "two" EOL END);
    screen_end(&screen);
}

END_TEST

START_TEST(a_window_keeps_room_for_other_lines)
{
    ck_assert_int_eq(screen_most_lines(&screen), 6);
    resize(40, 1);
    ck_assert_int_eq(screen_most_lines(&screen), 1);
    resize(40, 1000);
    ck_assert_int_eq(screen_most_lines(&screen), SCREEN_LINES_MAX);
    resize(0, 0); /* a terminal that does not know its size */
    ck_assert_int_eq(screen_most_lines(&screen), 16);
    screen_end(&screen);
}

END_TEST

START_TEST(no_color_turns_colours_off)
{
    struct screen_line line = {"bad", SCREEN_RED};

    screen_draw(&screen, &line, 1);
    ck_assert_str_eq(look(), "\r" ESC "[31mbad" ESC "[0m" EOL END);
    screen_end(&screen);
    look();
    setenv("NO_COLOR", "1", 1);
    screen_begin(&screen, terminal[1]);
    screen_draw(&screen, &line, 1);
    ck_assert_str_eq(look(), "\rbad" EOL END);
    screen_end(&screen);
}

END_TEST

START_TEST(a_continued_program_draws_where_the_shell_left_it)
{
    draw("one", "two");
    look();
    ck_assert_int_eq(raise(SIGCONT), 0);
    draw("one", "two");
    ck_assert_str_eq(look(), "\rone" EOL "two" EOL END);
    screen_end(&screen);
}

END_TEST

START_TEST(a_sudden_end_erases_the_lines)
{
    screen_abandon();
    ck_assert_str_eq(look(), "");
    draw("one", "two");
    look();
    screen_abandon();
    ck_assert_str_eq(look(),
                     "\r" ESC "[2K" ESC "[A" ESC "[2K" ESC "[A" ESC "[2K");
    screen_end(&screen);
    look();
    screen_abandon();
    ck_assert_str_eq(look(), "");
}

END_TEST

/* A stopped terminal must not stop a load. */
START_TEST(a_stopped_terminal_is_skipped)
{
    ck_assert_int_eq(tcflow(terminal[1], TCOOFF), 0);
    draw("one", "two");
    ck_assert_int_eq(tcflow(terminal[1], TCOON), 0);
    ck_assert_str_eq(look(), "");
    screen_end(&screen);
}

END_TEST

START_TEST(not_every_output_is_a_screen)
{
    int ends[2];

    ck_assert(screen_is_possible(terminal[1]));
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert(!screen_is_possible(ends[1]));
    setenv("TERM", "dumb", 1);
    ck_assert(!screen_is_possible(terminal[1]));
    unsetenv("TERM");
    ck_assert(!screen_is_possible(terminal[1]));
    close(ends[0]);
    close(ends[1]);
    screen_end(&screen);
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("screen");
    TCase *tests = tcase_create("screen");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, lines_are_redrawn_in_place);
    tcase_add_test(tests, nothing_is_erased_if_nothing_was_drawn);
    tcase_add_test(tests, a_log_line_is_written_above);
    tcase_add_test(tests, a_log_line_before_the_first_frame_is_just_written);
    tcase_add_loop_test(tests, a_line_is_cut_never_wrapped, 0, CUTS);
    tcase_add_test(tests, a_narrower_window_has_wrapped_the_old_lines);
    tcase_add_test(tests, a_window_keeps_room_for_other_lines);
    tcase_add_test(tests, no_color_turns_colours_off);
    tcase_add_test(tests, a_continued_program_draws_where_the_shell_left_it);
    tcase_add_test(tests, a_sudden_end_erases_the_lines);
    tcase_add_test(tests, a_stopped_terminal_is_skipped);
    tcase_add_test(tests, not_every_output_is_a_screen);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
