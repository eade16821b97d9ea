/*
 * mode - whether a run fetches everything, or only what changed since the
 * watermark.
 */
#ifndef RUN_MODE_H
#define RUN_MODE_H

#include "job/job.h"
#include "journal/run.h"
#include "run/tables.h"

struct mode {
    enum run_mode mode;
    const char *reason;      /* bulkpg.run.mode_reason; NULL: none */
    bool incremental;        /* rows that are not in the result may still
                              * exist */
    const char *window_from; /* "2026-01-02T03:04:05Z", in the job's arena; */
    const char *window_to;   /* NULL: no bound */
};

/* Choose the mode of the next run. With job->ids it is `ids`: the result has
 * only some roots, and says nothing about others. Call tables_prepare() first.
 *
 * A saved result is loaded with the mode `replay`, and incrementally if its
 * query has @incremental. A window from the command line (--since) is
 * incremental with the reason `asked`: it does not move the watermark, and no
 * later run builds on it. ERR_USAGE if the query has no @incremental. */
MUST_CHECK bool mode_choose(struct job *job, const struct tables *tables,
                            bool is_replay, struct mode *mode, struct err *err);

#endif
