/*
 * option_rows - the table of commands and the table of their options, from
 * which parsing, checking and --help are made.
 */
#ifndef CLI_OPTION_ROWS_H
#define CLI_OPTION_ROWS_H

#include <stddef.h>

#include "cli/options.h"

/* Bits of the commands that an option belongs to, in the table's order. */
enum {
    OF_INIT = 1 << 0,
    OF_CHECK = 1 << 1,
    OF_PLAN = 1 << 2,
    OF_RUN = 1 << 3,
    OF_LOAD = 1 << 4,
    OF_STATUS = 1 << 5,
    OF_CANCEL = 1 << 6,
    OF_TYPES = 1 << 7,
    OF_VIEWS = 1 << 8,
    OF_REPORT = 1 << 9
};

#define OF_ANY (~0U)

/* Longest name with its dashes, and a NUL. */
enum { OPTION_NAME_BYTES = 64, OPTION_ROWS_MOST = 64 };

/* Stores an option's value; `value` is NULL for one without. */
typedef bool
option_set_fn(struct options *options, const char *value, struct err *err);

struct option_row {
    const char *name;  /* NULL: a short one only */
    char letter;       /* '\0': a long one only */
    const char *value; /* how help calls it; NULL: a flag */
    unsigned belongs;  /* to these commands */
    option_set_fn *set;
    const char *help;
};

extern const struct command option_commands[];
extern const size_t option_command_count;
extern const struct option_row option_rows[];
extern const size_t option_row_count; /* at most OPTION_ROWS_MOST */

/* The command's bit: OF_INIT ... OF_REPORT. */
unsigned option_bit(const struct command *command);

/* "--full" or "-C", in `text`. */
const char *
option_spell(const struct option_row *row, char text[OPTION_NAME_BYTES]);

#endif
