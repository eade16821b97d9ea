#include "run/mode.h"

#include <string.h>

#include "base/clock.h"
#include "journal/runs.h"
#include "journal/watermark.h"

static bool
choose_asked(struct job *job, struct mode *mode, struct err *err)
{
    const struct options *options = job->context->options;

    if (job->plan->incremental == NULL) {
        err_set(err, MSG_NOT_INCREMENTAL,
                "%s has no @incremental, so --since cannot be used",
                job->file->path);
        return false;
    }
    mode->mode = RUN_INCREMENTAL;
    mode->incremental = true;
    mode->reason = "asked";
    mode->window_from = job_time(job, options->since_s);
    if (options->until_s != OPTION_NO_TIME)
        mode->window_to = job_time(job, options->until_s);
    return true;
}

/* Why this run must fetch everything; NULL: it can be incremental. */
static const char *
reason_for_full(const struct job *job, const struct journal_run *before,
                const struct tables *tables)
{
    const struct options *options = job->context->options;

    if (before == NULL)
        return "first";
    if (options->full)
        return "asked";
    if (tables_remask(tables, job->plan))
        return "remasked";
    if (tables_widen(tables, job->plan))
        return "widened";
    if (strcmp(before->plan_hash, job->plan->hash) != 0)
        return "query_changed";
    return tables_miss_one(tables, job->plan) ? "table_missing" : NULL;
}

/* The window starts at the watermark. An incremental run does not find all
 * deletions, so a full run is due after fullEvery. */
static bool
choose_incremental(struct job *job, struct mode *mode, struct err *err)
{
    const struct plan_incremental *incremental = job->plan->incremental;
    struct journal_watermark mark;

    if (!journal_watermark(job->context->journal, job->config->name,
                           job->file->job, incremental->overlap_ms, &job->arena,
                           &mark, err))
        return false;
    if (mark.high == NULL || mark.last_full_age_ms < 0) {
        mode->reason = "first";
    } else if (incremental->full_every_ms > 0 &&
               mark.last_full_age_ms >= incremental->full_every_ms) {
        mode->reason = "full_every";
    } else {
        mode->mode = RUN_INCREMENTAL;
        mode->incremental = true;
        mode->window_from = mark.from;
    }
    return true;
}

static void
choose_replay(const struct job *job, struct mode *mode)
{
    const struct options *options = job->context->options;

    mode->mode = RUN_REPLAY;
    mode->incremental = job->plan->incremental != NULL && !options->full;
    mode->reason = mode->incremental ? "incremental" : "full";
}

bool
mode_choose(struct job *job, const struct tables *tables, bool is_replay,
            struct mode *mode, struct err *err)
{
    const struct options *options = job->context->options;
    struct journal_run *before;

    *mode = (struct mode){.mode = RUN_FULL};
    if (is_replay) {
        choose_replay(job, mode);
        return true;
    }
    if (job->ids != NULL) {
        *mode = (struct mode){.mode = RUN_IDS, .incremental = true};
        return true;
    }
    if (options->since_s != OPTION_NO_TIME)
        return choose_asked(job, mode, err);
    if (!journal_last_reference_run(job->context->journal, job->config->name,
                                    job->file->job, &job->arena, &before, err))
        return false;
    mode->reason = reason_for_full(job, before, tables);
    if (mode->reason != NULL || job->plan->incremental == NULL)
        return true;
    return choose_incremental(job, mode, err);
}
