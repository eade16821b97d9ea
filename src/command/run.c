/*
 *     collect the jobs ─► read --ids ─► open the database
 *     ─► folder for --keep, grants ─► with --due, end the jobs that are not due
 *     ─► prepare and run all jobs
 *     ─► record failures ─► prune the journal ─► wait for facts about stores
 *
 * What can fail for all jobs at once is done before a store is asked for a
 * result, because a result may take hours. From outcomes_begin() on, a job that
 * fails before its run begins is recorded in the journal; but not with --ids or
 * --dry-run. A dry run neither grants anything nor writes to the archive.
 *
 * Hazard. The release of the last job's claim is sent with the statement of
 * control_prune(), so that must follow jobs_run().
 */
#include "run/run.h"

#include "base/event.h"
#include "cli/live.h"
#include "cli/process.h"
#include "cli/summary.h"
#include "command/commands.h"
#include "command/ids.h"
#include "job/control.h"
#include "job/due.h"
#include "job/job.h"
#include "job/jobs.h"
#include "job/outcomes.h"
#include "job/shop_info.h"
#include "live/batch.h"
#include "source/archive.h"
#include "source/keep.h"
#include "walk/way.h"

/* A role that has just been added to readers gets access to what already
 * exists. */
static bool
grant_readers(struct context *context, struct err *err)
{
    const char *const *role = context->config.readers;

    for (; *role != NULL; role++) {
        if (!journal_grant(context->journal, *role, err))
            return false;
        for (size_t i = 0; i < context->config.store_count; i++)
            if (!journal_grant_tables(context->journal,
                                      context->config.stores[i].schema, *role,
                                      err))
                return false;
    }
    return true;
}

static void
run_from_store(void *ctx)
{
    struct job *job = ctx;
    const struct ids *ids = job->context->ids;
    struct way way;
    struct err err;

    if (job->pending != JOB_NOT_PENDING) {
        batch_run(job);
        return;
    }
    if (ids != NULL && !ids_of_job(ids, job, &err)) {
        job_fail(job, "the job did not run", &err);
        return;
    }
    way_init(&way, job);
    run_job(job, &way.origin);
}

/* Read the ids of --ids before anything is asked for. *none: there are none, so
 * that there is nothing to do. */
static bool
read_ids(struct context *context, struct ids *ids, struct arena *arena,
         bool *none, struct err *err)
{
    const char *path = context->options->ids_file;

    *none = false;
    if (path == NULL)
        return true;
    if (!ids_read(ids, path, arena, err))
        return false;
    context->ids = ids;
    *none = ids->count == 0;
    if (*none)
        log_info(NULL, "nothing was fetched: there are no ids",
                 LOG_STR("file", ids->name), LOG_END);
    return true;
}

/* The ids are of one store. */
static bool
only_one(const struct context *context, const struct jobs *jobs,
         struct err *err)
{
    if (context->ids == NULL || jobs->count <= 1)
        return true;
    return err_set(err, MSG_SEVERAL_STORES,
                   "--ids takes one store, but %zu stores have this job",
                   jobs->count);
}

static bool
run_jobs(struct context *context, struct jobs *jobs, struct err *err)
{
    struct task_group shops = {0};
    bool is_dry = context->options->dry_run, none;
    struct ids ids;
    struct live live;

    if (!context_configure(context, err) ||
        !jobs_collect(jobs, context, context->options->arguments, err) ||
        !read_ids(context, &ids, &jobs->arena, &none, err) ||
        !only_one(context, jobs, err))
        return false;
    if (none) {
        jobs_free(jobs);
        *jobs = (struct jobs){.options = context->options};
        return true;
    }
    if (!control_open(context, true, err))
        return false;
    if (context->ids == NULL && !is_dry)
        outcomes_begin(jobs, context);
    if (!keep_make_folder(context->options->keep_directory, err) ||
        (!is_dry && !grant_readers(context, err))) {
        outcomes_refuse(jobs, err);
        control_prune(context);
        return false;
    }
    if (context->options->due && !due_select(jobs, err))
        return false;
    if (!is_dry)
        archive_make(context->config.archive.directory);
    live_begin(&live, jobs, context->options);
    shop_info_refresh(context, &shops);
    jobs_run(jobs, jobs_prepare, run_from_store);
    outcomes_record(jobs);
    control_prune(context);
    if (!is_dry)
        archive_prune(context->config.archive.directory,
                      context->config.archive.keep_ms);
    task_group_wait(&shops);
    shop_info_report(context);
    live_end(&live);
    return true;
}

static int
run(struct context *context)
{
    struct jobs jobs = {0};
    struct err err;
    bool done = run_jobs(context, &jobs, &err);

    return summary_end(&jobs, done, &err);
}

int
command_run(const struct options *options)
{
    if (options->json)
        event_enable();
    return process_run(options, run);
}
