/* Prints lists from the journal, as text, JSON or metrics: the last run of each
 * job, the last push of each mutation job, and the operations that have not
 * ended.
 *
 * Without an option, every job that ever ran is listed. --failed, --older-than
 * and --metrics are about the jobs that should run: they also list configured
 * jobs that never ran, and leave out jobs that are no longer configured
 * (report/watched.h). --failed and --older-than end with 69 if a job is
 * listed. A job whose last good run is older than twice its age is late. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/out.h"
#include "base/replace_file.h"
#include "cli/process.h"
#include "command/columns.h"
#include "command/commands.h"
#include "command/status_archive.h"
#include "command/status_push.h"
#include "job/context.h"
#include "job/control.h"
#include "journal/event.h"
#include "journal/left_out.h"
#include "journal/operation.h"
#include "journal/runs.h"
#include "json/write.h"
#include "report/metrics.h"
#include "report/watched.h"

enum { CELL_BYTES = 40, TEXT_MIB = 64, TEXT_BYTES = TEXT_MIB * 1024 * 1024 };

/* ---- which runs -------------------------------------------------------- */

static bool
is_listed(const struct options *options, const struct journal_run *run)
{
    bool by_age = options->older_than_ms >= 0;

    if (!options->failed && !by_age)
        return true;
    return (options->failed && journal_run_is_failed(run)) ||
           (by_age && journal_run_is_late(run, options->older_than_ms));
}

/* True if the command is about the jobs that should run. */
static bool
is_about_watched(const struct options *options)
{
    return options->failed || options->older_than_ms >= 0 ||
           options->metrics_file != NULL;
}

/* ---- text -------------------------------------------------------------- */

static const char *
ago(int64_t age_ms, char cell[CELL_BYTES])
{
    char age[32];

    snprintf(cell, CELL_BYTES, "%s%s",
             age_ms < 0 ? "never" : duration_rough(age_ms, age),
             age_ms < 0 ? "" : " ago");
    return cell;
}

static void
print_never(const struct journal_run *run, const struct columns *columns)
{
    out_line(stdout,
             "%-*s  %-*s  %6s  %-19s  %-11s  %10s  %6s  %10s  %10s  %7s  %s",
             columns->store, run->store, columns->job, run->job, "-",
             run_status_name(run->status), "-", "never", "-", "-", "-", "-",
             "never");
}

static void
print_head(const struct columns *columns)
{
    out_line(
        stdout, "%-*s  %-*s  %6s  %-19s  %-11s  %10s  %6s  %10s  %10s  %7s  %s",
        columns->store, "store", columns->job, "job", "run", "status", "mode",
        "began", "took", "lines", "changed", "rejects", "last good");
}

/* For a run that has not ended, the time until now. The end of an abandoned run
 * is not known. */
static const char *
took_of(const struct journal_run *run, char took[32])
{
    if (run->status == RUN_ABANDONED)
        return "-";
    return duration_rough(run->duration_ms < 0 ? run->age_ms : run->duration_ms,
                          took);
}

static void
print_run(const struct journal_run *run, bool is_late,
          const struct columns *columns, struct arena *arena)
{
    const char *left_out = journal_left_out(run, arena);
    const struct run_counts *counts = &run->counts;
    char began[CELL_BYTES], took[32], good[CELL_BYTES];

    if (run->status == RUN_NEVER) {
        print_never(run, columns);
        return;
    }
    out_line(
        stdout,
        "%-*s  %-*s  %6" PRId64 "  %-19s  %-11s  %10s  %6s  %10" PRId64
        "  %10" PRId64 "  %7" PRId64 "  %s%s",
        columns->store, run->store, columns->job, run->job, run->ref.run_id,
        run_status_name(run->status), run_mode_name(run->mode),
        ago(run->age_ms, began), took_of(run, took), counts->lines,
        counts->rows_inserted + counts->rows_updated + counts->rows_deleted,
        counts->rejects, ago(run->last_good_age_ms, good),
        is_late && run->last_good_age_ms >= 0 ? ", late" : "");
    columns_print_error(run->error_code, run->error, run->remedy);
    if (left_out[0] != '\0')
        out_line(stdout, "    left out: %s", left_out);
}

static void
print_operation(const struct journal_operation *operation,
                const struct columns *columns)
{
    char age[32];

    if (journal_operation_is_paged(operation)) {
        out_line(stdout, "%-*s  %-*s  %6" PRId64 "  pages %s, %s old",
                 columns->store, operation->store, columns->job, operation->job,
                 operation->run_id, operation->status,
                 duration_rough(operation->age_ms, age));
        return;
    }
    out_line(stdout,
             "%-*s  %-*s  %6" PRId64 "  %s %s, %" PRId64 " objects, %s old",
             columns->store, operation->store, columns->job, operation->job,
             operation->run_id,
             operation->operation_id != NULL ? operation->operation_id
                                             : "(not answered)",
             operation->status != NULL ? operation->status : "-",
             operation->object_count < 0 ? 0 : operation->object_count,
             duration_rough(operation->age_ms, age));
}

/* ---- JSON -------------------------------------------------------------- */

static void
append_run(struct json_out *json, const struct journal_run *run, bool is_late,
           struct arena *arena)
{
    json_out_row(json);
    json_out_text(json, "store", run->store);
    json_out_text(json, "job", run->job);
    json_out_count(json, "run_id", run->ref.run_id);
    json_out_text(json, "status", run_status_name(run->status));
    json_out_text(json, "mode",
                  run->mode == RUN_NO_MODE ? NULL : run_mode_name(run->mode));
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
    json_out_boolean(json, "late", is_late);
    json_out_key(json, "left_out");
    json_out_raw(json, journal_left_out_json(run, arena));
    json_out_text(json, "error_code", run->error_code);
    json_out_text(json, "error", run->error);
    json_out_text(json, "remedy", run->remedy);
    json_out_close(json, '}');
}

static void
append_operation(struct json_out *json,
                 const struct journal_operation *operation)
{
    json_out_row(json);
    json_out_text(json, "store", operation->store);
    json_out_text(json, "job", operation->job);
    json_out_count(json, "run_id", operation->run_id);
    json_out_text(json, "operation_id", operation->operation_id);
    json_out_text(json, "status", operation->status);
    json_out_count(json, "object_count", operation->object_count);
    json_out_count(json, "age_ms", operation->age_ms);
    json_out_close(json, '}');
}

static void
append_heard(struct json_out *json, const struct journal_heard *heard)
{
    json_out_row(json);
    json_out_text(json, "store", heard->store);
    json_out_number(json, "received", heard->received);
    json_out_number(json, "refused", heard->refused);
    json_out_number(json, "duplicates", heard->duplicates);
    json_out_count(json, "age_ms", heard->age_ms);
    json_out_count(json, "lag_ms", heard->lag_ms);
    json_out_close(json, '}');
}

static void
append_pending(struct json_out *json, const struct journal_pending *pending)
{
    json_out_row(json);
    json_out_text(json, "store", pending->store);
    json_out_text(json, "job", pending->job);
    json_out_number(json, "objects", pending->objects);
    json_out_number(json, "tries", pending->tries);
    json_out_number(json, "age_ms", pending->age_ms);
    json_out_close(json, '}');
}

static void
append_live(struct json_out *json, const struct journal_live *live)
{
    json_out_list(json, "webhooks");
    for (size_t i = 0; i < live->heard_count; i++)
        append_heard(json, &live->heard[i]);
    json_out_close(json, ']');
    json_out_list(json, "pending");
    for (size_t i = 0; i < live->pending_count; i++)
        append_pending(json, &live->pending[i]);
    json_out_close(json, ']');
}

/* ---- the command ------------------------------------------------------- */

struct listing {
    const struct options *options;
    struct watched watched;
    struct journal_runs runs;
    struct journal_pushes all_pushes;
    struct journal_pushes pushes; /* that are listed */
    struct journal_doubts doubts; /* for metrics */
    struct journal_operations operations;
    struct journal_live live;
    const char *archive; /* its folder; "": there is none */
    struct arena *arena;
    size_t listed;
};

static bool
is_late(const struct listing *listing, size_t i)
{
    return watched_is_late(&listing->watched, &listing->runs.runs[i]);
}

static struct columns
find_columns(const struct listing *listing)
{
    struct columns columns = columns_begin();

    for (size_t i = 0; i < listing->runs.count; i++) {
        if (!is_listed(listing->options, &listing->runs.runs[i]))
            continue;
        columns_widen(&columns, listing->runs.runs[i].store,
                      listing->runs.runs[i].job);
    }
    for (size_t i = 0; i < listing->operations.count; i++)
        columns_widen(&columns, listing->operations.operations[i].store,
                      listing->operations.operations[i].job);
    for (size_t i = 0; i < listing->live.pending_count; i++)
        columns_widen(&columns, listing->live.pending[i].store,
                      listing->live.pending[i].job);
    return columns;
}

/* Objects that wait are not failures, and are no reason for status 69. */
static void
print_pending(const struct listing *listing, const struct columns *columns)
{
    const struct journal_live *live = &listing->live;
    char age[32];

    if (live->pending_count == 0 || is_about_watched(listing->options))
        return;
    out_printf(stdout, "%schanged objects that are still to be fetched:\n",
               listing->listed > 0 ? "\n" : "");
    for (size_t i = 0; i < live->pending_count; i++)
        out_line(stdout, "%-*s  %-*s  %" PRId64 " %s, for %s", columns->store,
                 live->pending[i].store, columns->job, live->pending[i].job,
                 live->pending[i].objects,
                 live->pending[i].objects == 1 ? "object" : "objects",
                 duration_rough(live->pending[i].age_ms, age));
}

static void
print_archive(const struct listing *listing)
{
    if (is_about_watched(listing->options) || listing->archive[0] == '\0')
        return;
    if (listing->listed > 0 || listing->operations.count > 0 ||
        listing->live.pending_count > 0)
        out_line(stdout, "%s", "");
    status_archive_print(listing->archive);
}

static void
print_text(struct listing *listing)
{
    struct columns columns = find_columns(listing);

    for (size_t i = 0; i < listing->runs.count; i++) {
        if (!is_listed(listing->options, &listing->runs.runs[i]))
            continue;
        if (listing->listed++ == 0)
            print_head(&columns);
        print_run(&listing->runs.runs[i], is_late(listing, i), &columns,
                  listing->arena);
    }
    if (listing->pushes.count > 0 && listing->listed > 0)
        out_line(stdout, "%s", "");
    status_push_print(&listing->pushes);
    listing->listed += listing->pushes.count;
    for (size_t i = 0; i < listing->operations.count; i++) {
        if (i == 0)
            out_printf(stdout, "%soperations as last seen at the store:\n",
                       listing->listed > 0 ? "\n" : "");
        print_operation(&listing->operations.operations[i], &columns);
    }
    print_pending(listing, &columns);
    print_archive(listing);
}

static void
print_json(struct listing *listing)
{
    struct buf text = buf_with_ceiling(TEXT_BYTES);
    struct json_out *json = json_out_new(&text);

    json_out_open(json, '{');
    json_out_list(json, "runs");
    for (size_t i = 0; i < listing->runs.count; i++) {
        if (!is_listed(listing->options, &listing->runs.runs[i]))
            continue;
        listing->listed++;
        append_run(json, &listing->runs.runs[i], is_late(listing, i),
                   listing->arena);
    }
    json_out_close(json, ']');
    json_out_key(json, "pushes");
    status_push_append(json, &listing->pushes);
    listing->listed += listing->pushes.count;
    json_out_list(json, "operations");
    for (size_t i = 0; i < listing->operations.count; i++)
        append_operation(json, &listing->operations.operations[i]);
    json_out_close(json, ']');
    append_live(json, &listing->live);
    json_out_key(json, "archive");
    status_archive_append(json, listing->archive);
    json_out_close(json, '}');
    json_out_print(json, &text);
}

static bool
read_journal(struct context *context, struct listing *listing,
             struct arena *arena, struct err *err)
{
    struct run_query query = {.newest_only = true};
    struct push_query pushes = {.newest_only = true};

    return control_open(context, false, err) &&
           journal_list_runs(context->journal, &query, arena, &listing->runs,
                             err) &&
           journal_list_pushes(context->journal, &pushes, arena,
                               &listing->all_pushes, err) &&
           (context->options->metrics_file == NULL ||
            journal_list_doubts(context->journal, arena, &listing->doubts,
                                err)) &&
           journal_running_operations(context->journal, NULL, NULL, arena,
                                      &listing->operations, err) &&
           journal_list_live(context->journal, arena, &listing->live, err);
}

/* With --failed, only pushes that did not succeed. --older-than is about runs.
 */
static void
choose_pushes(struct listing *listing, struct arena *arena)
{
    const struct options *options = listing->options;
    const struct journal_pushes *all = &listing->all_pushes;
    struct journal_pushes *pushes = &listing->pushes;

    *pushes = *all;
    if (!options->failed && options->older_than_ms < 0)
        return;
    pushes->pushes = arena_array(arena, all->count, sizeof(*pushes->pushes));
    pushes->count = 0;
    for (size_t i = 0; options->failed && i < all->count; i++)
        if (status_push_is_failed(&all->pushes[i]))
            pushes->pushes[pushes->count++] = all->pushes[i];
}

static void
watch(const struct context *context, struct listing *listing,
      struct arena *arena)
{
    watched_find(&listing->watched, context, arena);
    if (is_about_watched(context->options))
        listing->runs = watched_runs(&listing->watched, &listing->runs, arena);
}

/* Writes the file and prints nothing. */
static bool
write_metrics(const char *path, const struct listing *listing, struct err *err)
{
    struct buf text = buf_with_ceiling(TEXT_BYTES);
    bool ok;

    metrics_append(&text, &listing->runs, &listing->operations);
    metrics_append_live(&text, &listing->live);
    metrics_append_pushes(&text, &listing->all_pushes, &listing->doubts);
    ok = text.overflowed ? err_set(err, MSG_OUTPUT_TOO_LARGE,
                                   "the metrics are over %d MiB", TEXT_MIB)
                         : replace_file(path, buf_span(&text), err);
    buf_free(&text);
    return ok;
}

static bool
wants_listing(const struct options *options)
{
    return options->metrics_file == NULL || options->json || options->failed ||
           options->older_than_ms >= 0;
}

static int
tell(struct listing *listing)
{
    const struct options *options = listing->options;
    struct err err;

    if (options->metrics_file != NULL &&
        !write_metrics(options->metrics_file, listing, &err))
        return process_fail(&err);
    if (options->json)
        print_json(listing);
    else if (wants_listing(options))
        print_text(listing);
    return (options->failed || options->older_than_ms >= 0) &&
                   listing->listed > 0
               ? EX_UNAVAILABLE
               : 0;
}

static int
status(struct context *context)
{
    struct listing listing = {.options = context->options};
    struct arena arena = {0};
    struct err err;
    int code = 0;

    if (!context_configure(context, &err))
        code = process_fail(&err);
    else if (!read_journal(context, &listing, &arena, &err))
        code = process_fail_without_journal(&err);
    if (code == 0) {
        listing.arena = &arena;
        listing.archive = context->config.archive.directory;
        watch(context, &listing, &arena);
        choose_pushes(&listing, &arena);
        code = tell(&listing);
    }
    arena_free(&arena);
    return code;
}

int
command_status(const struct options *options)
{
    return process_run(options, status);
}
