#include <stdio.h>
#include <stdlib.h>

#include "app/commands.h"
#include "app/job.h"
#include "app/shop_info.h"
#include "app/tables.h"

/* One verdict a line: what was looked at, and what is wrong with it. */
struct verdicts {
    bool json;
    bool any;
    int status;
};

static void
print_member(const char *key, const char *text, const char *separator)
{
    struct buf json = buf_with_ceiling(64 * 1024);

    buf_append_json(&json, span_str(text));
    printf("%s\"%s\":%s", separator, key, buf_str(&json));
    buf_free(&json);
}

static void
print_json(const struct verdicts *verdicts, const char *what,
           const struct err *err)
{
    printf("%s\n", verdicts->any ? "," : "[");
    print_member("what", what, "{");
    print_member("verdict", err == NULL ? "ok" : "fault", ",");
    if (err != NULL) {
        print_member("code", err->code, ",");
        print_member("message", err->message, ",");
        print_member("hint", err->hint, ",");
    }
    printf("}");
}

static void
print_text(const char *what, const struct err *err)
{
    if (err == NULL) {
        printf("ok     %s\n", what);
        return;
    }
    printf("FAULT  %s: %s\n", what, err->message);
    if (err->hint[0] != '\0')
        printf("       %s\n", err->hint);
}

/* `err` NULL: it is well. */
static void
verdict(struct verdicts *verdicts, const char *what, const struct err *err)
{
    if (verdicts->json)
        print_json(verdicts, what, err);
    else
        print_text(what, err);
    verdicts->any = true;
    if (err != NULL)
        verdicts->status =
            err_worse_status(verdicts->status, err_exit_status(err->kind));
}

static void
check_store(struct context *context, struct store_state *store,
            struct verdicts *verdicts)
{
    char what[256];
    struct err err = store->config->fault;

    snprintf(what, sizeof(what), "store %s (%s)", store->config->name,
             store->config->base_url != NULL ? store->config->base_url : "-");
    if (err.kind == ERR_NONE && context->journal != NULL &&
        shop_info_read(context, store, &err))
        err.kind = ERR_NONE;
    verdict(verdicts, what, err.kind == ERR_NONE ? NULL : &err);
}

/* The plan, and whether the tables that are there take its rows. */
static bool
check_query(struct context *context, struct job *job, struct err *err)
{
    struct tables tables;

    return job_prepare(job, context->options->types_file, err) &&
           tables_inspect(&tables, job, err);
}

static void
check_jobs(struct context *context, struct verdicts *verdicts)
{
    struct jobs jobs;
    struct err err;

    if (!jobs_collect(&jobs, context, NULL, &err)) {
        verdict(verdicts, "queries", &err);
        jobs_free(&jobs);
        return;
    }
    for (size_t i = 0; i < jobs.count; i++) {
        struct job *job = &jobs.items[i];
        char what[512];
        bool fits = check_query(context, job, &err);

        snprintf(what, sizeof(what), "query %s (store %s)", job->file->path,
                 job->store->config->name);
        verdict(verdicts, what, fits ? NULL : &err);
        if (!fits)
            job->status = err_exit_status(err.kind);
    }
    jobs_refuse_shared_tables(&jobs);
    verdicts->status = err_worse_status(verdicts->status, jobs_status(&jobs));
    jobs_free(&jobs);
}

static void
check_all(struct context *context, struct verdicts *verdicts)
{
    struct err err;
    bool opened;

    if (!context_configure(context, &err)) {
        verdict(verdicts, "configuration", &err);
        return;
    }
    verdict(verdicts,
            context->config.path != NULL ? context->config.path
                                         : "configuration",
            NULL);
    opened = context_open_database(context, true, &err);
    verdict(verdicts, opened ? "database and journal" : "database",
            opened ? NULL : &err);
    for (size_t i = 0; i < context->config.store_count; i++)
        if (context_wants_store(context, context->stores[i].config))
            check_store(context, &context->stores[i], verdicts);
    if (opened)
        check_jobs(context, verdicts);
}

static int
check(struct context *context)
{
    struct verdicts verdicts = {.json = context->options->json};

    check_all(context, &verdicts);
    if (verdicts.json)
        printf("%s]\n", verdicts.any ? "\n" : "[");
    return verdicts.status;
}

int
command_check(const struct options *options)
{
    return context_run(options, check);
}
