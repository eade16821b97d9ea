/*
 * command - the description of a command, by which the command line is checked,
 * help is printed, and the command is run.
 *
 * The table of commands is in command/commands.c. main.c passes it to
 * options_run(), so that this folder does not depend on any command.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stddef.h>

#include "config/options.h"

/* One bit per command. An option has the bits of the commands that take it. */
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
    OF_REPORT = 1 << 9,
    OF_PUSH = 1 << 10,
    OF_LISTEN = 1 << 11,
    OF_HOOKS = 1 << 12
};

#define OF_ANY (~0U)

/* Runs the command and returns the exit status. */
typedef int command_fn(const struct options *options);

struct command {
    unsigned bit; /* OF_INIT ... OF_LISTEN */
    const char *name;
    const char *arguments; /* as in its usage line: "JOB FILE|-"; or "" */
    const char *summary;   /* one line */
    command_fn *run;
    int least_arguments;
    int most_arguments; /* -1: any number */
    const char *text;   /* the description in its --help */
};

struct command_table {
    const struct command *items; /* in the order of --help */
    size_t count;
};

#endif
