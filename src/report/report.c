/* The page has these parts, from top to bottom: the summary, problems
 * (problems.c), stores and jobs, what they leave out and mask (withheld.c),
 * charts (charts.c), the largest tables, the archive (archived.c), the newest
 * runs, the newest pushes (pushes.c), webhooks
 * (webhooks.c).
 *
 * Every part has an upper limit (report.h), so that a page about 10,000 jobs
 * can still be opened. A part that is cut says so. Names come from users and
 * messages from servers, so all of them pass through html.c, and the page's
 * policy forbids it to load or run anything. */
#include "report/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "pages.h" /* made by scripts/embed-files */
#include "report/archived.h"
#include "report/charts.h"
#include "report/html.h"
#include "report/problems.h"
#include "report/pushes.h"
#include "report/watched.h"
#include "report/webhooks.h"
#include "report/withheld.h"

enum {
    HEAD_CHARACTERS_MIN = 7, /* of a column of the matrix */
    HEADS_CHARACTERS = 136   /* of all columns, in a window of 1280 pixels */
};

/* ---- states ---------------------------------------------------------- */

static bool
is_late(const struct report *report, const struct journal_run *run)
{
    return report->late_ms >= 0 ? journal_run_is_late(run, report->late_ms)
                                : watched_is_late(report->watched, run);
}

enum report_state
report_state(const struct report *report, const struct journal_run *run)
{
    if (journal_run_is_failed(run))
        return REPORT_FAILED;
    if (is_late(report, run))
        return REPORT_LATE;
    return run_status_is_final(run->status) ? REPORT_GOOD : REPORT_RUNNING;
}

const char *
report_state_name(enum report_state state)
{
    static const char *const names[REPORT_STATES] = {
        [REPORT_GOOD] = "good",
        [REPORT_RUNNING] = "running",
        [REPORT_LATE] = "late",
        [REPORT_FAILED] = "failed"};

    return names[state];
}

static void
append_age(struct buf *html, int64_t age_ms)
{
    char age[32];

    if (age_ms < 0)
        buf_append_str(html, "never");
    else
        buf_printf(html, "%s ago", duration_rough(age_ms, age));
}

static void
append_limit(struct buf *html, const struct report *report)
{
    char late[32];

    buf_append_str(html, report->late_ms < 0
                             ? "twice its age: @every in its query, or every "
                               "in bulkpg.ini"
                             : duration_rough(report->late_ms, late));
}

static void
append_summary(struct buf *html, const struct report *report)
{
    int counts[REPORT_STATES] = {0};
    char now[CLOCK_UTC_BYTES];

    for (size_t i = 0; i < report->newest.count; i++)
        counts[report_state(report, &report->newest.runs[i])]++;
    buf_append_str(html, "<header><h1>bulkpg</h1>\n<p class=\"soft\">As of ");
    html_time(html, clock_format_utc(report->now_s, now));
    buf_append_str(html,
                   "; all times are UTC. A job is late if its last good run is "
                   "older than ");
    append_limit(html, report);
    buf_append_str(html, ".</p></header>\n<div class=\"counts\">");
    for (int s = REPORT_STATES - 1; s >= 0; s--) {
        const char *name = report_state_name((enum report_state)s);

        buf_printf(html, "<span><b class=\"%s\">%d</b>%s</span>\n", name,
                   counts[s], name);
    }
    buf_append_str(html, "</div>\n");
}

/* ---- the matrix of stores and jobs ----------------------------------- */

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sort the names and remove duplicates. Returns how many are left. */
static size_t
sort_names(const char **names, size_t count)
{
    size_t kept = 0;

    qsort(names, count, sizeof(*names), compare_names);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || strcmp(names[kept - 1], names[i]) != 0)
            names[kept++] = names[i];
    return kept;
}

static const struct journal_run *
find_run(const struct report *report, const char *store, const char *job)
{
    for (size_t i = 0; i < report->newest.count; i++)
        if (strcmp(report->newest.runs[i].store, store) == 0 &&
            strcmp(report->newest.runs[i].job, job) == 0)
            return &report->newest.runs[i];
    return NULL;
}

static void
append_cell(struct buf *html, const struct report *report,
            const struct journal_run *run)
{
    enum report_state state;
    bool linked;

    if (run == NULL) {
        buf_append_str(html, "<td></td>");
        return;
    }
    state = report_state(report, run);
    linked = (state == REPORT_FAILED || state == REPORT_LATE) &&
             run->status != RUN_NEVER;
    buf_printf(html, "<td class=\"%s\">", report_state_name(state));
    if (linked)
        buf_printf(html, "<a href=\"#run%" PRId64 "\">", run->ref.run_id);
    buf_printf(html, "<b>%s</b><small>", report_state_name(state));
    append_age(html, run->last_good_age_ms);
    buf_printf(html, "</small>%s</td>", linked ? "</a>" : "");
}

/* True if the longest parts of all names fit side by side. If not, the browser
 * may break them anywhere. */
static bool
fit_whole(const char **jobs, size_t count)
{
    size_t sum = 0;

    for (size_t j = 0; j < count; j++) {
        size_t longest = html_longest_part(jobs[j]);

        sum += longest > HEAD_CHARACTERS_MIN ? longest : HEAD_CHARACTERS_MIN;
    }
    return sum <= HEADS_CHARACTERS;
}

static void
append_rows(struct buf *html, const struct report *report, const char **stores,
            size_t store_count, const char **jobs, size_t job_count)
{
    buf_printf(html,
               "<div class=\"wide matrix%s\"><table>\n<thead><tr><th>store"
               "</th>",
               fit_whole(jobs, job_count) ? " whole" : "");
    for (size_t j = 0; j < job_count; j++) {
        buf_append_str(html, "<th>");
        html_name(html, jobs[j]);
        buf_append_str(html, "</th>");
    }
    buf_append_str(html, "</tr></thead>\n<tbody>\n");
    for (size_t s = 0; s < store_count; s++) {
        buf_append_str(html, "<tr><th>");
        html_name(html, stores[s]);
        buf_append_str(html, "</th>");
        for (size_t j = 0; j < job_count; j++)
            append_cell(html, report, find_run(report, stores[s], jobs[j]));
        buf_append_str(html, "</tr>\n");
    }
    buf_append_str(html, "</tbody></table></div>\n");
}

static void
append_matrix(struct buf *html, const struct report *report)
{
    size_t count = report->newest.count, store_count, job_count;
    const char **stores = mem_array(count + 1, sizeof(*stores));
    const char **jobs = mem_array(count + 1, sizeof(*jobs));

    for (size_t i = 0; i < count; i++) {
        stores[i] = report->newest.runs[i].store;
        jobs[i] = report->newest.runs[i].job;
    }
    store_count = sort_names(stores, count);
    job_count = sort_names(jobs, count);
    buf_append_str(html, "<h2>Stores and jobs</h2>\n<p class=\"soft\">The "
                         "state of each job, and when its last good run "
                         "began.</p>\n");
    append_rows(
        html, report, stores,
        store_count < REPORT_STORES_MAX ? store_count : REPORT_STORES_MAX, jobs,
        job_count < REPORT_JOBS_MAX ? job_count : REPORT_JOBS_MAX);
    if (store_count > REPORT_STORES_MAX || job_count > REPORT_JOBS_MAX)
        buf_printf(html,
                   "<p>Not all of the %zu stores and %zu jobs are shown."
                   "</p>\n",
                   store_count, job_count);
    free((void *)stores);
    free((void *)jobs);
}

/* ---- tables ---------------------------------------------------------- */

static void
append_run_row(struct buf *html, const struct journal_run *run)
{
    const struct run_counts *counts = &run->counts;
    bool failed = journal_run_is_failed(run);
    char took[32];

    buf_printf(html, "<tr><td class=\"number\">%" PRId64 "</td>",
               run->ref.run_id);
    html_cell(html, run->store);
    html_cell(html, run->job);
    buf_printf(html, "<td class=\"%s\"><b>",
               failed                             ? "failed"
               : run_status_is_final(run->status) ? "good"
                                                  : "running");
    html_name(html, run_status_name(run->status));
    buf_printf(html, "</b></td><td>%s</td><td>", run_mode_name(run->mode));
    html_time(html, run->started_at);
    buf_append_str(html, "</td>");
    html_element(
        html, "td", "number",
        duration_rough(run->duration_ms < 0 ? run->age_ms : run->duration_ms,
                       took));
    html_count(html, "td", counts->lines);
    html_count(html, "td", counts->rows_inserted);
    html_count(html, "td", counts->rows_updated);
    html_count(html, "td", counts->rows_deleted);
    html_count(html, "td", counts->rejects);
    html_bytes(html, "td", counts->bytes);
    buf_append_str(html, "</tr>\n");
}

static void
append_runs(struct buf *html, const struct report *report)
{
    size_t shown = report->runs.count < REPORT_LISTED_MAX ? report->runs.count
                                                          : REPORT_LISTED_MAX;

    buf_append_str(
        html,
        "<h2>Newest runs</h2>\n<div class=\"wide runs\"><table>\n<thead><tr>"
        "<th class=\"number\">run</th><th>store</th><th>job</th><th>status"
        "</th><th>mode</th><th>began</th><th class=\"number\">took</th>"
        "<th class=\"number\">lines</th><th class=\"number\">inserted</th>"
        "<th class=\"number\">updated</th><th class=\"number\">deleted</th>"
        "<th class=\"number\">rejects</th><th class=\"number\">received</th>"
        "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < shown; i++)
        append_run_row(html, &report->runs.runs[i]);
    buf_append_str(html, "</tbody></table></div>\n");
}

static void
append_table_row(struct buf *html, const struct report_table *table,
                 int64_t largest)
{
    buf_append_str(html, "<tr><td>");
    html_name(html, table->schema);
    buf_append_str(html, ".<wbr />");
    html_name(html, table->name);
    buf_append_str(html, "</td>");
    html_cell(html, table->job);
    html_count(html, "td", table->rows);
    html_bytes(html, "td", table->bytes);
    buf_printf(html,
               "<td class=\"room\"><span class=\"bar\" "
               "style=\"width:%.1f%%\"></span></td></tr>\n",
               largest > 0 ? (double)table->bytes * 100 / (double)largest : 0);
}

static void
append_tables(struct buf *html, const struct report *report)
{
    int64_t largest = report->table_count > 0 ? report->tables[0].bytes : 0;

    buf_append_str(
        html,
        "<h2>Largest tables</h2>\n<p class=\"soft\">Of a "
        "history, the rows are versions.</p>\n"
        "<div class=\"wide\"><table>\n<thead><tr><th>table</th><th>job</th>"
        "<th class=\"number\">rows (estimate)</th>"
        "<th class=\"number\">size with indexes</th><th></th>"
        "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < report->table_count; i++)
        append_table_row(html, &report->tables[i], largest);
    buf_append_str(html, "</tbody></table></div>\n");
    if (report->tables_known > (int64_t)report->table_count)
        buf_printf(html, "<p>There are %" PRId64 " tables.</p>\n",
                   report->tables_known);
}

/* ---- the page -------------------------------------------------------- */

/* The style is in the page, because the page must not load anything. */
static void
append_head(struct buf *html)
{
    buf_append_str(html, page_head_html);
    buf_append_str(html, page_report_css);
    buf_append_str(html, "</style>\n</head>\n<body>\n");
}

void
report_append(struct buf *html, const struct report *report)
{
    append_head(html);
    append_summary(html, report);
    buf_append_str(html, "<h2>Problems</h2>\n");
    problems_append(html, report);
    append_matrix(html, report);
    withheld_append(html, report);
    buf_printf(html, "<h2>Runs of the last %d days</h2>\n", REPORT_DAYS);
    charts_days(html, report);
    if (report->runs.count >= REPORT_RUNS_MAX)
        buf_printf(html, "<p>Only the newest %d runs are counted.</p>\n",
                   REPORT_RUNS_MAX);
    buf_printf(html,
               "<h2>Time and speed</h2>\n<p class=\"soft\">The last %d "
               "runs of each job: seconds by phase, and rows per "
               "second while loading.</p>\n",
               REPORT_BARS);
    charts_jobs(html, report);
    append_tables(html, report);
    archived_append(html, report);
    append_runs(html, report);
    pushes_append(html, &report->pushes);
    webhooks_append(html, &report->live);
    buf_append_str(html, "</body>\n</html>\n");
}
