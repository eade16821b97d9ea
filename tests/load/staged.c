#include "load/staged.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "json/lines.h"
#include "pg/queue.h"
#include "support/cluster.h"
#include "support/pg_task.h"

#define TYPES "tests/fakeshop/admin-2026-10.reduced.json"

#define must(call, err) ck_assert_msg(call, "%s: %s", (err).code, (err).message)

void
staged_open(struct staged *staged, const char *query)
{
    struct pg_config config;
    size_t count;

    *staged = (struct staged){.database = cluster_database("")};
    types_open(&staged->types, TYPES);
    staged->plan = types_plan(&staged->types, query);
    count = (size_t)staged->plan->table_count;
    config = (struct pg_config){.dsn = cluster_dsn_in(staged->database)};
    staged->conn = pg_task_connect(&config);
    pg_task_script(staged->conn, "CREATE SCHEMA s");
    staged->targets =
        arena_array(&staged->types.arena, count, sizeof(*staged->targets));
    staged->memory =
        arena_array(&staged->types.arena, count, sizeof(*staged->memory));
    for (size_t i = 0; i < count; i++)
        staged->memory[i] = (struct target_memory){
            .is_owned = true,
            .had_column =
                arena_array(&staged->types.arena,
                            (size_t)staged->plan->tables[i].column_count + 1,
                            sizeof(bool))};
}

void
staged_close(struct staged *staged)
{
    loader_free(staged->loader);
    pg_close(staged->conn);
    types_close(&staged->types);
}

bool
staged_inspect(struct staged *staged, struct err *err)
{
    return target_inspect(staged->conn, staged->plan, "s", staged->memory,
                          staged->targets, &staged->types.arena, err);
}

/* ---- a load -------------------------------------------------------------- */

static bool
on_reject(void *ctx, const struct reject *reject, struct err *err)
{
    struct staged *staged = ctx;

    (void)reject;
    (void)err;
    staged->rejects++;
    return true;
}

static bool
on_adapt(void *ctx, struct pg_conn *conn, struct err *err)
{
    (void)ctx;
    (void)conn;
    (void)err;
    return true;
}

static void
on_warning(void *ctx, enum msg msg, const char *warning)
{
    struct staged *staged = ctx;

    snprintf(staged->warned, sizeof(staged->warned), "%s",
             message_at(msg)->code);
    snprintf(staged->warning, sizeof(staged->warning), "%s", warning);
}

static void
stage_lines(struct staged *staged, const char *text, const bool *becomes)
{
    static const struct refused none;
    struct loader_config config = {.dsn = cluster_dsn_in(staged->database),
                                   .connections = 1,
                                   .schema = "s",
                                   .run_id = ++staged->run_id,
                                   .refused = &none,
                                   .on_reject = on_reject,
                                   .ctx = staged};
    struct lines lines;
    struct err err;

    staged->loader = loader_new(staged->plan, &config);
    must(loader_stage(staged->loader, staged->conn, becomes, &err), err);
    must(loader_connect(staged->loader, &err), err);
    must(loader_start(staged->loader, &err), err);
    loader_begin_operation(staged->loader, 1, NULL);
    lines_init(&lines, LOADER_LINE_BYTES_MAX, loader_line, staged->loader);
    must(lines_feed(&lines, span_str(text), &err), err);
    must(lines_finish(&lines, &err), err);
    lines_free(&lines);
    must(loader_finish(staged->loader, &err), err);
    ck_assert_ptr_nonnull(loader_release(staged->loader));
}

static void
describe_merge(struct staged *staged, const bool *becomes)
{
    static const char *const no_readers[] = {NULL};
    int count = staged->plan->table_count;

    staged->merge = (struct merge){
        .conn = staged->conn,
        .schema = "s",
        .loaded_at = "2026-01-01 00:00:00+00",
        .readers = no_readers,
        .deletes = PLAN_DELETES_HARD,
        .guards_nulls = true,
        .arena = &staged->types.arena,
        .tables = arena_array(&staged->types.arena, (size_t)count,
                              sizeof(*staged->merge.tables)),
        .table_count = count,
        .warn = on_warning,
        .warn_ctx = staged};
    for (int i = 0; i < count; i++)
        staged->merge.tables[i] = (struct merge_table){
            .table = &staged->plan->tables[i],
            .stage = loader_stage_name(staged->loader, i),
            .exists = staged->targets[i].exists,
            .becomes_table = becomes[i],
            .removes = true,
            .is_whole = true,
            .is_even = loader_has_all_rows(staged->loader, i),
            .has_column = staged->targets[i].has_column};
}

void
staged_load(struct staged *staged, const char *lines)
{
    int count = staged->plan->table_count;
    bool *becomes =
        arena_array(&staged->types.arena, (size_t)count, sizeof(*becomes));
    struct err err;

    must(staged_inspect(staged, &err), err);
    for (int i = 0; i < count; i++)
        becomes[i] = !staged->targets[i].exists;
    stage_lines(staged, lines, becomes);
    must(adapt_to_plan(staged->conn, staged->plan, "s", staged->targets, NULL,
                       on_adapt, NULL, &err),
         err);
    describe_merge(staged, becomes);
    must(pg_begin(staged->conn, &err), err);
    must(merge_queue_count(&staged->merge, loader_void_lines(staged->loader),
                           &err) &&
             pg_settle(staged->conn, &err),
         err);
}

bool
staged_merge(struct staged *staged, struct err *err)
{
    return merge_settle(&staged->merge, err) &&
           merge_apply(&staged->merge, err);
}

/* ---- the end of a load --------------------------------------------------- */

static void
forget_load(struct staged *staged)
{
    merge_end(&staged->merge);
    loader_free(staged->loader);
    staged->loader = NULL;
}

/* After a commit the journal would know every column, so `memory` does. */
void
staged_commit(struct staged *staged)
{
    struct err err;

    must(pg_commit(staged->conn, &err), err);
    for (int i = 0; i < staged->plan->table_count; i++)
        memset((bool *)staged->memory[i].had_column, true,
               (size_t)staged->plan->tables[i].column_count);
    forget_load(staged);
}

void
staged_undo(struct staged *staged)
{
    pg_rollback(staged->conn);
    forget_load(staged);
}

void
staged_run(struct staged *staged, const char *lines)
{
    struct err err;

    staged_load(staged, lines);
    must(staged_merge(staged, &err), err);
    staged_commit(staged);
}

const char *
staged_text(struct staged *staged, const char *sql)
{
    struct pg_result *result;
    const char *text;
    struct err err;

    must(pg_exec(staged->conn, sql, 0, NULL, &result, &err), err);
    text = arena_strdup(&staged->types.arena, pg_text(result, 0, 0));
    pg_result_free(result);
    return text;
}
