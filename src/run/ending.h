/*
 * ending - the end of a run: its status, its message and its remedy, in the
 * journal, the log and the job. A job that ends without a run: job/outcome.h.
 */
#ifndef RUN_ENDING_H
#define RUN_ENDING_H

#include "run/state.h"

/* It has landed; its end is in the journal by then. */
void ending_loaded(struct run *run);

/* It failed or was stopped. What may work later leaves the run for the next
 * one to continue with. */
void ending_failed(struct run *run, const struct err *why);

#endif
