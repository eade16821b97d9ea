/*
 * commands - the function of each command, in a file of the same name. It
 * returns the exit status.
 */
#ifndef COMMAND_COMMANDS_H
#define COMMAND_COMMANDS_H

#include "cli/command.h"

command_fn command_init;
command_fn command_check;
command_fn command_plan;
command_fn command_run;
command_fn command_load;
command_fn command_status;
command_fn command_cancel;
command_fn command_types;
command_fn command_views;
command_fn command_report;
command_fn command_push;
command_fn command_listen;
command_fn command_hooks;

/* The table of commands, for options_run(). */
extern const struct command_table commands;

#endif
