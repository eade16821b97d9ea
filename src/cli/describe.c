/*
 * One job in one line. The text depends on the phase that the job's progress
 * names: waiting, fetching, loading, merging, or ended.
 *
 * Rates are smoothed over several looks, so that they do not jump, and a time
 * that is left is shown only if the size of the result is known.
 *
 * Hazard. A look happens at any moment of the job, also before its plan and its
 * operations exist.
 */
#include "cli/describe.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "journal/merge.h"

enum {
    PACE_STEP_MS = 100, /* over less time the rate would jump */
    PACE_MEMORY_MS = 3000,
    NUMBER_BYTES = 32
};

/* Returns the rate per second: the mean since the last step, smoothed over
 * about PACE_MEMORY_MS. */
static double
update_pace(struct pace *pace, uint64_t count, int64_t now_ms)
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

static bool
waits_for_slot(const struct progress_seen *seen)
{
    return seen->results_running == 0 && seen->results_done < seen->results &&
           seen->results_waiting > 0;
}

bool
describe_waits(const struct progress *progress)
{
    struct progress_seen seen;

    if (progress->phase == PROGRESS_FETCHING)
        return progress_look(progress, &seen) && waits_for_slot(&seen);
    if (progress->phase == PROGRESS_PAGING)
        return progress_look(progress, &seen) &&
               seen.rate_until_ms > clock_now_ms();
    return progress->phase == PROGRESS_QUEUED ||
           progress->phase == PROGRESS_HELD;
}

/* The rate is the mean since the start, because the store's counters jump. */
static void
append_fetching(const struct progress_seen *seen, int64_t now_ms,
                struct buf *text)
{
    int64_t passed_ms = seen->since_ms > 0 ? now_ms - seen->since_ms : 0;

    if (seen->results_running == 0 && seen->results_done < seen->results) {
        buf_append_str(text, waits_for_slot(seen)
                                 ? "waiting for a slot at the store"
                                 : "submitting to the store");
        return;
    }
    buf_append_str(text, "running at the store");
    if (seen->results > 1)
        buf_printf(text, "  %d of %d windows done", seen->results_done,
                   seen->results);
    buf_append_str(text, "  ");
    append_number(text, seen->objects);
    buf_append_str(text, " objects");
    if (passed_ms >= 1000 && seen->objects * 1000 >= passed_ms) {
        buf_append_str(text, "  ");
        append_number(text, seen->objects * 1000 / passed_ms);
        buf_append_str(text, "/s");
    }
}

static void
append_pace(struct buf *text, double per_second)
{
    if (per_second < 1)
        return;
    buf_append_str(text, "  ");
    append_number(text, (int64_t)per_second);
    buf_append_str(text, " rows/s");
}

/* The time of day here, 12:04:31. */
static void
append_time_of_day(struct buf *text, int64_t at_ms, int64_t now_ms)
{
    time_t s = (time_t)(clock_wall_us() / 1000000 + (at_ms - now_ms) / 1000);
    struct tm parts;
    char clock[16];

    if (localtime_r(&s, &parts) != NULL &&
        strftime(clock, sizeof(clock), "%H:%M:%S", &parts) > 0)
        buf_append_str(text, clock);
}

static void
append_paging(struct progress *progress, const struct progress_seen *seen,
              int64_t now_ms, struct buf *text)
{
    double pace = update_pace(&progress->lines_pace, seen->lines, now_ms);

    if (seen->rate_until_ms > now_ms) {
        buf_append_str(text, "waiting for the rate until ");
        append_time_of_day(text, seen->rate_until_ms, now_ms);
    } else {
        buf_append_str(text, "reading pages");
    }
    buf_append_str(text, "  ");
    append_number(text, (int64_t)seen->lines);
    buf_append_str(text, " rows");
    append_pace(text, pace);
    buf_append_str(text, "  ");
    append_number(text, seen->requests);
    buf_append_str(text, seen->requests == 1 ? " request" : " requests");
    if (seen->points_left >= 0) {
        buf_append_str(text, "  ");
        append_number(text, (int64_t)seen->points_left);
        buf_append_str(text, " points left");
    }
}

static void
append_loading(struct progress *progress, const struct progress_seen *seen,
               int64_t now_ms, struct buf *text)
{
    double line_pace = update_pace(&progress->lines_pace, seen->lines, now_ms);
    double byte_pace = update_pace(&progress->bytes_pace, seen->bytes, now_ms);
    int64_t expected = seen->bytes_expected;
    int64_t left = expected - (int64_t)seen->bytes;

    buf_append_str(text, "loading");
    if (expected > 0 && left >= 0)
        buf_printf(text, " %d%%",
                   (int)((double)seen->bytes * 100 / (double)expected));
    buf_printf(text, "  %.1f MB", (double)seen->bytes / 1e6);
    append_pace(text, line_pace);
    if (expected > 0 && left > 0 && byte_pace >= 1) {
        buf_append_str(text, "  ");
        append_time(text, (int64_t)((double)left * 1000 / byte_pace));
        buf_append_str(text, " left");
    }
}

static void
append_loaded(const struct job *job, struct buf *text)
{
    int64_t counts[] = {0, 0, 0};
    static const char *const what[] = {"inserted", "updated", "deleted"};

    for (size_t i = 0; i < job->table_count; i++) {
        counts[0] += job->tables[i].inserted;
        counts[1] += job->tables[i].updated;
        counts[2] += job->tables[i].deleted;
    }
    buf_append_str(text, job_ending(job));
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
append_ended(const struct job *job, struct buf *text)
{
    if (job->err.kind != ERR_NONE)
        buf_printf(text, "%s: %s", job_ending(job), job->err.message);
    else if (job->is_loaded || (job->is_dry && job->tables != NULL))
        append_loaded(job, text);
    else
        buf_append_str(text, job_ending(job));
}

void
describe_append_time(const struct progress *progress, int64_t now_ms,
                     struct buf *text)
{
    append_time(text, progress_ms(progress, now_ms));
    buf_append_str(text, "  ");
}

void
describe_job(struct job *job, int64_t now_ms, struct buf *text)
{
    static const char *const phases[] = {[PROGRESS_QUEUED] = "queued",
                                         [PROGRESS_PREPARING] = "preparing",
                                         [PROGRESS_BEGINNING] = "starting",
                                         [PROGRESS_FETCHING] = "at the store",
                                         [PROGRESS_PAGING] = "reading pages",
                                         [PROGRESS_HELD] =
                                             "waiting for another load to end",
                                         [PROGRESS_LOADING] = "loading",
                                         [PROGRESS_MERGING] = "merging"};
    struct progress *progress = &job->progress;
    struct progress_seen seen;

    if (progress->phase == PROGRESS_ENDED)
        append_ended(job, text);
    else if (!progress_look(progress, &seen))
        buf_append_str(text, phases[progress->phase]);
    else if (progress->phase == PROGRESS_LOADING)
        append_loading(progress, &seen, now_ms, text);
    else if (progress->phase == PROGRESS_PAGING)
        append_paging(progress, &seen, now_ms, text);
    else
        append_fetching(&seen, now_ms, text);
}
