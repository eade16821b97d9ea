#include "report/report.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/out.h"
#include "base/replace_file.h"
#include "cli/process.h"
#include "command/commands.h"
#include "job/context.h"
#include "job/control.h"
#include "report/pushes.h"
#include "report/watched.h"
#include "source/archive.h"
#include "sql.h"

enum { PAGE_MIB = 64, PAGE_BYTES = PAGE_MIB * 1024 * 1024 };

#define DAY_MS (INT64_C(24) * 3600 * 1000)

static bool
ask(struct context *context, const char *sql, int count,
    const char *const *values, struct pg_result **result, struct err *err)
{
    struct pg_conn *conn;
    bool asked;

    if (!journal_borrow(context->journal, &conn, err))
        return false;
    asked = pg_exec(conn, sql, count, values, result, err);
    journal_give_back(context->journal);
    return asked;
}

static bool
read_tables(struct context *context, struct arena *arena, struct report *report,
            struct err *err)
{
    char most[16];
    const char *values[] = {most};
    struct pg_result *result;

    snprintf(most, sizeof(most), "%d", REPORT_TABLES_MAX);
    if (!ask(context, sql_report_tables, 1, values, &result, err))
        return err_wrap(err, "reading the sizes of tables");
    report->table_count = (size_t)pg_rows(result);
    report->tables =
        arena_array(arena, report->table_count, sizeof(*report->tables));
    for (int row = 0; row < pg_rows(result); row++)
        report->tables[row] = (struct report_table){
            .schema = arena_strdup(arena, pg_text(result, row, 0)),
            .name = arena_strdup(arena, pg_text(result, row, 1)),
            .store = arena_strdup(arena, pg_text(result, row, 2)),
            .job = arena_strdup(arena, pg_text(result, row, 3)),
            .rows = pg_int64(result, row, 4),
            .bytes = pg_int64(result, row, 5)};
    report->tables_known = pg_int64(result, 0, 6);
    pg_result_free(result);
    return true;
}

static bool
read_masked(struct context *context, struct arena *arena, struct report *report,
            struct err *err)
{
    struct pg_result *result;

    if (!ask(context, sql_report_masked, 0, NULL, &result, err))
        return err_wrap(err, "reading which columns are masked");
    report->masked_count = (size_t)pg_rows(result);
    report->masked =
        arena_array(arena, report->masked_count + 1, sizeof(*report->masked));
    for (int row = 0; row < pg_rows(result); row++)
        report->masked[row] = (struct report_masked){
            .store = arena_strdup(arena, pg_text(result, row, 0)),
            .job = arena_strdup(arena, pg_text(result, row, 1)),
            .columns = arena_strdup(arena, pg_text(result, row, 2))};
    pg_result_free(result);
    return true;
}

static void
read_archive(const struct context *context, struct arena *arena,
             struct report *report)
{
    size_t count;
    struct archive_job *jobs;

    report->archive = context->config.archive.directory;
    jobs = archive_list(report->archive, arena, &count);
    report->archived = arena_array(arena, count + 1, sizeof(*report->archived));
    report->archived_count = count;
    for (size_t i = 0; i < count; i++)
        report->archived[i] =
            (struct report_archived){.store = jobs[i].store,
                                     .job = jobs[i].job,
                                     .results = jobs[i].results,
                                     .bytes = jobs[i].bytes,
                                     .first_run = jobs[i].first_run,
                                     .last_run = jobs[i].last_run,
                                     .oldest_s = jobs[i].oldest_s};
}

/* Remove the runs before the last REPORT_DAYS. `runs` has the newest first. */
static void
forget_old(struct journal_runs *runs)
{
    while (runs->count > 0 &&
           runs->runs[runs->count - 1].age_ms > REPORT_DAYS * DAY_MS)
        runs->count--;
}

static bool
read_journal(struct context *context, struct arena *arena,
             struct report *report, struct err *err)
{
    struct run_query newest = {.newest_only = true};
    struct run_query last = {.filter = RUNS_REAL, .limit = REPORT_RUNS_MAX};
    struct push_query pushes = {.limit = PUSHES_LISTED_MAX};
    struct watched *watched = arena_alloc(arena, sizeof(*watched));

    if (!context_configure(context, err) ||
        !control_open(context, false, err) ||
        !journal_list_runs(context->journal, &newest, arena, &report->newest,
                           err) ||
        !journal_list_runs(context->journal, &last, arena, &report->runs,
                           err) ||
        !journal_list_pushes(context->journal, &pushes, arena, &report->pushes,
                             err) ||
        !journal_list_live(context->journal, arena, &report->live, err))
        return false;
    watched_find(watched, context, arena);
    report->watched = watched;
    report->newest = watched_runs(watched, &report->newest, arena);
    forget_old(&report->runs);
    read_archive(context, arena, report);
    return read_masked(context, arena, report, err) &&
           read_tables(context, arena, report, err);
}

static bool
write_page(const struct report *report, const char *path, struct err *err)
{
    struct buf html = buf_with_ceiling(PAGE_BYTES);
    bool ok = true;

    report_append(&html, report);
    if (html.overflowed)
        ok = err_set(err, MSG_OUTPUT_TOO_LARGE, "the page is over %d MiB",
                     PAGE_MIB);
    else if (path != NULL)
        ok = replace_file(path, buf_span(&html), err);
    else
        out_lines(stdout, buf_span(&html));
    buf_free(&html);
    return ok;
}

static int
write_report(struct context *context)
{
    const struct options *options = context->options;
    struct report report = {.now_s = clock_wall_us() / 1000000,
                            .late_ms = options->older_than_ms};
    struct arena arena = {0};
    struct err err;
    bool done = read_journal(context, &arena, &report, &err) &&
                write_page(&report, options->arguments[0], &err);

    arena_free(&arena);
    return done ? 0 : process_fail(&err);
}

int
command_report(const struct options *options)
{
    return process_run(options, write_report);
}
