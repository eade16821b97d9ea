/*
 * report - the journal as one HTML page.
 *
 * The problems come first, by store and cause: what failed, when, and how to
 * fix it. Then come the matrix of stores and jobs, the runs, and the sizes of
 * the tables. Charts are SVG in the page. The page loads nothing and runs no
 * scripts.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/arena.h"
#include "base/buf.h"
#include "journal/event.h"
#include "journal/push.h"
#include "journal/runs.h"

struct watched;

enum {
    REPORT_DAYS = 90,
    REPORT_RUNS_MAX = 5000,    /* that the charts include */
    REPORT_LISTED_MAX = 50,    /* in the table of the newest runs */
    REPORT_TABLES_MAX = 50,    /* largest first */
    REPORT_ARCHIVED_MAX = 50,  /* jobs, largest first */
    REPORT_WITHHELD_MAX = 400, /* jobs that leave out or mask something */
    REPORT_STORES_MAX = 500,   /* rows of the matrix */
    REPORT_JOBS_MAX = 40,      /* columns of the matrix */
    REPORT_CHARTS_MAX = 60,    /* jobs with a chart */
    REPORT_BARS = 40,          /* runs in one chart */
    REPORT_PROBLEMS_MAX = 400  /* groups of problems */
};

struct report_table {
    const char *schema;
    const char *name;
    const char *store;
    const char *job;
    int64_t rows; /* an estimate */
    int64_t bytes;
};

/* The archived results of one job. */
struct report_archived {
    const char *store;
    const char *job;
    int64_t results;
    int64_t bytes;
    int64_t first_run;
    int64_t last_run;
    int64_t oldest_s; /* when the oldest one was written */
};

/* The masked columns of one job's tables. */
struct report_masked {
    const char *store;
    const char *job;
    const char *columns; /* "products.email (HASH), ..." */
};

struct report {
    struct journal_runs newest;   /* the last one of each store and job */
    struct journal_runs runs;     /* of the last REPORT_DAYS, newest first */
    struct journal_pushes pushes; /* newest first */
    struct journal_live live;
    struct report_table *tables;
    size_t table_count;
    int64_t tables_known;
    struct report_masked *masked; /* by store and job */
    size_t masked_count;
    const char *archive; /* the folder of [archive]; "": there is none */
    struct report_archived *archived; /* largest first */
    size_t archived_count;
    const struct watched *watched; /* the jobs' ages */
    int64_t late_ms; /* a job is late if its last good run is older; -1: than
                      * twice the job's age */
    int64_t now_s;
};

enum report_state {
    REPORT_GOOD,
    REPORT_RUNNING,
    REPORT_LATE,
    REPORT_FAILED,
    REPORT_STATES
};

/* The state of a job, from its newest run; and the state's name, which is also
 * its class in the page. */
enum report_state
report_state(const struct report *report, const struct journal_run *run);
const char *report_state_name(enum report_state state);

void report_append(struct buf *html, const struct report *report);

#endif
