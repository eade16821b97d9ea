/* There are two kinds of charts. The first one has the runs of each day, over
 * all jobs: how many succeeded, failed, or have not ended. The second one has
 * the last runs of each job: how long they took, by phase, and how many rows
 * they loaded per second.
 *
 * Bars are rectangles in a box of 100 units height, which the browser
 * stretches. So nothing here depends on the width of the window. The phases
 * come from the run's timings in the journal (job/timings.h). There, load and
 * merge include their parts, which are subtracted before drawing. A run without
 * timings is one bar of its duration. */
#include "report/charts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "job/timings.h"
#include "json/tree.h"
#include "report/html.h"

enum { DAY_S = 24 * 3600, BAR_WIDTH = 10, CHART_HEIGHT = 100 };

static void
open_chart(struct buf *html, int bars, const char *label)
{
    buf_printf(html,
               "<svg class=\"chart\" viewBox=\"0 0 %d %d\" "
               "preserveAspectRatio=\"none\" role=\"img\" aria-label=\"",
               bars * BAR_WIDTH, CHART_HEIGHT);
    html_text(html, label);
    buf_append_str(html, "\">\n");
}

/* A part of a bar. `low` and `height` are in hundredths of the chart's
 * height. */
static void
append_bar(struct buf *html, int bar, double low, double height,
           const char *class)
{
    if (height > 0)
        buf_printf(html,
                   "<rect class=\"%s\" x=\"%d\" y=\"%.2f\" width=\"%d\" "
                   "height=\"%.2f\"></rect>",
                   class, bar * BAR_WIDTH + 1, CHART_HEIGHT - low - height,
                   BAR_WIDTH - 2, height);
}

/* ---- runs by day ------------------------------------------------------- */

enum { ENDED_WELL, ENDED_BADLY, NOT_ENDED, ENDS };

struct day {
    int runs[ENDS];
};

static int
end_of(const struct journal_run *run)
{
    return journal_run_is_failed(run)         ? ENDED_BADLY
           : run_status_is_final(run->status) ? ENDED_WELL
                                              : NOT_ENDED;
}

/* Return how many days ago the run started, in UTC. */
static int64_t
day_of(const struct report *report, const struct journal_run *run)
{
    int64_t started_s = journal_seconds(run->started_at);

    return report->now_s / DAY_S - started_s / DAY_S;
}

static int
count_days(const struct report *report, struct day *days)
{
    int most = 1;

    for (size_t i = 0; i < report->runs.count; i++) {
        int64_t day = day_of(report, &report->runs.runs[i]);
        int all = 0;

        if (day < 0 || day >= REPORT_DAYS)
            continue;
        days[day].runs[end_of(&report->runs.runs[i])]++;
        for (int e = 0; e < ENDS; e++)
            all += days[day].runs[e];
        most = all > most ? all : most;
    }
    return most;
}

static void
append_day(struct buf *html, const struct report *report, const struct day *day,
           int ago, int most)
{
    static const char *const classes[ENDS] = {"good", "failed", "running"};
    char date[CLOCK_UTC_BYTES];
    double low = 0;

    buf_printf(html, "<g><title>%.10s: %d good, %d failed, %d running</title>",
               clock_format_utc(report->now_s - (int64_t)ago * DAY_S, date),
               day->runs[ENDED_WELL], day->runs[ENDED_BADLY],
               day->runs[NOT_ENDED]);
    for (int e = 0; e < ENDS; e++) {
        double height = (double)day->runs[e] * CHART_HEIGHT / most;

        append_bar(html, REPORT_DAYS - 1 - ago, low, height, classes[e]);
        low += height;
    }
    buf_append_str(html, "</g>\n");
}

void
charts_days(struct buf *html, const struct report *report)
{
    struct day days[REPORT_DAYS] = {0};
    int most = count_days(report, days);
    char first[CLOCK_UTC_BYTES], last[CLOCK_UTC_BYTES];

    buf_printf(html, "<p class=\"axis\"><span>up to %d runs a day</span></p>\n",
               most);
    open_chart(html, REPORT_DAYS, "runs by day");
    for (int ago = REPORT_DAYS - 1; ago >= 0; ago--)
        append_day(html, report, &days[ago], ago, most);
    buf_printf(html,
               "</svg>\n<p class=\"axis\"><span>%.10s</span><span>%.10s"
               "</span></p>\n",
               clock_format_utc(
                   report->now_s - (int64_t)(REPORT_DAYS - 1) * DAY_S, first),
               clock_format_utc(report->now_s, last));
}

/* ---- phases of a run --------------------------------------------------- */

/* From bottom to top. Each phase has its own colour. */
static const enum timing phases[] = {
    TIMING_WAIT, TIMING_DOWNLOAD, TIMING_PARSE, TIMING_ENCODE,
    TIMING_SEND, TIMING_LOAD,     TIMING_INDEX, TIMING_MERGE};

enum { PHASES = sizeof(phases) / sizeof(phases[0]) };

_Static_assert((int)PHASES == (int)TIMING_COUNT, "every phase is listed");

/* One run. If its phases are not known, only `total` is set. */
struct bar {
    const struct journal_run *run;
    double seconds[TIMING_COUNT]; /* load and merge without their parts */
    double total;
    double rows_per_s; /* -1: not known */
};

struct job_chart {
    struct arena arena;
    struct bar bars[REPORT_BARS]; /* newest first */
    int count;
    double longest;
    double fastest;
};

static double
seconds_of(const struct json *timings, enum timing timing)
{
    double seconds;

    return json_double(json_get(timings, timing_name(timing)), &seconds) &&
                   seconds > 0
               ? seconds
               : 0;
}

/* Subtract from load and merge their parts, which are phases of their own. */
static void
take_apart(double *seconds)
{
    seconds[TIMING_LOAD] -= seconds[TIMING_DOWNLOAD] + seconds[TIMING_PARSE] +
                            seconds[TIMING_ENCODE] + seconds[TIMING_SEND];
    seconds[TIMING_MERGE] -= seconds[TIMING_INDEX];
    for (int t = 0; t < TIMING_COUNT; t++)
        if (seconds[t] < 0)
            seconds[t] = 0;
}

static void
read_timings(struct job_chart *chart, struct bar *bar)
{
    const struct journal_run *run = bar->run;
    struct json *timings;
    struct err err;

    if (run->timings == NULL ||
        !json_parse(&chart->arena, span_str(run->timings), &timings, &err))
        return;
    for (int t = 0; t < TIMING_COUNT; t++)
        bar->seconds[t] = seconds_of(timings, (enum timing)t);
    if (bar->seconds[TIMING_LOAD] > 0)
        bar->rows_per_s = (double)run->counts.lines / bar->seconds[TIMING_LOAD];
    take_apart(bar->seconds);
    for (int t = 0; t < TIMING_COUNT; t++)
        bar->total += bar->seconds[t];
}

static void
add_bar(struct job_chart *chart, const struct journal_run *run)
{
    struct bar *bar = &chart->bars[chart->count++];

    *bar = (struct bar){.run = run, .rows_per_s = -1};
    read_timings(chart, bar);
    if (bar->total <= 0 && run->status != RUN_ABANDONED)
        bar->total =
            (double)(run->duration_ms >= 0 ? run->duration_ms : run->age_ms) /
            1000;
    if (bar->total > chart->longest)
        chart->longest = bar->total;
    if (bar->rows_per_s > chart->fastest)
        chart->fastest = bar->rows_per_s;
}

static void
gather(struct job_chart *chart, const struct report *report,
       const struct journal_run *newest)
{
    for (size_t i = 0; i < report->runs.count && chart->count < REPORT_BARS;
         i++) {
        const struct journal_run *run = &report->runs.runs[i];

        if (strcmp(run->store, newest->store) == 0 &&
            strcmp(run->job, newest->job) == 0)
            add_bar(chart, run);
    }
}

/* ---- a job's charts ---------------------------------------------------- */

static void
append_title(struct buf *html, const struct bar *bar)
{
    buf_printf(html, "<title>run %" PRId64 ", %s, %s: ", bar->run->ref.run_id,
               bar->run->started_at, run_status_name(bar->run->status));
    for (int p = 0; p < PHASES; p++)
        if (bar->seconds[phases[p]] > 0)
            buf_printf(html, "%s %.1f s, ", timing_name(phases[p]),
                       bar->seconds[phases[p]]);
    buf_printf(html, "%.1f s in all</title>", bar->total);
}

/* A failed run is one bar without phases, in the colour of failures. */
static void
append_times(struct buf *html, const struct job_chart *chart)
{
    double scale =
        chart->longest > 0 ? (double)CHART_HEIGHT / chart->longest : 0;

    open_chart(html, REPORT_BARS, "seconds by phase");
    for (int i = chart->count - 1; i >= 0; i--) {
        const struct bar *bar = &chart->bars[i];
        int place = REPORT_BARS - 1 - i;
        bool is_failed = journal_run_is_failed(bar->run);
        double low = 0;

        buf_append_str(html, "<g>");
        append_title(html, bar);
        for (int p = 0; p < PHASES && !is_failed; p++) {
            char class[24];

            snprintf(class, sizeof(class), "phase%d", p);
            append_bar(html, place, low, bar->seconds[phases[p]] * scale,
                       class);
            low += bar->seconds[phases[p]] * scale;
        }
        if (low <= 0)
            append_bar(html, place, 0, bar->total * scale,
                       is_failed ? "failed" : "plain");
        buf_append_str(html, "</g>\n");
    }
    buf_append_str(html, "</svg>\n");
}

static void
append_speeds(struct buf *html, const struct job_chart *chart)
{
    open_chart(html, REPORT_BARS, "rows per second");
    for (int i = chart->count - 1; i >= 0; i--) {
        const struct bar *bar = &chart->bars[i];

        if (bar->rows_per_s <= 0)
            continue;
        buf_printf(html, "<g><title>run %" PRId64 ": %.0f rows/s</title>",
                   bar->run->ref.run_id, bar->rows_per_s);
        append_bar(html, REPORT_BARS - 1 - i, 0,
                   bar->rows_per_s * CHART_HEIGHT / chart->fastest, "plain");
        buf_append_str(html, "</g>\n");
    }
    buf_append_str(html, "</svg>\n");
}

static void
append_job(struct buf *html, const struct report *report,
           const struct journal_run *newest)
{
    struct job_chart chart = {0};

    gather(&chart, report, newest);
    if (chart.count > 0) {
        buf_append_str(html, "<section class=\"job\"><h3>");
        html_text(html, newest->store);
        buf_append_str(html, " / ");
        html_text(html, newest->job);
        buf_printf(html, "</h3>\n<p class=\"axis\">up to %.1f s</p>\n",
                   chart.longest);
        append_times(html, &chart);
        buf_append_str(html, "<p class=\"axis\"><span>up to ");
        html_number(html, (int64_t)chart.fastest);
        buf_append_str(html, " rows/s</span></p>\n");
        append_speeds(html, &chart);
        buf_append_str(html, "</section>\n");
    }
    arena_free(&chart.arena);
}

/* The legend for the charts of all jobs. */
static void
append_legend(struct buf *html)
{
    buf_append_str(html, "<p class=\"soft\">");
    for (int p = 0; p < PHASES; p++)
        buf_printf(html,
                   "<span class=\"key\"><i class=\"phase%d\"></i>%s%s"
                   "</span>\n",
                   p, phases[p] == TIMING_LOAD ? "rest of " : "",
                   timing_name(phases[p]));
    buf_append_str(html, "</p>\n");
}

static int
by_name(const void *a, const void *b)
{
    const struct journal_run *const *x = a, *const *y = b;
    int order = strcmp((*x)->store, (*y)->store);

    return order != 0 ? order : strcmp((*x)->job, (*y)->job);
}

void
charts_jobs(struct buf *html, const struct report *report)
{
    const struct journal_run *runs[REPORT_CHARTS_MAX];
    size_t shown = 0;

    append_legend(html);
    buf_append_str(html, "<div class=\"jobs\">\n");
    while (shown < report->newest.count && shown < REPORT_CHARTS_MAX) {
        runs[shown] = &report->newest.runs[shown];
        shown++;
    }
    qsort((void *)runs, shown, sizeof(*runs), by_name);
    for (size_t i = 0; i < shown; i++)
        append_job(html, report, runs[i]);
    buf_append_str(html, "</div>\n");
    if (shown < report->newest.count)
        buf_printf(html,
                   "<p>Only the %zu of %zu jobs that ran last are shown."
                   "</p>\n",
                   shown, report->newest.count);
}
