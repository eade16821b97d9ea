/*
 * run - one run of one job, from its claim to its end in the journal.
 *
 *     claim ─► (resume | begin) ─► operation ─► land ─► done
 *
 * A task's body: failures end up in the job, never with the caller.
 */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "job/job.h"

/* `job` is a struct job whose plan is ready; from the store. */
void run_job(void *job);

/* The same from a saved result: a replay. `path` "-" is standard input,
 * `objects` what it should hold, -1 when not said. */
void run_replay(struct job *job, const char *path, int64_t objects);

#endif
