/*
 * usage - every word of --help, from the tables of commands and options.
 */
#ifndef CLI_USAGE_H
#define CLI_USAGE_H

#include <stddef.h>
#include <stdio.h>

#include "cli/command.h"

/* The usage line and the commands. */
void usage_print(FILE *to, const struct command_table *commands);

/* --help, of the program if `command` is NULL; on stdout. */
void usage_print_help(const struct command_table *commands,
                      const struct command *command);

/* Exit statuses, and what they say of all jobs. */
struct usage_status {
    int status;
    const char *text;
};

extern const struct usage_status usage_statuses[];
extern const size_t usage_status_count;

#endif
