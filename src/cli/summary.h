/*
 * summary - what `run` and `load` print at the end, for a terminal or a mail.
 *
 *     table          inserted    updated    deleted  unchanged
 *     acme.orders         100          0          3       5033
 *
 *     job             rejects    seconds  outcome
 *     acme/orders           0       12.3  loaded
 *     beta/orders           -        0.1  failed
 *
 *     12 jobs were not due
 *
 *     store gamma: 13 jobs postponed: the store ...; to fix: ... (NOT_SENT)
 *     beta/orders failed: the store refuses the token; to fix: ...
 */
#ifndef CLI_SUMMARY_H
#define CLI_SUMMARY_H

#include "job/jobs.h"

/* Print the end of a command to stdout: the changes of each table, how each job
 * ended, with --timings where its time went, and what to do about each failure.
 * With -q print only jobs with rejects. If the command was not `done`, log
 * `err` instead. Frees the jobs. Returns the worst status. */
int summary_end(struct jobs *jobs, bool done, const struct err *err);

#endif
