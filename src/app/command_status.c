#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "app/commands.h"
#include "app/context.h"
#include "app/journal_operation.h"
#include "app/journal_runs.h"
#include "base/clock.h"

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
append_text(struct buf *json, const char *key, const char *text)
{
    buf_append_char(json, json->bytes[json->length - 1] == '{' ? ' ' : ',');
    buf_append_json(json, span_str(key));
    buf_append_char(json, ':');
    if (text != NULL)
        buf_append_json(json, span_str(text));
    else
        buf_append_str(json, "null");
}

static void
append_number(struct buf *json, const char *key, int64_t number)
{
    buf_append_char(json, json->bytes[json->length - 1] == '{' ? ' ' : ',');
    buf_append_json(json, span_str(key));
    if (number < 0)
        buf_append_str(json, ":null");
    else
        buf_printf(json, ":%" PRId64, number);
}

static void
append_run(struct buf *json, const struct journal_run *run)
{
    buf_append_char(json, '{');
    append_text(json, "store", run->store);
    append_text(json, "job", run->job);
    append_number(json, "run_id", run->ref.run_id);
    append_text(json, "status", run_status_name(run->status));
    append_text(json, "mode", run_mode_name(run->mode));
    append_text(json, "mode_reason", run->mode_reason);
    append_text(json, "operation_id", run->operation_id);
    append_number(json, "object_count", run->object_count);
    append_number(json, "root_object_count", run->root_object_count);
    append_number(json, "file_size", run->file_size);
    append_number(json, "lines", run->counts.lines);
    append_number(json, "bytes", run->counts.bytes);
    append_number(json, "rows_inserted", run->counts.rows_inserted);
    append_number(json, "rows_updated", run->counts.rows_updated);
    append_number(json, "rows_deleted", run->counts.rows_deleted);
    append_number(json, "rows_unchanged", run->counts.rows_unchanged);
    append_number(json, "rejects", run->counts.rejects);
    append_text(json, "started_at", run->started_at);
    append_text(json, "finished_at", run->finished_at);
    append_text(json, "last_good_at", run->last_good_at);
    append_text(json, "error_code", run->error_code);
    append_text(json, "error", run->error);
    buf_append_str(json, " }");
}

static void
append_operation(struct buf *json, const struct journal_operation *operation)
{
    buf_append_char(json, '{');
    append_text(json, "store", operation->store);
    append_text(json, "job", operation->job);
    append_number(json, "run_id", operation->run_id);
    append_text(json, "operation_id", operation->operation_id);
    append_text(json, "status", operation->status);
    append_number(json, "object_count", operation->object_count);
    append_number(json, "age_ms", operation->age_ms);
    buf_append_str(json, " }");
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
