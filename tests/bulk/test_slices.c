/* slices: every root is in exactly one window, even if the store's counts are
 * wrong. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/timestamp.h"
#include "bulk/slices.h"
#include "bulk/slices_note.h"
#include "scripted/bulk.h"
#include "shopify/roots.h"
#include "support/suite.h"
#include "support/types.h"

enum { ROOTS_MAX = 2000, YEAR_S = 365 * 24 * 3600 };

static struct types types;
static struct plan *plan;
static struct slices slices;
static struct err err;

/* ---- a shop that replaces shopify/roots.c ------------------------------ */

static int64_t roots[ROOTS_MAX]; /* created at, seconds since 1970 */
static int root_count;
static int64_t distortion; /* the error of each count */
static int requests;       /* with counts */
static bool is_denied;
static const char *earliest_root, *latest_root; /* NULL: it cannot sort */

static int64_t
bound(const char *filter, const char *mark, int64_t otherwise)
{
    const char *text = strstr(filter, mark);
    int64_t seconds = otherwise;
    char time[32];

    if (text == NULL)
        return otherwise;
    snprintf(time, sizeof(time), "%.*s", (int)strcspn(text + strlen(mark), "'"),
             text + strlen(mark));
    ck_assert(slices_read_time(time, &seconds));
    return seconds;
}

bool
roots_count(struct session *session, const char *count_field,
            const char *const *filters, size_t count, const struct log_ctx *log,
            int64_t *counts, struct err *e)
{
    (void)session;
    (void)log;
    if (is_denied)
        return err_set(e, MSG_ACCESS_DENIED, "scripted");
    ck_assert_str_eq(count_field, "productsCount");
    requests += count > 0;
    for (size_t i = 0; i < count; i++) {
        int64_t from = bound(filters[i], "created_at:>='", INT64_MIN);
        int64_t to = bound(filters[i], "created_at:<'", INT64_MAX);

        counts[i] = from != INT64_MIN ? distortion : 0;
        for (int r = 0; r < root_count; r++)
            counts[i] += roots[r] >= from && roots[r] < to;
    }
    return true;
}

bool
roots_reach(struct session *session, const char *root_field,
            const char *sort_key, const char *time_field, const char *filter,
            const struct log_ctx *log, char earliest[40], char latest[40],
            struct err *e)
{
    (void)session;
    (void)filter;
    (void)log;
    ck_assert_str_eq(root_field, "products");
    ck_assert_str_eq(sort_key, "CREATED_AT");
    ck_assert_str_eq(time_field, "createdAt");
    if (is_denied)
        return err_set(e, MSG_ACCESS_DENIED, "scripted");
    if (earliest_root == NULL)
        return err_set(e, MSG_GRAPHQL_ERROR, "scripted");
    snprintf(earliest, 40, "%s", earliest_root);
    snprintf(latest, 40, "%s", latest_root);
    return true;
}

/* ---- cutting ----------------------------------------------------------- */

static void
setup(void)
{
    scripted_bulk_setup();
    memset(&err, 0, sizeof(err));
    types_open(&types, "tests/fakeshop/admin-2026-10.reduced.json");
    plan = types_plan(&types, "query @slice(rows: 100) { products { edges { "
                              "node { id createdAt } } } }");
    root_count = 0;
    distortion = 0;
    requests = 0;
    is_denied = false;
    earliest_root = latest_root = NULL;
}

static void
teardown(void)
{
    types_close(&types);
    scripted_bulk_teardown();
}

static void
cut_or_abort(void *ctx)
{
    (void)ctx;
    ck_assert_msg(slices_cut(&slices, plan, &scripted_run_ref, &err), "%s",
                  err.message);
}

static void
fail_to_cut(void *ctx)
{
    (void)ctx;
    ck_assert(!slices_cut(&slices, plan, &scripted_run_ref, &err));
}

static void
cut(void)
{
    scripted_bulk_play(NULL, 0, cut_or_abort, NULL);
}

/* `count` roots spread evenly over `years` from 2020 on. */
static void
spread(int count, int years)
{
    root_count = count;
    for (int i = 0; i < count; i++)
        roots[i] = INT64_C(1577836800) + (int64_t)i * years * YEAR_S / count;
}

static bool
is_in(const struct slice *slice, int64_t s)
{
    return (!slice->has_from || s >= slice->from_s) &&
           (!slice->has_to || s < slice->to_s);
}

/* Check that the windows have no gap and no overlap, and open ends. */
static void
covers_all_time(void)
{
    ck_assert(!slices.items[0].has_from);
    ck_assert(!slices.items[slices.count - 1].has_to);
    for (int i = 1; i < slices.count; i++) {
        ck_assert(slices.items[i - 1].has_to && slices.items[i].has_from);
        ck_assert_int_eq(slices.items[i - 1].to_s, slices.items[i].from_s);
        ck_assert_int_lt(slices.items[i - 1].from_s, slices.items[i].from_s);
    }
}

static int
most_in_one(void)
{
    int most = 0;

    for (int i = 0; i < slices.count; i++) {
        int found = 0;

        for (int r = 0; r < root_count; r++)
            found += is_in(&slices.items[i], roots[r]);
        most = found > most ? found : most;
    }
    return most;
}

START_TEST(a_run_that_fits_one_window_is_not_cut)
{
    spread(100, 5);
    cut();
    ck_assert_int_eq(slices.count, 0);
    ck_assert_int_eq(slices.before, 100);
    ck_assert_str_eq(scripted_transcript(), "");
}

END_TEST

START_TEST(no_window_has_too_many_roots)
{
    spread(1500, 5);
    cut();
    covers_all_time();
    ck_assert_int_ge(slices.count, 15);
    ck_assert_int_le(slices.count, 32);
    ck_assert_int_le(most_in_one(), 100);
    ck_assert_int_eq(slices.before, 1500);
    ck_assert_int_eq(slices.last_n, slices.count);
    ck_assert_str_eq(scripted_transcript(), "journal: note\n");
}

END_TEST

/* The time before the first root need not be cut. */
START_TEST(the_reach_of_the_roots_saves_requests)
{
    int without;

    spread(1500, 5);
    cut();
    without = requests;
    requests = 0;
    earliest_root = "2020-01-01T00:00:00Z";
    latest_root = "2024-12-31T00:00:00Z";
    cut();
    covers_all_time();
    ck_assert_int_le(most_in_one(), 100);
    ck_assert_int_eq(requests, 5); /* of 1, 1, 2, 4 and 8 windows */
    ck_assert_int_ge(without, requests + 2);
}

END_TEST

START_TEST(a_day_with_most_of_the_roots_is_cut_finely)
{
    spread(300, 5);
    for (int i = 300; i < 1300; i++)
        roots[i] = INT64_C(1672531200) + i; /* about a quarter of an hour */
    root_count = 1300;
    cut();
    covers_all_time();
    ck_assert_int_le(most_in_one(), 100);
}

END_TEST

START_TEST(roots_of_one_second_cannot_be_cut)
{
    for (root_count = 0; root_count < 900; root_count++)
        roots[root_count] = INT64_C(1672531200);
    cut();
    covers_all_time();
    ck_assert_int_eq(most_in_one(), 900);
}

END_TEST

/* Roots appear and disappear while they are counted. */
static const int64_t distortions[] = {-1000000, -1, 1, 70, 1000000};

START_TEST(contradicting_counts_do_not_halve_forever)
{
    spread(1500, 5);
    distortion = distortions[_i];
    cut();
    ck_assert_int_gt(slices.count, 1);
    ck_assert_int_le(slices.count, SLICES_MAX);
    covers_all_time();
}

END_TEST

START_TEST(a_store_that_refuses_to_count_fails_the_run)
{
    is_denied = true;
    scripted_bulk_play(NULL, 0, fail_to_cut, NULL);
    ck_assert_int_eq(err.kind, ERR_DENIED);
    ck_assert_str_eq(scripted_transcript(), "");
}

END_TEST

START_TEST(a_failure_to_save_the_windows_fails_the_cut)
{
    spread(1500, 5);
    scripted_journal_refuses("journal: note");
    scripted_bulk_play(NULL, 0, fail_to_cut, NULL);
    ck_assert_str_eq(err.code, "TAKEN_OVER");
}

END_TEST

/* ---- if the store cannot count ----------------------------------------- */

static void
count_nothing(void)
{
    struct plan_slice *uncounted =
        arena_alloc(&types.arena, sizeof(*uncounted));

    *uncounted = *plan->slice;
    uncounted->count_field = NULL;
    plan->slice = uncounted;
}

START_TEST(without_counts_the_windows_have_the_same_length)
{
    count_nothing();
    earliest_root = "2021-01-01T00:00:00Z";
    latest_root = "2021-01-01T00:50:00Z";
    cut();
    covers_all_time();
    ck_assert_int_eq(slices.count, 5);
    ck_assert_int_eq(slices.before, -1);
    for (int i = 1; i < 4; i++)
        ck_assert_int_eq(slices.items[i].to_s - slices.items[i].from_s, 600);
}

END_TEST

START_TEST(without_a_sort_key_they_cover_the_time_since_2006)
{
    count_nothing();
    cut();
    covers_all_time();
    ck_assert_int_eq(slices.count, 5);
    ck_assert_int_gt(slices.items[1].to_s - slices.items[1].from_s, 3 * YEAR_S);
}

END_TEST

START_TEST(roots_with_the_same_time_are_not_cut)
{
    count_nothing();
    earliest_root = latest_root = "2021-01-01T00:00:00Z";
    cut();
    ck_assert_int_eq(slices.count, 0);
}

END_TEST

/* ---- halving ----------------------------------------------------------- */

static bool kept;

static bool
halve(int i)
{
    return slices_halve(&slices, i, plan, &scripted_run_ref, &kept, &err);
}

START_TEST(two_halves_with_new_numbers_replace_a_window)
{
    struct slice whole;
    int last_n, i;

    spread(250, 5);
    cut();
    last_n = slices.last_n;
    i = _i == 2 ? slices.count - 1 : _i;
    whole = slices.items[i];
    ck_assert(halve(i));
    ck_assert(kept);
    covers_all_time();
    ck_assert_int_eq(slices.items[i].n, last_n + 1);
    ck_assert_int_eq(slices.items[i + 1].n, last_n + 2);
    ck_assert_int_eq(slices.items[i].has_from, whole.has_from);
    ck_assert_int_eq(slices.items[i + 1].has_to, whole.has_to);
}

END_TEST

START_TEST(a_window_of_one_second_is_not_halved)
{
    spread(250, 5);
    cut();
    slices.items[1].to_s = slices.items[1].from_s + 1;
    slices.items[1].has_to = true;
    ck_assert(!halve(1));
    ck_assert_int_eq(err.kind, ERR_NONE);
}

END_TEST

START_TEST(a_failure_to_save_halves_is_reported)
{
    spread(250, 5);
    cut();
    scripted_journal_refuses("journal: note");
    ck_assert(halve(0));
    ck_assert(!kept);
    ck_assert_str_eq(err.code, "TAKEN_OVER");
}

END_TEST

START_TEST(a_window_is_written_as_a_filter)
{
    struct slice slice = {.has_from = true, .from_s = 1577836800};
    struct plan_window window =
        slices_window(&slice, "created_at", &types.arena);

    ck_assert_str_eq(window.field, "created_at");
    ck_assert_str_eq(window.from, "2020-01-01T00:00:00Z");
    ck_assert_ptr_null(window.to);
}

END_TEST

/* ---- the run's notes --------------------------------------------------- */

START_TEST(another_process_reads_the_same_windows)
{
    struct slices again;
    bool fits = false;

    spread(700, 5);
    cut();
    ck_assert(halve(0));
    ck_assert(slices_note_fit(plan->slice, scripted_note(), &fits, &err));
    ck_assert(fits);
    ck_assert(slices_note_read(&again, &types.arena, scripted_note(), &err));
    ck_assert_int_eq(again.count, slices.count);
    ck_assert_int_eq(again.last_n, slices.last_n);
    ck_assert_int_eq(again.low_s, slices.low_s);
    ck_assert_int_eq(again.high_s, slices.high_s);
    ck_assert_int_eq(again.before, 700);
    for (int i = 0; i < again.count; i++) {
        ck_assert_int_eq(again.items[i].n, slices.items[i].n);
        ck_assert_int_eq(again.items[i].has_from, slices.items[i].has_from);
        ck_assert_int_eq(again.items[i].has_to, slices.items[i].has_to);
        if (again.items[i].has_from)
            ck_assert_int_eq(again.items[i].from_s, slices.items[i].from_s);
    }
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("slices");
    TCase *tests = tcase_create("slices");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_run_that_fits_one_window_is_not_cut);
    tcase_add_test(tests, no_window_has_too_many_roots);
    tcase_add_test(tests, the_reach_of_the_roots_saves_requests);
    tcase_add_test(tests, a_day_with_most_of_the_roots_is_cut_finely);
    tcase_add_test(tests, roots_of_one_second_cannot_be_cut);
    tcase_add_loop_test(tests, contradicting_counts_do_not_halve_forever, 0,
                        COUNT(distortions));
    tcase_add_test(tests, a_store_that_refuses_to_count_fails_the_run);
    tcase_add_test(tests, a_failure_to_save_the_windows_fails_the_cut);
    tcase_add_test(tests, without_counts_the_windows_have_the_same_length);
    tcase_add_test(tests, without_a_sort_key_they_cover_the_time_since_2006);
    tcase_add_test(tests, roots_with_the_same_time_are_not_cut);
    tcase_add_loop_test(tests, two_halves_with_new_numbers_replace_a_window, 0,
                        3);
    tcase_add_test(tests, a_window_of_one_second_is_not_halved);
    tcase_add_test(tests, a_failure_to_save_halves_is_reported);
    tcase_add_test(tests, a_window_is_written_as_a_filter);
    tcase_add_test(tests, another_process_reads_the_same_windows);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
