/* merge: how a run's lines change new and existing tables. */
#include <check.h>
#include <string.h>

#include "load/staged.h"
#include "pg/queue.h"
#include "support/pg_task.h"
#include "support/suite.h"

static struct staged staged;
static struct err err;

static const char two[] = PRODUCT("1", "\"a\"") VARIANT("11", "\"x\"", "1")
    VARIANT("12", "\"y\"", "1") PRODUCT("2", "\"b\"");

#define PRODUCTS \
    "SELECT string_agg(id || title, ',' ORDER BY id) FROM s.products"
#define VARIANTS \
    "SELECT string_agg(id || sku, ',' ORDER BY id) FROM s.products_variants"

static void
check_counts(int table, int inserted, int updated, int deleted, int unchanged)
{
    const struct merge_table *t = &staged.merge.tables[table];

    ck_assert_int_eq(t->inserted, inserted);
    ck_assert_int_eq(t->updated, updated);
    ck_assert_int_eq(t->deleted, deleted);
    ck_assert_int_eq(t->unchanged, unchanged);
    ck_assert_int_eq(t->not_inserted + t->not_updated + t->not_deleted, 0);
}

static void
merge(const char *lines)
{
    staged_load(&staged, lines);
    ck_assert_msg(staged_merge(&staged, &err), "%s: %s", err.code, err.message);
}

static void
first_load(void)
{
    merge(two);
    ck_assert_int_eq(merge_lines_staged(&staged.merge), 4);
    check_counts(0, 2, 0, 0, 0);
    check_counts(1, 2, 0, 0, 0);
    staged_commit(&staged);
    ck_assert_str_eq(staged_text(&staged, PRODUCTS), "1a,2b");
    ck_assert_str_eq(staged_text(&staged, VARIANTS), "11x,12y");
}

/* Only the two tables exist, and each has its key. */
static void
first_load_is_clean(void)
{
    staged_run(&staged, two);
    ck_assert_str_eq(staged_text(&staged, "SELECT count(*) FROM pg_tables "
                                          "WHERE schemaname = 's'"),
                     "2");
    ck_assert_str_eq(staged_text(&staged,
                                 "SELECT count(*) FROM pg_constraint "
                                 "WHERE contype = 'p' AND connamespace = "
                                 "'s'::regnamespace"),
                     "2");
}

static void
same_again(void)
{
    staged_run(&staged, two);
    merge(two);
    check_counts(0, 0, 0, 0, 2);
    check_counts(1, 0, 0, 0, 2);
    staged_commit(&staged);
}

static void
changes(void)
{
    staged_run(&staged, two);
    merge(PRODUCT("1", "\"A\"") VARIANT("12", "\"y\"", "1")
              PRODUCT("3", "\"c\""));
    check_counts(0, 1, 1, 1, 0);
    check_counts(1, 0, 0, 1, 1);
    staged_commit(&staged);
    ck_assert_str_eq(staged_text(&staged, PRODUCTS), "1A,3c");
    ck_assert_str_eq(staged_text(&staged, VARIANTS), "12y");
}

static void
key_twice(void)
{
    merge(PRODUCT("1", "\"a\"") PRODUCT("1", "\"b\""));
    ck_assert_int_eq(staged.merge.tables[0].duplicates, 1);
    ck_assert_int_eq(merge_rows_came(&staged.merge.tables[0]), 1);
    check_counts(0, 1, 0, 0, 0);
    staged_commit(&staged);
    ck_assert_str_eq(staged_text(&staged, PRODUCTS), "1b");
}

static void
undone(void)
{
    staged_run(&staged, two);
    merge(PRODUCT("3", "\"c\""));
    staged_undo(&staged);
    ck_assert_str_eq(staged_text(&staged, PRODUCTS), "1a,2b");
}

static void
void_lines(void)
{
    staged_load(&staged, two);
    ck_assert(merge_queue_count(&staged.merge, "{1,2}", &err) &&
              pg_settle(staged.conn, &err));
    ck_assert_int_eq(staged.merge.tables[0].staged, 1);
    ck_assert_int_eq(staged.merge.tables[1].staged, 1);
    staged_undo(&staged);
}

static void
rows_before(void)
{
    int64_t rows;

    staged_run(&staged, two);
    merge(PRODUCT("2", "\"b\"") PRODUCT("3", "\"c\"") PRODUCT("4", "\"d\""));
    ck_assert(
        merge_rows_before(&staged.merge, &staged.merge.tables[0], &rows, &err));
    ck_assert_int_eq(rows, 2);
    staged_undo(&staged);
}

/* ---- rows that are gone -------------------------------------------------- */

/* Product 2 is not in the result and stays. Variant 11 is not in the result,
 * but its product is, so the variant is removed. */
static void
incremental(void)
{
    staged_run(&staged, two);
    staged_load(&staged, PRODUCT("1", "\"A\"") VARIANT("12", "\"y\"", "1"));
    staged.merge.incremental = true;
    ck_assert(staged_merge(&staged, &err));
    check_counts(0, 0, 1, 0, 0);
    check_counts(1, 0, 0, 1, 1);
    staged_commit(&staged);
    ck_assert_str_eq(staged_text(&staged, PRODUCTS), "1A,2b");
    ck_assert_str_eq(staged_text(&staged, VARIANTS), "12y");
}

static void
kept_by_mode(void)
{
    staged_run(&staged, two);
    staged_load(&staged, PRODUCT("3", "\"c\""));
    staged.merge.deletes = PLAN_DELETES_KEEP;
    ck_assert(staged_merge(&staged, &err));
    check_counts(0, 1, 0, 0, 0);
    staged_commit(&staged);
    ck_assert_str_eq(staged_text(&staged, PRODUCTS), "1a,2b,3c");
}

/* Table 0 has `removes` unset: its product 1 stays, with its variants. */
static void
kept_when_not_whole(void)
{
    staged_run(&staged, two);
    staged_load(&staged, PRODUCT("3", "\"c\""));
    staged.merge.tables[0].removes = false;
    ck_assert(staged_merge(&staged, &err));
    check_counts(0, 1, 0, 0, 0);
    check_counts(1, 0, 0, 2, 0);
    staged_commit(&staged);
}

/* ---- rows that a trigger dropped ----------------------------------------- */

static void
swallowed(void)
{
    staged_run(&staged, two);
    pg_task_script(staged.conn,
                   "CREATE FUNCTION s.none() RETURNS trigger LANGUAGE plpgsql "
                   "AS 'BEGIN RETURN NULL; END'; "
                   "CREATE TRIGGER eats BEFORE INSERT ON s.products FOR EACH "
                   "ROW WHEN (NEW.title = 'c') EXECUTE FUNCTION s.none()");
    merge(PRODUCT("1", "\"a\"") PRODUCT("3", "\"c\"") PRODUCT("4", "\"d\""));
    ck_assert_int_eq(staged.merge.tables[0].inserted, 1);
    ck_assert_int_eq(staged.merge.tables[0].not_inserted, 1);
    ck_assert_int_eq(staged.merge.tables[0].deleted, 1);
    ck_assert_str_eq(staged.warned, "ROWS_SWALLOWED");
    ck_assert_ptr_nonnull(
        strstr(staged.warning, "1 of 2 rows were not inserted"));
    ck_assert_ptr_nonnull(strstr(staged.warning, "eats"));
    staged_undo(&staged);
}

static void
statement_that_fails(void)
{
    staged_run(&staged, two);
    pg_task_script(staged.conn,
                   "ALTER TABLE s.products ADD CHECK (title <> 'c')");
    staged_load(&staged, PRODUCT("3", "\"c\""));
    ck_assert(!staged_merge(&staged, &err));
    ck_assert_str_eq(err.code, "23514");
    ck_assert_ptr_nonnull(strstr(err.message, "merging s.products"));
    staged_undo(&staged);
}

/* ---- all cases ----------------------------------------------------------- */

static const struct {
    const char *name;
    void (*body)(void);
} cases[] = {
    {"a first load becomes the tables", first_load},
    {"a first load leaves no staging", first_load_is_clean},
    {"rows that did not change are not written", same_again},
    {"rows are inserted, updated and removed", changes},
    {"if a key comes twice, the last line counts", key_twice},
    {"a rollback leaves the tables as before", undone},
    {"rows of rejected lines are deleted from staging", void_lines},
    {"rows before the merge are counted", rows_before},
    {"an incremental run removes rows below fetched parents", incremental},
    {"@deletes(mode: KEEP) removes nothing", kept_by_mode},
    {"a table that is not complete loses nothing", kept_when_not_whole},
    {"a trigger that drops rows is reported", swallowed},
    {"an error names the table", statement_that_fails}};

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
    Suite *suite = suite_create("merge");
    TCase *tests = tcase_create("merge");

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, case_holds, 0, COUNT(cases));
    suite_add_tcase(suite, tests);
    return suite_run_with_cluster(suite);
}
