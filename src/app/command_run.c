#include "app/commands.h"
#include "app/job.h"
#include "app/run.h"
#include "app/shop_info.h"

static void
prepare(void *ctx)
{
    struct job *job = ctx;
    struct err err;

    if (!job_prepare(job, NULL, &err))
        job_fail(job, "the job is not run", &err);
}

static bool
run_jobs(struct context *context, struct jobs *jobs, struct err *err)
{
    struct task_group shops = {0};

    if (!context_configure(context, err) ||
        !jobs_collect(jobs, context, context->options->arguments, err) ||
        !context_open_database(context, true, err))
        return false;
    shop_info_refresh(context, &shops);
    jobs_run(jobs, "prepare", prepare);
    jobs_refuse_shared_tables(jobs);
    jobs_run(jobs, "run", run_job);
    task_group_wait(&shops);
    return true;
}

static int
run(struct context *context)
{
    struct jobs jobs = {0};
    struct err err;
    int status;

    if (!run_jobs(context, &jobs, &err)) {
        status = context_fail(&err);
    } else {
        jobs_print_tables(&jobs);
        status = jobs_status(&jobs);
    }
    jobs_free(&jobs);
    return status;
}

int
command_run(const struct options *options)
{
    return context_run(options, run);
}
