/* describe: the text for a job's progress. A function of the test fills in the
 * progress instead of a phase of a run. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/describe.h"
#include "json/lines.h"
#include "load/loader.h"
#include "support/suite.h"

static struct job job;
static struct progress_seen shown;
static struct buf said;

static void
show(const void *what, struct progress_seen *seen)
{
    *seen = *(const struct progress_seen *)what;
}

static void
setup(void)
{
    job = (struct job){.progress = {.begun_ms = 1000}};
    shown = (struct progress_seen){.results = 1};
    said = buf_with_ceiling(1024);
}

static void
teardown(void)
{
    buf_free(&said);
}

static const char *
words_at(int64_t now_ms)
{
    buf_clear(&said);
    describe_job(&job, now_ms, &said);
    return buf_str(&said);
}

static void
fetches(void)
{
    progress_phase(&job.progress, PROGRESS_FETCHING);
    progress_show(&job.progress, show, &shown);
}

START_TEST(each_phase_has_a_word)
{
    static const char *const words[] = {[PROGRESS_QUEUED] = "queued",
                                        [PROGRESS_PREPARING] = "preparing",
                                        [PROGRESS_BEGINNING] = "starting",
                                        [PROGRESS_FETCHING] = "at the store",
                                        [PROGRESS_PAGING] = "reading pages",
                                        [PROGRESS_HELD] =
                                            "waiting for another load to end",
                                        [PROGRESS_LOADING] = "loading",
                                        [PROGRESS_MERGING] = "merging"};

    job.progress.phase = (enum progress_phase)_i;
    ck_assert_str_eq(words_at(9000), words[_i]);
}

END_TEST

/* The text needs only numbers of results and objects, whatever the origin
 * is. */
START_TEST(fetching_shows_slots_objects_and_windows)
{
    fetches();
    ck_assert_str_eq(words_at(9000), "submitting to the store");
    shown.results_waiting = 1;
    ck_assert_str_eq(words_at(9000), "waiting for a slot at the store");
    shown = (struct progress_seen){
        .results = 1, .results_running = 1, .objects = 12400, .since_ms = 2000};
    ck_assert_str_eq(words_at(12000),
                     "running at the store  12,400 objects  1,240/s");
    shown.results = 3;
    shown.results_done = 1;
    ck_assert_str_eq(words_at(2500), "running at the store  1 of 3 windows "
                                     "done  12,400 objects");
}

END_TEST

static void
reads_pages(void)
{
    progress_phase(&job.progress, PROGRESS_PAGING);
    progress_show(&job.progress, show, &shown);
}

START_TEST(paging_shows_rows_requests_and_points)
{
    int64_t now_ms = clock_now_ms();

    shown = (struct progress_seen){.points_left = -1, .requests = 1};
    reads_pages();
    ck_assert_str_eq(words_at(now_ms), "reading pages  0 rows  1 request");
    shown = (struct progress_seen){
        .lines = 12400, .requests = 132, .points_left = 1840.5};
    ck_assert_str_eq(words_at(now_ms + 40000),
                     "reading pages  12,400 rows  310 rows/s  132 requests  "
                     "1,840 points left");
    ck_assert(!describe_waits(&job.progress));
}

END_TEST

START_TEST(paging_shows_what_it_waits_for)
{
    int64_t now_ms = clock_now_ms();

    setenv("TZ", "UTC", 1);
    shown = (struct progress_seen){.points_left = 0,
                                   .rate_until_ms = now_ms + 3600000};
    reads_pages();
    ck_assert_int_eq(strncmp(words_at(now_ms), "waiting for the rate until ",
                             strlen("waiting for the rate until ")),
                     0);
    ck_assert_ptr_nonnull(
        strstr(words_at(now_ms), "  0 rows  0 requests  0 points left"));
    ck_assert_uint_eq(said.length, strlen("waiting for the rate until 12:04:31"
                                          "  0 rows  0 requests  0 points "
                                          "left"));
    ck_assert(describe_waits(&job.progress));
}

END_TEST

START_TEST(progress_is_cleared_with_its_phase)
{
    struct progress_seen seen;

    fetches();
    ck_assert(progress_look(&job.progress, &seen));
    progress_phase(&job.progress, PROGRESS_HELD);
    ck_assert(!progress_look(&job.progress, &seen));
    ck_assert_int_eq(seen.bytes_expected, -1);
    fetches();
    progress_show(&job.progress, NULL, NULL);
    ck_assert_str_eq(words_at(9000), "at the store");
}

END_TEST

START_TEST(jobs_wait_for_turns_and_slots)
{
    job.progress.phase = PROGRESS_QUEUED;
    ck_assert(describe_waits(&job.progress));
    job.progress.phase = PROGRESS_HELD;
    ck_assert(describe_waits(&job.progress));
    job.progress.phase = PROGRESS_MERGING;
    ck_assert(!describe_waits(&job.progress));
    fetches();
    ck_assert(!describe_waits(&job.progress));
    shown = (struct progress_seen){.results = 2, .results_waiting = 1};
    ck_assert(describe_waits(&job.progress));
    shown.results_running =
        1; /* one is running, although the other one waits */
    ck_assert(!describe_waits(&job.progress));
    shown.results_running = 0;
    shown.results_done = 2;
    ck_assert(!describe_waits(&job.progress));
}

END_TEST

/* The counters of the second source start at 0, but the sums do not. */
START_TEST(sources_of_a_load_add_up)
{
    struct lines lines = {0};
    struct loader_counts counts = {0};
    struct progress *progress = &job.progress;
    struct progress_seen seen;

    progress_load(progress, 500);
    progress_source(progress, &lines, &counts);
    lines.offset = 100;
    counts.lines = 10;
    ck_assert(progress_look(progress, &seen));
    ck_assert_uint_eq(seen.bytes, 100);
    ck_assert_uint_eq(seen.lines, 10);
    progress_source_end(progress);
    lines.offset = 20;
    counts.lines = 2;
    ck_assert(progress_look(progress, &seen));
    ck_assert_uint_eq(seen.bytes, 100);
    progress_source(progress, &lines, &counts);
    ck_assert(progress_look(progress, &seen));
    ck_assert_uint_eq(seen.bytes, 120);
    ck_assert_uint_eq(seen.lines, 12);
    ck_assert_int_eq(seen.bytes_expected, 500);
    progress_load(progress, -1); /* the load restarts */
    ck_assert(progress_look(progress, &seen));
    ck_assert_uint_eq(seen.bytes, 0);
}

END_TEST

START_TEST(time_has_hours_after_an_hour)
{
    describe_append_time(&job.progress, 1000 + 65999, &said);
    describe_append_time(&job.progress, 1000 + 3723000, &said);
    ck_assert_str_eq(buf_str(&said), "1:05  1:02:03  ");
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("describe");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_loop_test(all, each_phase_has_a_word, PROGRESS_QUEUED,
                        PROGRESS_ENDED);
    tcase_add_test(all, fetching_shows_slots_objects_and_windows);
    tcase_add_test(all, paging_shows_rows_requests_and_points);
    tcase_add_test(all, paging_shows_what_it_waits_for);
    tcase_add_test(all, progress_is_cleared_with_its_phase);
    tcase_add_test(all, jobs_wait_for_turns_and_slots);
    tcase_add_test(all, sources_of_a_load_add_up);
    tcase_add_test(all, time_has_hours_after_an_hour);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
