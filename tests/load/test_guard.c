/* guard: a result that looks wrong fails the run, even if its counts are
 * correct. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "load/guard.h"
#include "load/staged.h"
#include "support/pg_task.h"
#include "support/suite.h"

static struct staged staged;
static struct err err;

/* The lines of products `first` to `last`, with this title. Valid until the
 * next call. */
static const char *
products(int first, int last, const char *title)
{
    static struct buf lines;

    buf_free(&lines);
    lines = buf_with_ceiling(1024 * 1024);
    for (int n = first; n <= last; n++)
        buf_printf(&lines, PRODUCT("%d", "%s"), n, title);
    return buf_str(&lines);
}

static void
fails(bool fine, const char *code)
{
    ck_assert(!fine);
    ck_assert_str_eq(err.code, code);
    ck_assert_int_eq(err.kind, ERR_FAILED);
}

/* ---- columns that became NULL -------------------------------------------- */

static bool
guard_after(const char *lines)
{
    staged_load(&staged, lines);
    ck_assert(merge_settle(&staged.merge, &err));
    return guard_nulls(&staged.merge, &err);
}

static void
null_column(void)
{
    staged_run(&staged, products(1, 10, "\"a\""));
    fails(guard_after(products(1, 10, "null")), "COLUMN_NULL");
    ck_assert_ptr_nonnull(
        strstr(err.message,
               "column title of s.products has values in 10 of the 10 rows"));
    staged_undo(&staged);
}

static void
null_in_few(void)
{
    staged_run(&staged, products(1, 9, "\"a\""));
    ck_assert(guard_after(products(1, 9, "null")));
    staged_undo(&staged);
}

/* A single value in the column is enough to pass. */
static void
null_in_most(void)
{
    struct buf lines = buf_with_ceiling(64 * 1024);

    staged_run(&staged, products(1, 20, "\"a\""));
    buf_append_str(&lines, products(2, 20, "null"));
    buf_append_str(&lines, PRODUCT("1", "\"a\""));
    ck_assert(guard_after(buf_str(&lines)));
    staged_undo(&staged);
    buf_free(&lines);
}

static void
null_before(void)
{
    staged_run(&staged, products(1, 20, "null"));
    ck_assert(guard_after(products(1, 20, "null")));
    staged_undo(&staged);
}

/* The rows with values are not in the result. */
static void
null_in_new_rows(void)
{
    staged_run(&staged, products(1, 20, "\"a\""));
    ck_assert(guard_after(products(21, 40, "null")));
    staged_undo(&staged);
}

static void
null_in_window(void)
{
    staged_run(&staged, products(1, 20, "\"a\""));
    staged_load(&staged, products(1, 10, "null"));
    staged.merge.incremental = true;
    ck_assert(merge_settle(&staged.merge, &err));
    fails(guard_nulls(&staged.merge, &err), "COLUMN_NULL");
    staged_undo(&staged);
}

/* ---- rows that are gone -------------------------------------------------- */

static bool
guard_merge(const char *lines, double fraction)
{
    staged_load(&staged, lines);
    ck_assert(staged_merge(&staged, &err));
    return guard_deletes(&staged.merge, fraction, &err);
}

static void
nothing_came(void)
{
    staged_run(&staged, products(1, 3, "\"a\""));
    fails(guard_merge("", 1), "NO_ROOTS");
    ck_assert_str_eq(err.message,
                     "the result is empty, but s.products has 3 rows");
    staged_undo(&staged);
}

static void
nothing_came_and_is_kept(void)
{
    staged_run(&staged, products(1, 3, "\"a\""));
    staged_load(&staged, "");
    staged.merge.deletes = PLAN_DELETES_KEEP;
    ck_assert(staged_merge(&staged, &err));
    fails(guard_deletes(&staged.merge, 1, &err), "NO_ROOTS");
    staged_undo(&staged);
}

static void
nothing_there(void)
{
    staged_run(&staged, "");
    ck_assert(guard_merge("", 0));
    staged_undo(&staged);
}

static void
nothing_in_window(void)
{
    staged_run(&staged, products(1, 3, "\"a\""));
    staged_load(&staged, "");
    staged.merge.incremental = true;
    ck_assert(staged_merge(&staged, &err));
    ck_assert(guard_deletes(&staged.merge, 0, &err));
    staged_undo(&staged);
}

static void
too_many_gone(void)
{
    staged_run(&staged, products(1, 101, "\"a\""));
    fails(guard_merge(products(1, 50, "\"a\""), 0.5), "TOO_MANY_DELETES");
    ck_assert_str_eq(err.message,
                     "51 of the 101 rows of s.products would be removed");
    staged_undo(&staged);
}

static void
as_many_as_may_go(void)
{
    staged_run(&staged, products(1, 102, "\"a\""));
    ck_assert(guard_merge(products(1, 51, "\"a\""), 0.5));
    staged_undo(&staged);
}

static void
small_tables_may_lose_all_but_one(void)
{
    staged_run(&staged, products(1, 100, "\"a\""));
    ck_assert(guard_merge(products(1, 1, "\"a\""), 0.5));
    staged_undo(&staged);
}

static const struct {
    const char *name;
    void (*body)(void);
} cases[] = {
    {"a column that had values may not become NULL in all rows", null_column},
    {"a column may become NULL in nine rows", null_in_few},
    {"a column with one value passes", null_in_most},
    {"a column that was NULL before may be NULL", null_before},
    {"only rows of the result count", null_in_new_rows},
    {"an incremental run is guarded too", null_in_window},
    {"an empty result may not empty a table", nothing_came},
    {"an empty result fails even if rows are kept", nothing_came_and_is_kept},
    {"an empty table may stay empty", nothing_there},
    {"a window without changes may be empty", nothing_in_window},
    {"more than the fraction may not be removed", too_many_gone},
    {"exactly the fraction may be removed", as_many_as_may_go},
    {"a table of 100 rows may lose most of them",
     small_tables_may_lose_all_but_one}};

static int chosen;

static void
in_task(void)
{
    staged_open(&staged, STAGED_QUERY);
    cases[chosen].body();
    staged_close(&staged);
}

START_TEST(case_holds)
{
    chosen = _i;
    pg_task_run(in_task);
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("guard");
    TCase *tests = tcase_create("guard");

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, case_holds, 0, COUNT(cases));
    suite_add_tcase(suite, tests);
    return suite_run_with_cluster(suite);
}
