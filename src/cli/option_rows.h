/*
 * option_rows - the table of options. Parsing, checking and --help use it.
 */
#ifndef CLI_OPTION_ROWS_H
#define CLI_OPTION_ROWS_H

#include <stddef.h>

#include "base/err.h"
#include "cli/command.h"

/* The longest name with its dashes and a NUL. */
enum { OPTION_NAME_BYTES = 64, OPTION_ROWS_MOST = 64 };

/* Stores an option's value. `value` is NULL if the option takes none. */
typedef bool
option_set_fn(struct options *options, const char *value, struct err *err);

struct option_row {
    const char *name;  /* NULL: it has only a letter */
    char letter;       /* '\0': it has only a name */
    const char *value; /* its name in --help; NULL: a flag */
    unsigned belongs;  /* bits of the commands that take it */
    option_set_fn *set;
    const char *help;
};

extern const struct option_row option_rows[];
extern const size_t option_row_count; /* at most OPTION_ROWS_MOST */

/* Write "--full" or "-C" into `text` and return it. */
const char *
option_spell(const struct option_row *row, char text[OPTION_NAME_BYTES]);

#endif
