/*
 * mode - everything, or what changed since the watermark.
 */
#ifndef RUN_MODE_H
#define RUN_MODE_H

#include "job/job.h"
#include "journal/run.h"
#include "run/tables.h"

struct mode {
    enum run_mode mode;
    const char *reason;      /* NULL: there is nothing to say */
    bool incremental;        /* rows that do not come are there still */
    const char *window_from; /* as Shopify reads them; in the job's arena */
    const char *window_to;
};

/* The mode of the next run and why, after tables_prepare(). A replay of a saved
 * result is one, and incremental if the job is. A window of the command line is
 * incremental, its reason `asked`: it moves no watermark, and no later run
 * builds on it. ERR_USAGE when the job has no @incremental to take it. */
MUST_CHECK bool mode_choose(struct job *job, const struct tables *tables,
                            bool is_replay, struct mode *mode, struct err *err);

#endif
