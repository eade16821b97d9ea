#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "app/commands.h"
#include "app/context.h"
#include "app/journal_operation.h"
#include "app/journal_runs.h"
#include "base/clock.h"
#include "base/json_out.h"

enum { CELL_BYTES = 32 };

/* ---- which runs -------------------------------------------------------- */

static bool
is_failed(const struct journal_run *run)
{
    return run->status == RUN_FAILED || run->status == RUN_CANCELED ||
           run->status == RUN_INTERRUPTED ||
           run->status == RUN_LOADED_WITH_REJECTS;
}

static bool
is_late(const struct options *options, const struct journal_run *run)
{
    return options->older_than_ms >= 0 &&
           (run->last_good_age_ms < 0 ||
            run->last_good_age_ms > options->older_than_ms);
}

static bool
is_listed(const struct options *options, const struct journal_run *run)
{
    if (options->failed || options->older_than_ms >= 0)
        return (options->failed && is_failed(run)) || is_late(options, run);
    return true;
}

/* ---- text -------------------------------------------------------------- */

static const char *
number_or_dash(int64_t number, char cell[CELL_BYTES])
{
    if (number < 0)
        return "-";
    snprintf(cell, CELL_BYTES, "%" PRId64, number);
    return cell;
}

static void
print_run(const struct journal_run *run)
{
    char lines[CELL_BYTES], rejects[CELL_BYTES];

    printf("%-16s %-20s %8" PRId64 " %-20s %-11s %10s %8s  %s\n", run->store,
           run->job, run->ref.run_id, run_status_name(run->status),
           run_mode_name(run->mode), number_or_dash(run->counts.lines, lines),
           number_or_dash(run->counts.rejects, rejects),
           run->finished_at != NULL ? run->finished_at : "-");
    if (run->error != NULL)
        printf("    %s%s%s\n", run->error_code != NULL ? run->error_code : "",
               run->error_code != NULL ? ": " : "", run->error);
}

static void
print_operation(const struct journal_operation *operation)
{
    char age[32];

    printf("%-16s %-20s %s %s, %" PRId64 " objects, %s old\n", operation->store,
           operation->job,
           operation->operation_id != NULL ? operation->operation_id
                                           : "(not answered)",
           operation->status != NULL ? operation->status : "-",
           operation->object_count < 0 ? 0 : operation->object_count,
           duration_format(operation->age_ms / 1000 * 1000, age));
}

/* ---- JSON -------------------------------------------------------------- */

static void
append_run(struct buf *json, const struct journal_run *run)
{
    json_out_open(json, '{');
    json_out_text(json, "store", run->store);
    json_out_text(json, "job", run->job);
    json_out_count(json, "run_id", run->ref.run_id);
    json_out_text(json, "status", run_status_name(run->status));
    json_out_text(json, "mode", run_mode_name(run->mode));
    json_out_text(json, "mode_reason", run->mode_reason);
    json_out_text(json, "operation_id", run->operation_id);
    json_out_count(json, "object_count", run->object_count);
    json_out_count(json, "root_object_count", run->root_object_count);
    json_out_count(json, "file_size", run->file_size);
    json_out_count(json, "lines", run->counts.lines);
    json_out_count(json, "bytes", run->counts.bytes);
    json_out_count(json, "rows_inserted", run->counts.rows_inserted);
    json_out_count(json, "rows_updated", run->counts.rows_updated);
    json_out_count(json, "rows_deleted", run->counts.rows_deleted);
    json_out_count(json, "rows_unchanged", run->counts.rows_unchanged);
    json_out_count(json, "rejects", run->counts.rejects);
    json_out_text(json, "started_at", run->started_at);
    json_out_text(json, "finished_at", run->finished_at);
    json_out_text(json, "last_good_at", run->last_good_at);
    json_out_text(json, "error_code", run->error_code);
    json_out_text(json, "error", run->error);
    buf_append_char(json, '}');
}

static void
append_operation(struct buf *json, const struct journal_operation *operation)
{
    json_out_open(json, '{');
    json_out_text(json, "store", operation->store);
    json_out_text(json, "job", operation->job);
    json_out_count(json, "run_id", operation->run_id);
    json_out_text(json, "operation_id", operation->operation_id);
    json_out_text(json, "status", operation->status);
    json_out_count(json, "object_count", operation->object_count);
    json_out_count(json, "age_ms", operation->age_ms);
    buf_append_char(json, '}');
}

/* ---- the command ------------------------------------------------------- */

struct listing {
    const struct options *options;
    struct journal_runs runs;
    struct journal_operations operations;
    size_t listed;
};

static void
print_text(struct listing *listing)
{
    bool headed = false;

    for (size_t i = 0; i < listing->runs.count; i++) {
        if (!is_listed(listing->options, &listing->runs.runs[i]))
            continue;
        if (!headed)
            printf("%-16s %-20s %8s %-20s %-11s %10s %8s  %s\n", "store", "job",
                   "run", "status", "mode", "lines", "rejects", "finished");
        headed = true;
        listing->listed++;
        print_run(&listing->runs.runs[i]);
    }
    for (size_t i = 0; i < listing->operations.count; i++) {
        if (i == 0)
            printf("\nas last seen at the store:\n");
        print_operation(&listing->operations.operations[i]);
    }
}

static void
print_json(struct listing *listing)
{
    struct buf json = buf_with_ceiling(64 * 1024 * 1024);

    buf_append_str(&json, "{\"runs\":[");
    for (size_t i = 0; i < listing->runs.count; i++) {
        if (!is_listed(listing->options, &listing->runs.runs[i]))
            continue;
        buf_append_str(&json, listing->listed++ > 0 ? ",\n" : "\n");
        append_run(&json, &listing->runs.runs[i]);
    }
    buf_append_str(&json, "],\"operations\":[");
    for (size_t i = 0; i < listing->operations.count; i++) {
        buf_append_str(&json, i > 0 ? ",\n" : "\n");
        append_operation(&json, &listing->operations.operations[i]);
    }
    buf_append_str(&json, "]}\n");
    fputs(buf_str(&json), stdout);
    buf_free(&json);
}

static bool
read_journal(struct context *context, struct listing *listing,
             struct arena *arena, struct err *err)
{
    struct run_query query = {.newest_only = true};

    return context_configure(context, err) &&
           context_open_database(context, false, err) &&
           journal_list_runs(context->journal, &query, arena, &listing->runs,
                             err) &&
           journal_running_operations(context->journal, NULL, NULL, arena,
                                      &listing->operations, err);
}

static int
status(struct context *context)
{
    const struct options *options = context->options;
    struct listing listing = {.options = options};
    struct arena arena = {0};
    struct err err;
    int code = 0;

    if (!read_journal(context, &listing, &arena, &err)) {
        code = context_fail_without_journal(&err);
    } else {
        if (options->json)
            print_json(&listing);
        else
            print_text(&listing);
        if ((options->failed || options->older_than_ms >= 0) &&
            listing.listed > 0)
            code = EX_UNAVAILABLE;
    }
    arena_free(&arena);
    return code;
}

int
command_status(const struct options *options)
{
    return context_run(options, status);
}
