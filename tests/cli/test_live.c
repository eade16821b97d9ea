/* live: the text of each job, the order of jobs, and the last line if there are
 * more jobs than lines. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "bulk/fetch.h"
#include "cli/describe.h"
#include "cli/live.h"
#include "journal/merge.h"
#include "json/lines.h"
#include "load/loader.h"
#include "support/suite.h"

enum { JOBS = 40 };

static struct store_config config;
static struct store_state store;
static struct query_file files[JOBS];
static struct job items[JOBS];
static struct jobs jobs;
static struct arena arena;
static struct screen_line lines[SCREEN_LINES_MAX];

static void
setup(void)
{
    config.name = "acme";
    store.config = &config;
    for (int i = 0; i < JOBS; i++) {
        files[i].job = arena_printf(&arena, "job%d", i + 1);
        job_init(&items[i], NULL, &store, &files[i]);
        items[i].progress.phase = PROGRESS_QUEUED;
        items[i].progress.begun_ms = 1000;
    }
    jobs = (struct jobs){.items = items, .count = 1};
}

static void
teardown(void)
{
    arena_free(&arena);
}

static int
frame_of(int most, int columns, int64_t now_ms)
{
    struct live_frame frame = {most, columns, now_ms};

    return live_lines(&jobs, &frame, &arena, lines);
}

/* The line of the only job. */
static const char *
line_at(int64_t now_ms)
{
    ck_assert_int_eq(frame_of(10, 80, now_ms), 1);
    return lines[0].text;
}

START_TEST(each_phase_has_a_word)
{
    static const struct {
        enum progress_phase phase;
        const char *line;
    } said[] = {
        {PROGRESS_QUEUED, "acme/job1  0:09  queued"},
        {PROGRESS_PREPARING, "acme/job1  0:09  preparing"},
        {PROGRESS_BEGINNING, "acme/job1  0:09  starting"},
        {PROGRESS_FETCHING, "acme/job1  0:09  at the store"},
        {PROGRESS_HELD, "acme/job1  0:09  waiting for another load to end"},
        {PROGRESS_MERGING, "acme/job1  0:09  merging"},
    };

    for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        items[0].progress.phase = said[i].phase;
        ck_assert_str_eq(line_at(10999), said[i].line);
    }
    ck_assert_str_eq(line_at(1000 + 3723000), "acme/job1  1:02:03  merging");
}

END_TEST

START_TEST(one_operation_at_the_store)
{
    struct operation operation = {0};
    struct operation *operations[] = {&operation};
    struct fetch fetch;

    fetch_init(&fetch, &items[0]);
    fetch.operations = operations;
    fetch.count = 1;
    items[0].progress.phase = PROGRESS_FETCHING;
    progress_show(&items[0].progress, fetch.origin.ops->look, &fetch);
    ck_assert_str_eq(line_at(1000), "acme/job1  0:00  submitting to the store");
    operation.waits_for_slot = true;
    ck_assert(describe_waits(&items[0].progress));
    ck_assert_str_eq(line_at(1000),
                     "acme/job1  0:00  waiting for a slot at the store");
    ck_assert_int_eq(lines[0].colour, SCREEN_FAINT);
    operation.waits_for_slot = false;
    operation.is_submitted = true;
    operation.submitted_ms = 2000;
    operation.bulk.status = BULK_RUNNING;
    ck_assert(!describe_waits(&items[0].progress));
    ck_assert_str_eq(line_at(2500),
                     "acme/job1  0:01  running at the store  0 objects");
    operation.bulk.object_count = 12400;
    ck_assert_str_eq(
        line_at(12000),
        "acme/job1  0:11  running at the store  12,400 objects  1,240/s");
    operation.bulk.object_count = 9; /* too few for a rate */
    ck_assert_str_eq(line_at(12000),
                     "acme/job1  0:11  running at the store  9 objects");
    ck_assert_int_eq(lines[0].colour, SCREEN_PLAIN);
}

END_TEST

START_TEST(windows_share_one_line)
{
    struct operation windows[3] = {0};
    struct operation *operations[] = {&windows[0], &windows[1], &windows[2]};
    struct fetch fetch;

    fetch_init(&fetch, &items[0]);
    fetch.operations = operations;
    fetch.count = 3;
    items[0].progress.phase = PROGRESS_FETCHING;
    progress_show(&items[0].progress, fetch.origin.ops->look, &fetch);
    for (int i = 0; i < 2; i++) {
        windows[i].is_submitted = true;
        windows[i].submitted_ms = 1000 + 500 * i;
        windows[i].bulk.object_count = 1000;
    }
    windows[0].bulk.status = BULK_COMPLETED;
    windows[1].bulk.status = BULK_RUNNING;
    windows[2].waits_for_slot = true;
    ck_assert_str_eq(line_at(3000),
                     "acme/job1  0:02  running at the store  1 of 3 windows "
                     "done  2,000 objects  1,000/s");
    windows[1].bulk.status = BULK_COMPLETED;
    ck_assert(describe_waits(&items[0].progress));
}

END_TEST

/* The text comes from the counters of lines and bytes. */
START_TEST(a_load_shows_share_rate_and_time_left)
{
    struct lines cut = {0};
    struct loader_counts counts = {0};
    struct progress *progress = &items[0].progress;

    progress_load(progress, 10000000);
    ck_assert_str_eq(line_at(1000), "acme/job1  0:00  loading 0%  0.0 MB");
    progress_source(progress, &cut, &counts);
    cut.offset = 2000000;
    counts.lines = 20000;
    ck_assert_str_eq(line_at(3000),
                     "acme/job1  0:02  loading 20%  2.0 MB  10,000 rows/s  "
                     "0:08 left");
    progress_source_end(
        progress); /* the counters of the second source start at 0 */
    cut.offset = 3000000;
    counts.lines = 30000;
    progress_source(progress, &cut, &counts);
    ck_assert_str_eq(line_at(6000),
                     "acme/job1  0:05  loading 50%  5.0 MB  10,000 rows/s  "
                     "0:05 left");
    /* Without progress the rate falls and the time left grows. */
    ck_assert_str_eq(line_at(9000),
                     "acme/job1  0:08  loading 50%  5.0 MB  5,000 rows/s  "
                     "0:10 left");
    progress_load(progress, 10000000); /* the load restarts */
    progress_source_end(progress);
    progress_load(progress, -1);
    ck_assert_str_eq(line_at(9000), "acme/job1  0:08  loading  0.0 MB");
}

END_TEST

START_TEST(the_end_of_a_job_is_shown)
{
    struct journal_run_table written[] = {
        {.table_schema = "acme", .inserted = 1000, .updated = 1},
        {.table_schema = "acme", .inserted = 234, .deleted = 7}};
    struct progress *progress = &items[0].progress;

    progress->phase = PROGRESS_ENDED;
    progress->ended_ms = 4000;
    ck_assert_str_eq(line_at(99000), "acme/job1  0:03  nothing was due");
    items[0].is_loaded = true;
    items[0].tables = written;
    items[0].table_count = 2;
    ck_assert_str_eq(line_at(99000),
                     "acme/job1  0:03  loaded  1,234 inserted  1 updated  "
                     "7 deleted");
    ck_assert_int_eq(lines[0].colour, SCREEN_GREEN);
    items[0].rejects = 2;
    ck_assert_str_eq(line_at(99000),
                     "acme/job1  0:03  loaded  1,234 inserted  1 updated  "
                     "7 deleted  2 rejected");
    ck_assert_int_eq(lines[0].colour, SCREEN_YELLOW);
    items[0].is_loaded = false;
    err_set(&items[0].err, MSG_TRUNCATED, "it broke");
    ck_assert_str_eq(line_at(99000), "acme/job1  0:03  failed: it broke");
    ck_assert_int_eq(lines[0].colour, SCREEN_RED);
}

END_TEST

START_TEST(working_jobs_come_first_and_the_rest_is_counted)
{
    static const char *const first[] = {"acme/job39  0:01  merging",
                                        "acme/job38  0:01  failed: it broke",
                                        "acme/job1   0:01  queued"};

    jobs.count = JOBS;
    items[38].progress.phase = PROGRESS_MERGING;
    items[37].progress.phase = PROGRESS_ENDED;
    items[37].progress.ended_ms = 2000;
    err_set(&items[37].err, MSG_TRUNCATED, "it broke");
    items[0].progress.phase = PROGRESS_QUEUED;
    items[1].progress.phase = PROGRESS_ENDED;
    ck_assert_int_eq(frame_of(4, 80, 2000), 4);
    for (int i = 0; i < 3; i++)
        ck_assert_str_eq(lines[i].text, first[i]);
    ck_assert_str_eq(lines[3].text, "… and 37 more: 36 waiting, 1 done");
    ck_assert_int_eq(frame_of(1, 80, 2000), 1);
    ck_assert_str_eq(lines[0].text, "… and 40 more: 1 under way, 1 failed, "
                                    "37 waiting, 1 done");
    ck_assert_int_eq(frame_of(JOBS, 80, 2000), JOBS);
}

END_TEST

START_TEST(a_narrow_window_cuts_names)
{
    items[0].progress.phase = PROGRESS_MERGING;
    ck_assert_int_eq(frame_of(10, 30, 2000), 1);
    ck_assert_str_eq(lines[0].text, "acme/job1  0:01  merging");
    ck_assert_int_eq(frame_of(10, 20, 2000), 1);
    ck_assert_str_eq(lines[0].text, "acme/job1  merging");
    ck_assert_int_eq(frame_of(10, 12, 2000), 1);
    ck_assert_str_eq(lines[0].text, "acme/…  merging");
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("live");
    TCase *tests = tcase_create("live");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, each_phase_has_a_word);
    tcase_add_test(tests, one_operation_at_the_store);
    tcase_add_test(tests, windows_share_one_line);
    tcase_add_test(tests, a_load_shows_share_rate_and_time_left);
    tcase_add_test(tests, the_end_of_a_job_is_shown);
    tcase_add_test(tests, working_jobs_come_first_and_the_rest_is_counted);
    tcase_add_test(tests, a_narrow_window_cuts_names);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
