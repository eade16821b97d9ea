/*
 * columns - what the tables of `status` have in common: the widths of the
 * columns store and job, and the line about an error.
 */
#ifndef COMMAND_COLUMNS_H
#define COMMAND_COLUMNS_H

/* As wide as the longest name and their heads; for "%-*s". */
struct columns {
    int store;
    int job;
};

struct columns columns_begin(void);
void columns_widen(struct columns *columns, const char *store, const char *job);

/* Print an indented line below a row; nothing if `error` is NULL. */
void
columns_print_error(const char *code, const char *error, const char *remedy);

#endif
