/*
 * ending - the end of a run: writes its status, message and remedy to the
 * journal, the log and the job. For jobs that end without a run, see
 * job/outcome.h.
 */
#ifndef RUN_ENDING_H
#define RUN_ENDING_H

#include "run/state.h"

/* The results are loaded. The merge has already recorded the end in the
 * journal. */
void ending_loaded(struct run *run);

/* The run failed or was stopped. If a later attempt may succeed, the run
 * becomes `interrupted` and the next run can resume it. */
void ending_failed(struct run *run, const struct err *why);

#endif
