/*
 * summary - the end of `run` and `load`, as somebody reads it in a mail.
 *
 *     table          inserted    updated    deleted  unchanged
 *     acme.orders         100          0          3       5033
 *
 *     job             rejects    seconds  outcome
 *     acme/orders           0       12.3  loaded
 *     beta/orders           -        0.1  failed
 *
 *     nothing was due: 12 jobs
 *
 *     store gamma: 13 jobs postponed: the store ...; to do: ... (NOT_SENT)
 *     beta/orders failed: the store refuses the token; to do: make a new one
 */
#ifndef CLI_SUMMARY_H
#define CLI_SUMMARY_H

#include "job/jobs.h"

/* The end of a command over jobs, on stdout: what was written, table by table;
 * how each job ended, and with --timings where its time went; what to do about
 * each failure. With -q only what the log does not say as an error. If it was
 * not `done`, why not. Frees the jobs; the worst status. */
int summary_end(struct jobs *jobs, bool done, const struct err *err);

#endif
