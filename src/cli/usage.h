/*
 * usage - prints --help, from the tables of commands and options.
 */
#ifndef CLI_USAGE_H
#define CLI_USAGE_H

#include <stddef.h>
#include <stdio.h>

#include "cli/command.h"

/* Print the usage line and the list of commands. */
void usage_print(FILE *to, const struct command_table *commands);

/* Print --help to stdout: of `command`, or of the program if it is NULL. */
void usage_print_help(const struct command_table *commands,
                      const struct command *command);

/* An exit status and its meaning. */
struct usage_status {
    int status;
    const char *text;
};

extern const struct usage_status usage_statuses[];
extern const size_t usage_status_count;

#endif
