/*
 * options - the command line, taken apart and checked by two tables: the
 * commands, which main.c hands over, and their options (option_rows.h).
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/err.h"
#include "cli/command.h"
#include "config/options.h"

/* The command line as options, without doing anything: `command` is NULL when
 * only --help or --version was asked for. ERR_USAGE with a hint for misuse.
 * Strings are argv's, which is not changed; the lists are freed by
 * options_free(), also after a failure. */
MUST_CHECK bool
options_parse(int argc, char **argv, const struct command_table *commands,
              struct options *options, const struct command **command,
              struct err *err);
void options_free(struct options *options);

/* What --version prints after our own version: the libraries. */
void options_on_version(void (*print)(void));

/* Parse argv, run the command; --help, help [COMMAND], COMMAND
 * --help and --version are answered here, on stdout. Returns the exit status;
 * 64 with one line and a hint for misuse. */
int options_run(int argc, char **argv, const struct command_table *commands);

#endif
