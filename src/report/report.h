/*
 * report - the journal as one HTML page.
 *
 * The problems first, by store and cause: what failed, when, and what to do.
 * Then stores by jobs, how the runs went, and how large the tables are.
 * Charts are SVG in the page; nothing is fetched and nothing is executed.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/arena.h"
#include "base/buf.h"
#include "journal/runs.h"

enum {
    REPORT_DAYS = 90,
    REPORT_RUNS_MAX = 5000,   /* that charts are drawn from */
    REPORT_LISTED_MAX = 50,   /* runs in the table of the newest */
    REPORT_TABLES_MAX = 50,   /* largest first */
    REPORT_STORES_MAX = 500,  /* rows of stores by jobs */
    REPORT_JOBS_MAX = 40,     /* columns of it */
    REPORT_CHARTS_MAX = 60,   /* jobs with charts of their own */
    REPORT_BARS = 40,         /* runs of one chart */
    REPORT_PROBLEMS_MAX = 400 /* groups of them */
};

struct report_table {
    const char *schema;
    const char *name;
    const char *store;
    const char *job;
    int64_t rows; /* about */
    int64_t bytes;
};

struct report {
    struct journal_runs newest; /* of each store and job */
    struct journal_runs runs;   /* of the last days, newest first */
    struct report_table *tables;
    size_t table_count;
    int64_t tables_known;
    int64_t late_ms; /* without a good run for so long a job is late */
    int64_t now_s;
};

enum report_state {
    REPORT_GOOD,
    REPORT_RUNNING,
    REPORT_LATE,
    REPORT_FAILED,
    REPORT_STATES
};

/* How it stands with the job of this run, its newest; and its class in the
 * page, which is also the word for it. */
enum report_state
report_state(const struct report *report, const struct journal_run *run);
const char *report_state_name(enum report_state state);

void report_append(struct buf *html, const struct report *report);

#endif
