#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "app/job.h"
#include "app/shop_info.h"
#include "app/tables.h"
#include "base/json_out.h"
#include "sql.h"

#define LACKS_RIGHT "42501" /* SQLSTATE insufficient_privilege */

/* One verdict a line: what was looked at, and what is wrong with it. */
struct verdicts {
    bool json;
    bool any;
    int status;
};

static void
print_json(const struct verdicts *verdicts, const char *what,
           const struct err *err)
{
    struct buf json = buf_with_ceiling(64 * 1024);

    json_out_open(&json, '{');
    json_out_text(&json, "what", what);
    json_out_text(&json, "verdict", err == NULL ? "ok" : "fault");
    if (err != NULL) {
        json_out_text(&json, "code", err->code);
        json_out_text(&json, "message", err->message);
        json_out_text(&json, "hint", err->hint);
    }
    printf("%s\n%s}", verdicts->any ? "," : "[", buf_str(&json));
    buf_free(&json);
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

/* A right that the database does not give is the database's fault, whatever
 * was looked at. */
static void
fault(struct verdicts *verdicts, const char *what, struct err *err)
{
    if (strcmp(err->code, LACKS_RIGHT) == 0) {
        err_wrap(err, "%s", what);
        what = "database";
    }
    verdict(verdicts, what, err);
}

/* ---- database ---------------------------------------------------------- */

static bool
check_reader(struct context *context, const char *role, struct err *err)
{
    const char *values[] = {role};
    struct pg_result *result;
    struct pg_conn *conn;
    bool asked, exists;

    if (!journal_borrow(context->journal, &conn, err))
        return false;
    asked = pg_exec(conn, sql_journal_role, 1, values, &result, err);
    journal_give_back(context->journal);
    if (!asked)
        return false;
    exists = pg_bool(result, 0, 0);
    pg_result_free(result);
    return exists || err_set(err, ERR_CONFIG, "%sreaders: there is no role %s",
                             context->config.readers_where, role);
}

static void
check_readers(struct context *context, struct verdicts *verdicts)
{
    const char *const *role = context->config.readers;
    struct err err;

    for (; *role != NULL; role++)
        if (!check_reader(context, *role, &err))
            verdict(verdicts, "database", &err);
}

static void
check_database(struct context *context, struct verdicts *verdicts)
{
    struct err err;

    if (!context_open_database(context, true, &err)) {
        verdict(verdicts, "database", &err);
        return;
    }
    verdict(verdicts, "database and journal", NULL);
    check_readers(context, verdicts);
}

/* ---- stores ------------------------------------------------------------ */

/* What the store answers is kept where there is a journal. */
static void
check_shop(struct context *context, struct store_state *store, const char *what,
           struct verdicts *verdicts)
{
    struct arena arena = {0};
    struct shop shop;
    struct err err;

    if (!shop_info_ask(context, store, &arena, &shop, &err)) {
        verdict(verdicts, what, &err);
    } else {
        verdict(verdicts, what, NULL);
        if (context->journal != NULL &&
            !shop_info_save(context, store, &shop, &err))
            verdict(verdicts, "database", &err);
    }
    arena_free(&arena);
}

static void
check_store(struct context *context, struct store_state *store,
            struct verdicts *verdicts)
{
    const struct store_config *config = store->config;
    char what[256];

    if (config->base_url[0] != '\0')
        snprintf(what, sizeof(what), "store %s (%s)", config->name,
                 config->base_url);
    else
        snprintf(what, sizeof(what), "store %s", config->name);
    if (config->fault.kind != ERR_NONE)
        verdict(verdicts, what, &config->fault);
    else
        check_shop(context, store, what, verdicts);
}

/* ---- queries ----------------------------------------------------------- */

/* The store's own fault has had its verdict. */
static void
on_fault(void *ctx, const struct store_state *store, const struct err *err)
{
    char what[128];

    if (store->config->fault.kind != ERR_NONE)
        return;
    snprintf(what, sizeof(what), "queries of store %s", store->config->name);
    verdict(ctx, what, err);
}

/* The plan, whether the tables that are there take its rows, and whether no
 * query before it wants them. */
static bool
check_query(struct jobs *jobs, size_t i, struct err *err)
{
    struct job *job = &jobs->items[i];
    struct tables tables;

    return job_prepare(job, job->context->options->types_file, err) &&
           tables_inspect(&tables, job, err) && jobs_check_tables(jobs, i, err);
}

static void
check_queries(struct jobs *jobs, struct verdicts *verdicts)
{
    for (size_t i = 0; i < jobs->count; i++) {
        struct job *job = &jobs->items[i];
        char what[512];
        struct err err;

        snprintf(what, sizeof(what), "query %s (store %s)", job->file->path,
                 job->store->config->name);
        if (check_query(jobs, i, &err)) {
            verdict(verdicts, what, NULL);
            continue;
        }
        job->status = err_exit_status(err.kind);
        fault(verdicts, what, &err);
    }
}

/* Queries cannot be checked without the journal, which keeps the types. */
static void
check_jobs(struct context *context, struct verdicts *verdicts)
{
    struct jobs jobs;
    struct err err;

    if (!jobs_collect_telling(&jobs, context, NULL, on_fault, verdicts, &err))
        verdict(verdicts, "stores", &err);
    else if (context->journal != NULL)
        check_queries(&jobs, verdicts);
    jobs_free(&jobs);
}

/* ---- all of it --------------------------------------------------------- */

static void
check_all(struct context *context, struct verdicts *verdicts)
{
    const char *path;
    struct err err;

    if (!context_configure(context, &err)) {
        verdict(verdicts, "configuration", &err);
        return;
    }
    path = context->config.path;
    verdict(verdicts, path != NULL ? path : "configuration", NULL);
    check_database(context, verdicts);
    for (size_t i = 0; i < context->config.store_count; i++)
        if (context_wants_store(context, context->stores[i].config))
            check_store(context, &context->stores[i], verdicts);
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
