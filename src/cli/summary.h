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

#include "job/job.h"

void summary_print(const struct jobs *jobs);

#endif
