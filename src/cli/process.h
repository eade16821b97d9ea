/*
 * process - runs a command: its signals, its first task and its exit status.
 */
#ifndef CLI_PROCESS_H
#define CLI_PROCESS_H

#include "job/context.h"

/* Run `body` as the first task and return its status. The first SIGINT or
 * SIGTERM stops the tasks; a second one ends the program. */
int process_run(const struct options *options,
                int (*body)(struct context *context));

/* Log the failure and return its exit status. */
int process_fail(const struct err *err);

/* The same, but a missing journal is not a failure: nothing has ever run, so
 * the command has nothing to do. */
int process_fail_without_journal(const struct err *err);

#endif
