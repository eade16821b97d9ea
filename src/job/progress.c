#include "job/progress.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "bulk/fetch.h"
#include "job/job.h"
#include "journal/merge.h"
#include "json/lines.h"
#include "load/loader.h"

enum {
    PACE_STEP_MS = 100, /* looked at more often a pace only trembles */
    PACE_MEMORY_MS = 3000,
    NUMBER_BYTES = 32
};

/* ---- told by the job --------------------------------------------------- */

void
progress_phase(struct progress *progress, enum progress_phase phase)
{
    progress->phase = phase;
    if (progress->begun_ms == 0)
        progress->begun_ms = clock_now_ms();
    if (phase == PROGRESS_ENDED)
        progress->ended_ms = clock_now_ms();
}

void
progress_load(struct progress *progress, int64_t bytes_expected)
{
    progress_phase(progress, PROGRESS_LOADING);
    progress->bytes_expected = bytes_expected;
    progress->bytes_before = progress->lines_before = 0;
    progress->lines_pace = progress->bytes_pace = (struct pace){0};
}

void
progress_source(struct progress *progress, const struct lines *lines,
                const struct loader_counts *counts)
{
    progress->lines = lines;
    progress->counts = counts;
}

static uint64_t
count_bytes(const struct progress *progress)
{
    return progress->bytes_before +
           (progress->lines != NULL ? progress->lines->offset : 0);
}

static uint64_t
count_lines(const struct progress *progress)
{
    return progress->lines_before +
           (progress->lines != NULL ? progress->counts->lines : 0);
}

void
progress_source_end(struct progress *progress)
{
    progress->bytes_before = count_bytes(progress);
    progress->lines_before = count_lines(progress);
    progress->lines = NULL;
    progress->counts = NULL;
}

int64_t
progress_ms(const struct progress *progress, int64_t now_ms)
{
    if (progress->begun_ms == 0)
        return 0;
    return (progress->phase == PROGRESS_ENDED ? progress->ended_ms : now_ms) -
           progress->begun_ms;
}

/* ---- in words ---------------------------------------------------------- */

/* The mean since the last look, blended with what it was before. */
static double
look_at_pace(struct pace *pace, uint64_t count, int64_t now_ms)
{
    int64_t passed_ms = now_ms - pace->at_ms;

    if (pace->at_ms == 0) {
        *pace = (struct pace){.at_ms = now_ms, .count = count};
    } else if (passed_ms >= PACE_STEP_MS) {
        double lately =
            (double)(count - pace->count) * 1000.0 / (double)passed_ms;
        double weight =
            pace->per_second > 0
                ? (double)passed_ms / (double)(passed_ms + PACE_MEMORY_MS)
                : 1;

        pace->per_second += (lately - pace->per_second) * weight;
        pace->count = count;
        pace->at_ms = now_ms;
    }
    return pace->per_second;
}

/* 12,400 */
static void
append_number(struct buf *text, int64_t number)
{
    char digits[NUMBER_BYTES];
    int length = snprintf(digits, sizeof(digits), "%" PRId64, number);

    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            buf_append_char(text, ',');
        buf_append_char(text, digits[i]);
    }
}

/* 0:12, 1:02:03 */
static void
append_time(struct buf *text, int64_t ms)
{
    int64_t s = ms / 1000;

    if (s >= 3600)
        buf_printf(text, "%" PRId64 ":%02d:%02d", s / 3600, (int)(s / 60 % 60),
                   (int)(s % 60));
    else
        buf_printf(text, "%d:%02d", (int)(s / 60), (int)(s % 60));
}

struct at_store {
    int64_t objects;
    int64_t since_ms; /* the first submission */
    int done;
    int running;
    int waiting;
};

static struct at_store
look_at_store(const struct fetch *fetch, int64_t now_ms)
{
    struct at_store at = {.since_ms = now_ms};

    for (int i = 0; i < fetch->count; i++) {
        const struct operation *operation = fetch->operations[i];

        at.waiting += operation->waits_for_slot;
        if (!operation->is_submitted)
            continue;
        if (operation->bulk.object_count > 0)
            at.objects += operation->bulk.object_count;
        if (bulk_is_terminal(operation->bulk.status))
            at.done++;
        else
            at.running++;
        if (operation->submitted_ms < at.since_ms)
            at.since_ms = operation->submitted_ms;
    }
    return at;
}

static bool
waits_for_slot(const struct fetch *fetch, const struct at_store *at)
{
    return at->running == 0 && at->done < fetch->count && at->waiting > 0;
}

bool
progress_waits(const struct progress *progress)
{
    struct at_store at;

    if (progress->phase != PROGRESS_FETCHING || progress->fetch == NULL)
        return progress->phase == PROGRESS_QUEUED ||
               progress->phase == PROGRESS_HELD;
    at = look_at_store(progress->fetch, 0);
    return waits_for_slot(progress->fetch, &at);
}

/* The store's counters jump, so that only their mean says something. */
static void
describe_fetching(const struct fetch *fetch, int64_t now_ms, struct buf *text)
{
    struct at_store at = look_at_store(fetch, now_ms);
    int64_t passed_ms = now_ms - at.since_ms;

    if (at.running == 0 && at.done < fetch->count) {
        buf_append_str(text, waits_for_slot(fetch, &at)
                                 ? "waiting for a slot at the store"
                                 : "submitting to the store");
        return;
    }
    buf_append_str(text, "running at the store");
    if (fetch->count > 1)
        buf_printf(text, "  %d of %d windows done", at.done, fetch->count);
    buf_append_str(text, "  ");
    append_number(text, at.objects);
    buf_append_str(text, " objects");
    if (passed_ms >= 1000 && at.objects * 1000 >= passed_ms) {
        buf_append_str(text, "  ");
        append_number(text, at.objects * 1000 / passed_ms);
        buf_append_str(text, "/s");
    }
}

static void
describe_loading(struct progress *progress, int64_t now_ms, struct buf *text)
{
    uint64_t bytes = count_bytes(progress), lines = count_lines(progress);
    double line_pace = look_at_pace(&progress->lines_pace, lines, now_ms);
    double byte_pace = look_at_pace(&progress->bytes_pace, bytes, now_ms);
    int64_t left = progress->bytes_expected - (int64_t)bytes;

    buf_append_str(text, "loading");
    if (progress->bytes_expected > 0 && left >= 0)
        buf_printf(
            text, " %d%%",
            (int)((double)bytes * 100 / (double)progress->bytes_expected));
    buf_printf(text, "  %.1f MB", (double)bytes / 1e6);
    if (line_pace >= 1) {
        buf_append_str(text, "  ");
        append_number(text, (int64_t)line_pace);
        buf_append_str(text, " rows/s");
    }
    if (progress->bytes_expected > 0 && left > 0 && byte_pace >= 1) {
        buf_append_str(text, "  ");
        append_time(text, (int64_t)((double)left * 1000 / byte_pace));
        buf_append_str(text, " left");
    }
}

static void
describe_loaded(const struct job *job, struct buf *text)
{
    int64_t counts[] = {0, 0, 0};
    static const char *const what[] = {"inserted", "updated", "deleted"};

    for (size_t i = 0; i < job->table_count; i++) {
        counts[0] += job->tables[i].inserted;
        counts[1] += job->tables[i].updated;
        counts[2] += job->tables[i].deleted;
    }
    buf_append_str(text, "loaded");
    for (int i = 0; i < 3; i++) {
        buf_append_str(text, "  ");
        append_number(text, counts[i]);
        buf_printf(text, " %s", what[i]);
    }
    if (job->rejects > 0) {
        buf_append_str(text, "  ");
        append_number(text, job->rejects);
        buf_append_str(text, " rejected");
    }
}

static void
describe_ended(const struct job *job, struct buf *text)
{
    if (job->err.kind != ERR_NONE)
        buf_printf(text, "%s: %s", job_ending(job), job->err.message);
    else if (job->is_loaded)
        describe_loaded(job, text);
    else
        buf_append_str(text, job_ending(job));
}

void
progress_append_time(const struct progress *progress, int64_t now_ms,
                     struct buf *text)
{
    append_time(text, progress_ms(progress, now_ms));
    buf_append_str(text, "  ");
}

void
progress_describe(struct job *job, int64_t now_ms, struct buf *text)
{
    static const char *const phases[] = {[PROGRESS_QUEUED] = "queued",
                                         [PROGRESS_PREPARING] = "preparing",
                                         [PROGRESS_BEGINNING] = "beginning",
                                         [PROGRESS_FETCHING] = "at the store",
                                         [PROGRESS_HELD] =
                                             "waiting for another load to end",
                                         [PROGRESS_MERGING] = "merging"};
    struct progress *progress = &job->progress;

    if (progress->phase == PROGRESS_ENDED)
        describe_ended(job, text);
    else if (progress->phase == PROGRESS_LOADING)
        describe_loading(progress, now_ms, text);
    else if (progress->phase == PROGRESS_FETCHING && progress->fetch != NULL)
        describe_fetching(progress->fetch, now_ms, text);
    else
        buf_append_str(text, phases[progress->phase]);
}
