#include "scripted/job.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "job/control.h"
#include "support/cluster.h"
#include "support/pg_task.h"

static const char usual_types[] = "tests/data/plan/types.json";

static void
prepare(struct scripted_job *job)
{
    struct err err;

    job_init(&job->job, &job->context, &job->store, &job->file);
    ck_assert_msg(job_prepare(&job->job, job->types, &err), "%s", err.message);
}

void
scripted_job_open(struct scripted_job *job, const char *database,
                  const char *query)
{
    scripted_job_open_with(job, database, query, usual_types);
}

void
scripted_job_open_with(struct scripted_job *job, const char *database,
                       const char *query, const char *types)
{
    struct context *context = &job->context;
    struct err err;

    memset(job, 0, sizeof(*job));
    job->types = types;
    job->options = (struct options){.older_than_ms = -1,
                                    .objects = -1,
                                    .since_s = OPTION_NO_TIME,
                                    .until_s = OPTION_NO_TIME};
    job->config = (struct store_config){
        .name = "acme", .schema = "acme", .deletes = PLAN_DELETES_HARD};
    job->store =
        (struct store_state){.context = context, .config = &job->config};
    job->file = (struct query_file){
        .job = "products", .path = "products.graphql", .text = span_str(query)};
    context->options = &job->options;
    ck_assert_msg(config_read(&context->config, "nowhere.ini", false, &err),
                  "%s", err.message);
    context->config.tuning.retry_budget_ms = 0;
    context->config.tuning.max_loads = 1;
    context->dsn = mem_strdup(cluster_dsn_in(database));
    ck_assert_msg(control_open(context, true, &err), "%s", err.message);
    prepare(job);
}

void
scripted_job_again(struct scripted_job *job)
{
    job_free(&job->job);
    prepare(job);
}

void
scripted_job_close(struct scripted_job *job)
{
    job_free(&job->job);
    context_close(&job->context);
}

const char *
scripted_job_ask(const struct scripted_job *job, const char *sql)
{
    static char text[1024];
    struct pg_config config = {.dsn = context_dsn(&job->context),
                               .application_name = "bulkpg test"};
    struct pg_conn *conn = pg_task_connect(&config);
    struct pg_result *result;
    struct err err;

    ck_assert_msg(pg_exec(conn, sql, 0, NULL, &result, &err), "%s: %s",
                  err.code, err.message);
    text[0] = '\0';
    if (pg_rows(result) > 0 && !pg_is_null(result, 0, 0))
        snprintf(text, sizeof(text), "%s", pg_text(result, 0, 0));
    pg_result_free(result);
    pg_close(conn);
    return text;
}
