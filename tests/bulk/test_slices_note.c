/* slices_note: the windows of an earlier process are resumed only if the query
 * has the same @slice, and damaged windows are an error. */
#include <check.h>
#include <string.h>

#include "base/arena.h"
#include "bulk/slices_note.h"
#include "scripted/bulk.h"
#include "support/suite.h"

static struct arena arena;
static struct err err;

static const struct plan_slice by_created = {.field = "created_at"};
static const struct plan_slice by_processed = {.field = "processed_at"};

#define TIMES                           \
    "\"low\":\"2006-01-01T00:00:00Z\"," \
    "\"high\":\"2027-01-01T00:00:00Z\","
#define NOTE(rest) "{\"slices\":{\"field\":\"created_at\"," rest "}}"

static void
teardown(void)
{
    arena_free(&arena);
}

static const struct {
    const struct plan_slice *slice;
    const char *notes;
    bool fits;
} fits[] = {
    {NULL, "{}", true},
    {&by_created, "{}", true},
    {&by_created, "{\"remedy\":\"x\"}", true},
    {&by_created, NOTE("\"last_n\":1"), true},
    {&by_processed, NOTE("\"last_n\":1"), false},
    {NULL, NOTE("\"last_n\":1"), false},
    {&by_created, "{\"slices\":{}}", false},
};

START_TEST(windows_fit_a_query_with_the_same_slice)
{
    bool fit = !fits[_i].fits;

    ck_assert(slices_note_fit(fits[_i].slice, fits[_i].notes, &fit, &err));
    ck_assert_int_eq(fit, fits[_i].fits);
}

END_TEST

START_TEST(notes_without_windows_mean_that_the_run_is_not_cut)
{
    struct slices slices;

    ck_assert(slices_note_read(&slices, &arena, "{}", &err));
    ck_assert_int_eq(slices.count, 0);
    ck_assert_int_eq(slices.before, -1);
}

END_TEST

START_TEST(windows_are_read_with_their_open_ends)
{
    struct slices slices;

    ck_assert(slices_note_read(
        &slices, &arena,
        NOTE(TIMES "\"before\":null,\"last_n\":4,\"windows\":["
                   "{\"n\":1,\"from\":null,\"to\":\"2020-01-01T00:00:00Z\"},"
                   "{\"n\":4,\"from\":\"2020-01-01T00:00:00Z\",\"to\":null}]"),
        &err));
    ck_assert_int_eq(slices.count, 2);
    ck_assert_int_eq(slices.before, -1);
    ck_assert_int_eq(slices.last_n, 4);
    ck_assert_int_eq(slices.low_s, 1136073600);
    ck_assert(!slices.items[0].has_from && slices.items[0].has_to);
    ck_assert_int_eq(slices.items[0].to_s, 1577836800);
    ck_assert_int_eq(slices.items[1].n, 4);
    ck_assert(slices.items[1].has_from && !slices.items[1].has_to);
}

END_TEST

static const char *const damaged[] = {
    NOTE("\"last_n\":1"),
    NOTE(TIMES "\"last_n\":1,\"windows\":[]"),
    NOTE(TIMES "\"windows\":[{\"n\":1}]"),
    NOTE(TIMES "\"last_n\":1,\"windows\":[{\"from\":null}]"),
    NOTE("\"low\":\"then\",\"high\":\"2027-01-01T00:00:00Z\","
         "\"last_n\":1,\"windows\":[{\"n\":1}]"),
};

START_TEST(damaged_windows_are_an_error)
{
    struct slices slices;

    ck_assert(!slices_note_read(&slices, &arena, damaged[_i], &err));
    ck_assert_int_eq(err.kind, ERR_BUG);
}

END_TEST

START_TEST(notes_that_are_not_json_are_an_error)
{
    struct slices slices;
    bool fit;

    ck_assert(!slices_note_read(&slices, &arena, "{", &err));
    ck_assert(!slices_note_fit(&by_created, "{", &fit, &err));
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("slices_note");
    TCase *tests = tcase_create("slices_note");

    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_loop_test(tests, windows_fit_a_query_with_the_same_slice, 0,
                        COUNT(fits));
    tcase_add_test(tests, notes_without_windows_mean_that_the_run_is_not_cut);
    tcase_add_test(tests, windows_are_read_with_their_open_ends);
    tcase_add_loop_test(tests, damaged_windows_are_an_error, 0, COUNT(damaged));
    tcase_add_test(tests, notes_that_are_not_json_are_an_error);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
