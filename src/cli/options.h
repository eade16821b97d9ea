/*
 * options - parses and checks the command line by two tables: the commands,
 * which main.c passes in, and their options (option_rows.h).
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/err.h"
#include "cli/command.h"
#include "config/options.h"

/* Parse the command line and do nothing else. `command` is NULL if only --help
 * or --version is asked for. ERR_USAGE with a hint after misuse. Strings point
 * into argv, which is not changed. Free the lists with options_free(), also
 * after a failure. */
MUST_CHECK bool
options_parse(int argc, char **argv, const struct command_table *commands,
              struct options *options, const struct command **command,
              struct err *err);
void options_free(struct options *options);

/* Set the function that prints the versions of the libraries for --version. */
void options_on_version(void (*print)(void));

/* Parse argv and run the command. --help, help [COMMAND], COMMAND --help and
 * --version are answered here, on stdout. Returns the exit status. After misuse
 * that is 64, with one line and a hint on stderr. */
int options_run(int argc, char **argv, const struct command_table *commands);

#endif
