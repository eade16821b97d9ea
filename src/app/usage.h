/*
 * usage - every word of --help, from the tables of commands and options.
 */
#ifndef APP_USAGE_H
#define APP_USAGE_H

#include <stdio.h>

#include "app/options.h"

/* The usage line and the commands. */
void usage_print(FILE *to);

/* --help, of the program where `command` is NULL; on stdout. */
void usage_print_help(const struct command *command);

#endif
