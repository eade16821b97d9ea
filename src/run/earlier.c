#include "run/earlier.h"

#include <inttypes.h>
#include <string.h>

#include "journal/operation.h"
#include "run/land.h"

static bool
fetches_the_same(const struct journal_run *run, const struct mode *mode)
{
    return run->mode == mode->mode &&
           span_same_text(run->window_from, mode->window_from) &&
           span_same_text(run->window_to, mode->window_to);
}

/* Does the run leave earlier runs alone? */
static bool
stands_apart(const struct run *run)
{
    return run->is_dry || run->mode.mode == RUN_IDS;
}

bool
earlier_find(struct run *run, struct journal_run **last, enum origin_left *left,
             struct err *err)
{
    *left = ORIGIN_NOTHING;
    if (run->mode.mode == RUN_REPLAY || stands_apart(run))
        return true;
    if (!journal_last_begun_run(run->journal, run->store, run->name, run->arena,
                                last, err))
        return false;
    if (*last == NULL || run_status_is_final((*last)->status) ||
        !span_same_text((*last)->plan_hash, run->plan->hash) ||
        !fetches_the_same(*last, &run->mode))
        return true;
    return origin_find(run->origin, *last, left, err);
}

/* Searches the database for staging tables instead of using the list of runs
 * just superseded: a process may have superseded a run earlier and been killed
 * before it dropped the staging tables. */
static bool
drop_left_staging(struct run *run, int64_t keep_run_id, struct err *err)
{
    struct journal_runs left;

    if (!journal_staging_left(run->journal, run->store, run->name, keep_run_id,
                              run->arena, &left, err))
        return false;
    for (size_t i = 0; i < left.count; i++)
        land_drop_staging(run->journal, left.runs[i].ref.run_id);
    return true;
}

/* No later run continues a run with --ids, or a dry run. This process has the
 * claim, so one that left staging was killed. Staging of other runs stays: they
 * may be resumed. */
static bool
drop_staging_apart(struct run *run, struct err *err)
{
    struct journal_runs left;

    if (!journal_staging_left(run->journal, run->store, run->name, 0,
                              run->arena, &left, err))
        return false;
    for (size_t i = 0; i < left.count; i++)
        if (left.runs[i].mode == RUN_IDS || left.runs[i].status == RUN_DRY)
            land_drop_staging(run->journal, left.runs[i].ref.run_id);
    return true;
}

static void
warn_of_superseded(const struct run *run, const struct journal_runs *runs)
{
    for (size_t i = 0; i < runs->count; i++)
        log_warn(run->log, MSG_SUPERSEDES, "superseding an unfinished run",
                 LOG_NUM("superseded", runs->runs[i].ref.run_id), LOG_END);
}

bool
earlier_supersede(struct run *run, int64_t keep_run_id, struct err *err)
{
    struct journal_runs runs;

    if (stands_apart(run))
        return true;
    if (!journal_supersede(run->journal, run->store, run->name, keep_run_id,
                           run->arena, &runs, err))
        return false;
    warn_of_superseded(run, &runs);
    return origin_clear(run->origin, keep_run_id, err) &&
           drop_left_staging(run, keep_run_id, err);
}

/* Have earlier runs left anything? Nothing can be added, because this process
 * has the claim. */
static bool
has_left(struct run *run, bool *any, struct err *err)
{
    struct journal_operations operations = {.count = 0};
    struct journal_runs staging;

    if (!journal_staging_left(run->journal, run->store, run->name, 0,
                              run->arena, &staging, err) ||
        (run->origin->ops->clear != NULL &&
         !journal_left_operations(run->journal, run->store, run->name, 0,
                                  run->arena, &operations, err)))
        return false;
    *any = staging.count > 0 || operations.count > 0;
    return true;
}

/* What earlier runs left is removed before the new run has a row: if that takes
 * long, and the process is killed meanwhile, there is no run to resume. A run
 * with --ids, or a dry run, supersedes none. */
bool
earlier_supersede_and_begin(struct run *run, const struct run_start *start,
                            struct err *err)
{
    struct journal_runs runs;
    bool any;

    if (stands_apart(run))
        return drop_staging_apart(run, err) &&
               journal_run_begin(run->journal, start, &run->ref, err);
    if (!has_left(run, &any, err))
        return false;
    if (any)
        return earlier_supersede(run, 0, err) &&
               journal_run_begin(run->journal, start, &run->ref, err);
    if (!journal_supersede_and_begin(run->journal, start, run->arena, &runs,
                                     &run->ref, err))
        return false;
    warn_of_superseded(run, &runs);
    return true;
}

bool
earlier_take_over(struct run *run, const struct journal_run *last,
                  enum run_status status, struct err *err)
{
    bool taken;

    run->ref = last->ref;
    if (!journal_run_resume(run->journal, &run->ref, status, &taken, err))
        return false;
    if (taken)
        return true;
    err_set(err, MSG_RUN_ENDED,
            "run %" PRId64 " ended before it could be resumed",
            run->ref.run_id);
    return false;
}
