/* `load` is a run whose results are in a file (run/run.h). Only --dry-run is
 * different: it parses the file, counts and prints. With --types it opens no
 * database.
 *
 * A dry run may have to start again: a value that does not fit its column
 * widens the plan (MSG_WIDEN), and the file is read again with the wider plan.
 * Standard input can be read only once. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/out.h"
#include "base/unreadable.h"
#include "bulk/given.h"
#include "cli/live.h"
#include "cli/process.h"
#include "cli/summary.h"
#include "command/commands.h"
#include "job/control.h"
#include "job/job.h"
#include "job/jobs.h"
#include "job/masks.h"
#include "load/encode.h"
#include "load/loader.h"
#include "run/run.h"
#include "run/verify.h"
#include "source/archive.h"
#include "source/file.h"
#include "source/replay.h"

/* ---- --dry-run --------------------------------------------------------- */

static bool
print_reject(void *ctx, const struct reject *reject, struct err *err)
{
    struct job *job = ctx;

    (void)err;
    LOG_AT(LOG_WARN, &job->log, "line would be rejected",
           LOG_NUM("line", reject->line_number),
           LOG_NUM("byte_offset", reject->byte_offset),
           LOG_STR("reason", reject->reason), LOG_STR("code", reject->code),
           LOG_STR("hint", reject->remedy), LOG_END);
    return true;
}

/* What a file contains. */
struct parsed {
    struct loader_counts counts;
    uint64_t bytes;
    int64_t ms;
};

static void
print_parsed(const struct parsed *parsed)
{
    EVENT("parsed", NULL, LOG_NUM("lines", parsed->counts.lines),
          LOG_NUM("bytes", parsed->bytes),
          LOG_NUM("roots", parsed->counts.roots),
          LOG_NUM("rejects", parsed->counts.rejects), LOG_END);
    if (event_is_enabled())
        return;
    out_line(stdout,
             "lines %" PRIu64 ", bytes %" PRIu64 ", roots %" PRIu64
             ", rejects %" PRIu64 ", ms %" PRId64,
             parsed->counts.lines, parsed->bytes, parsed->counts.roots,
             parsed->counts.rejects, parsed->ms);
}

static bool
parse_file(struct job *job, struct loader *loader, struct source *source,
           struct lines *lines, struct err *err)
{
    struct loader_times times;
    bool fed;

    timings_clear_load(&job->timings);
    progress_load(&job->progress, source_size(source));
    progress_source(&job->progress, lines, loader_counts(loader));
    fed = source_open(source, err) && source_feed(source, lines, err) &&
          loader_end_operation(loader, err);
    progress_source_end(&job->progress);
    source_close(source);
    times = loader_times(loader);
    timings_feed(&job->timings, source->feed_ns, &times);
    job->timings.ns[TIMING_DOWNLOAD] = source->read_ns;
    return fed;
}

static bool
parse_only(struct job *job, const char *path, struct parsed *parsed,
           struct err *err)
{
    static const struct refused none;
    struct loader_config config = {.mask_key = masks_key(job),
                                   .refused = &none,
                                   .on_reject = print_reject,
                                   .ctx = job};
    struct loader *loader = loader_new(job->plan, &config);
    struct source *source = NULL;
    int64_t begun = clock_now_ns();
    struct buf widened = buf_with_ceiling(64 * 1024);
    const struct plan_table *root;
    const char *other;
    struct lines lines;
    bool done;

    loader_begin_operation(loader, 1, NULL);
    lines_init(&lines, LOADER_LINE_BYTES_MAX, loader_line, loader);
    done =
        source_file_new(path, job->query_hash, job->context->options->any_query,
                        &job->arena, &source, err) &&
        parse_file(job, loader, source, &lines, err);
    other = loader_other_roots(loader, &root);
    done = done && verify_roots(source, root, other, err);
    source_free(source);
    timings_since(&job->timings, TIMING_LOAD, begun);
    *parsed = (struct parsed){.counts = *loader_counts(loader),
                              .bytes = lines.offset,
                              .ms = job->timings.ns[TIMING_LOAD] / 1000000};
    if (!done && err_is(err, MSG_WIDEN))
        loader_widen(loader, &widened);
    buf_free(&widened);
    lines_free(&lines);
    loader_free(loader);
    return done;
}

static bool
dry_run(struct job *job, const char *path, struct parsed *parsed,
        struct err *err)
{
    while (!parse_only(job, path, parsed, err))
        if (!err_is(err, MSG_WIDEN))
            return false;
    job->status =
        err_exit_status(parsed->counts.rejects > 0 ? ERR_ROW : ERR_NONE);
    job->is_dry = true;
    progress_phase(&job->progress, PROGRESS_ENDED);
    return true;
}

/* ---- load -------------------------------------------------------------- */

static bool
only_one(const struct jobs *jobs, struct err *err)
{
    if (jobs->count <= 1)
        return true;
    return err_set(err, MSG_SEVERAL_STORES,
                   "load takes one store, but %zu stores have this job",
                   jobs->count);
}

/* NULL: no file is loaded. Called before anything else, so that a wrong path
 * fails at once. */
static bool
can_read(const char *path, struct err *err)
{
    struct stat file;
    int why = 0;

    if (path == NULL || strcmp(path, "-") == 0)
        return true;
    if (faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) != 0 ||
        stat(path, &file) != 0)
        why = errno;
    else if (!S_ISDIR(file.st_mode))
        return true;
    err_set(err, MSG_CANNOT_READ, "cannot read %s: %s", path,
            why != 0 ? strerror(why) : "it is a folder");
    err_as(err, ERR_USAGE);
    return unreadable_hint(err, path, why, false);
}

/* Without its sidecar, nothing says whether a result is whole, and of which
 * query it is. */
static bool
have_sidecars(const struct replay *replay, struct err *err)
{
    for (int i = 0; i < replay->count; i++) {
        const struct source *file = replay->files[i];

        if (file->is_of_query)
            continue;
        err_set(err, MSG_OTHER_QUERY, "%s has no sidecar that names its query",
                file->name);
        return err_hint(err, "put the result's .meta.json back; or use "
                             "--any-query, which does not check that the "
                             "result is whole");
    }
    return true;
}

static bool
open_archive(struct replay *replay, struct job *job, struct err *err)
{
    const struct context *context = job->context;
    const char *directory = context->config.archive.directory;
    const char **paths;
    int count;

    if (directory[0] == '\0')
        return err_set(err, MSG_NO_ARCHIVE,
                       "bulkpg.ini has no [archive] with a dir");
    if (!archive_find(directory, job->config->name, job->file->job,
                      context->options->archive, &job->arena, &paths, &count,
                      err) ||
        !replay_open_all(replay, paths, count, job->query_hash,
                         context->options->any_query, &job->arena, err))
        return false;
    if (have_sidecars(replay, err))
        return true;
    replay_close(replay);
    return false;
}

/* A file, or the archive. Results of a run with @slice may be those of only
 * some of its windows: they do not show which rows are gone. */
static void
load_saved(struct job *job, const char *path)
{
    const struct options *options = job->context->options;
    struct replay replay;
    struct err err;

    if (!(path == NULL
              ? open_archive(&replay, job, &err)
              : replay_open(&replay, path, options->objects, job->query_hash,
                            options->any_query, &job->arena, &err))) {
        job_fail(job, "the job did not run", &err);
        return;
    }
    replay.origin.is_cut |= job->plan->slice != NULL;
    if (replay.left_out == NULL || job_leave_out(job, replay.left_out, &err))
        run_job(job, &replay.origin);
    else
        job_fail(job, "the job did not run", &err);
    replay_close(&replay);
}

static void
load_operation(struct job *job, const char *id)
{
    struct given given;
    struct err err;

    if (given_init(&given, job, id, &err))
        run_job(job, &given.origin);
    else
        job_fail(job, "the job did not run", &err);
    origin_free(&given.origin);
}

static bool
load_live(struct job *job, const char *path, struct parsed *parsed,
          struct err *err)
{
    const struct options *options = job->context->options;

    progress_phase(&job->progress, PROGRESS_PREPARING);
    if (!job_prepare(job, options->types_file, err))
        return false;
    if (options->dry_run)
        return dry_run(job, path, parsed, err);
    progress_phase(&job->progress, PROGRESS_BEGINNING);
    if (options->operation != NULL)
        load_operation(job, options->operation);
    else
        load_saved(job, path);
    return true;
}

static bool
load_job(struct context *context, struct jobs *jobs, struct err *err)
{
    const struct options *options = context->options;
    const char *path = options->arguments[1];
    bool offline = options->dry_run && options->types_file != NULL;
    struct parsed parsed = {0};
    struct live live;
    bool done;

    jobs->only_parses = options->dry_run;
    if (!can_read(path, err) || (!offline && !control_open(context, true, err)))
        return false;
    live_begin(&live, jobs, options);
    done = load_live(&jobs->items[0], path, &parsed, err);
    live_end(&live);
    if (done && options->dry_run)
        print_parsed(&parsed);
    return done;
}

static bool
load_one(struct context *context, struct jobs *jobs, struct err *err)
{
    const char *names[] = {context->options->arguments[0], NULL};

    return context_configure(context, err) &&
           jobs_collect(jobs, context, names, err) && only_one(jobs, err) &&
           (jobs->count == 0 || load_job(context, jobs, err));
}

static int
load(struct context *context)
{
    struct jobs jobs = {0};
    struct err err;
    bool done = load_one(context, &jobs, &err);

    return summary_end(&jobs, done, &err);
}

int
command_load(const struct options *options)
{
    if (options->json)
        event_enable();
    return process_run(options, load);
}
