/*
 * option_rows - the table of options, from which parsing, checking and --help
 * are made.
 */
#ifndef CLI_OPTION_ROWS_H
#define CLI_OPTION_ROWS_H

#include <stddef.h>

#include "base/err.h"
#include "cli/command.h"

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

extern const struct option_row option_rows[];
extern const size_t option_row_count; /* at most OPTION_ROWS_MOST */

/* "--full" or "-C", in `text`. */
const char *
option_spell(const struct option_row *row, char text[OPTION_NAME_BYTES]);

#endif
