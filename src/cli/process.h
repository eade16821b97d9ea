/*
 * process - the program while a command runs: its signals, its first task and
 * its exit status.
 */
#ifndef CLI_PROCESS_H
#define CLI_PROCESS_H

#include "job/context.h"

/* Run `body` as the first task, with signals caught: the first SIGINT or
 * SIGTERM stops the tasks, a second one ends the program. Returns its status.
 */
int process_run(const struct options *options,
                int (*body)(struct context *context));

/* Print the failure on stderr as an operator reads it; its exit status. */
int process_fail(const struct err *err);

/* The same for a command that has nothing to do if nothing ever ran: then a
 * missing journal is not a failure. */
int process_fail_without_journal(const struct err *err);

#endif
