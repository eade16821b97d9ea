/* target, foreign, adapt: tables that differ from the plan are refused or
 * changed. */
#include <check.h>
#include <string.h>

#include "load/staged.h"
#include "support/pg_task.h"
#include "support/suite.h"

static struct staged staged;
static struct err err;

static const char one[] = PRODUCT("1", "\"a\"") VARIANT("11", "\"x\"", "1");

static void
refused(const char *code, const char *message, const char *hint)
{
    ck_assert(!staged_inspect(&staged, &err));
    ck_assert_str_eq(err.code, code);
    ck_assert_ptr_nonnull(strstr(err.message, message));
    ck_assert_ptr_nonnull(strstr(err_remedy(&err), hint));
}

static void
fits(void)
{
    ck_assert_msg(staged_inspect(&staged, &err), "%s: %s", err.code,
                  err.message);
}

static const char *
changes(void)
{
    static struct buf sql;

    buf_free(&sql);
    sql = buf_with_ceiling(64 * 1024);
    adapt_changes(&sql, staged.plan, "s", staged.targets);
    return buf_str(&sql);
}

static bool recorded;

static bool
record(void *ctx, struct pg_conn *conn, struct err *why)
{
    (void)ctx;
    (void)conn;
    (void)why;
    recorded = true;
    return true;
}

static void
adapt(void)
{
    recorded = false;
    ck_assert_msg(adapt_to_plan(staged.conn, staged.plan, "s", staged.targets,
                                NULL, record, NULL, &err),
                  "%s: %s", err.code, err.message);
}

/* The index of a column of the first table. */
static int
column(const char *name)
{
    for (int i = 0; i < staged.plan->tables[0].column_count; i++)
        if (strcmp(staged.plan->tables[0].columns[i].name, name) == 0)
            return i;
    ck_abort_msg("no column %s", name);
}

/* ---- inspection ---------------------------------------------------------- */

static void
not_there(void)
{
    fits();
    ck_assert(!staged.targets[0].exists);
    ck_assert_str_eq(changes(), "");
    adapt();
    ck_assert(!recorded);
}

static void
as_planned(void)
{
    staged_run(&staged, one);
    fits();
    ck_assert(staged.targets[0].exists);
    ck_assert(staged.targets[0].has_column[column("title")]);
    ck_assert(target_has(&staged.targets[0], "_loaded_at"));
    ck_assert(!target_has(&staged.targets[0], "x"));
    ck_assert(!staged.targets[0].is_partitioned);
    ck_assert(!adapt_widens(&staged.plan->tables[0], &staged.targets[0]));
    ck_assert_str_eq(changes(), "");
}

static void
of_others(void)
{
    pg_task_script(staged.conn, "CREATE TABLE s.products (id bigint)");
    staged.memory[0].is_owned = false;
    refused("TABLE_FOREIGN", "s.products exists, but bulkpg did not create it",
            "");
    ck_assert_int_eq(err.kind, ERR_CONFIG);
}

static void
view_in_its_place(void)
{
    pg_task_script(staged.conn, "CREATE VIEW s.products AS SELECT 1 AS id");
    refused("TABLE_KIND", "s.products", "");
}

static void
column_of_others(void)
{
    staged_run(&staged, one);
    ((bool *)staged.memory[0].had_column)[column("title")] = false;
    refused("COLUMN_FOREIGN", "would overwrite: title",
            "title @column(name: \"title_2\")");
}

static void
other_type(void)
{
    staged_run(&staged, one);
    pg_task_script(staged.conn, "ALTER TABLE s.products ALTER title TYPE "
                                "bytea USING NULL");
    refused("COLUMN_TYPE", "column title of s.products is bytea",
            "ALTER COLUMN \"title\" TYPE text");
}

static void
other_key(void)
{
    staged_run(&staged, one);
    pg_task_script(staged.conn, "ALTER TABLE s.products DROP CONSTRAINT "
                                "products_pkey");
    refused("TABLE_KEY", "column id", "ADD PRIMARY KEY (\"id\")");
}

static void
own_column_missing(void)
{
    staged_run(&staged, one);
    pg_task_script(staged.conn, "ALTER TABLE s.products DROP _loaded_at");
    refused("COLUMN_MISSING", "_loaded_at", "ADD COLUMN \"_loaded_at\"");
}

/* ---- changes ------------------------------------------------------------- */

static void
column_is_added(void)
{
    staged_run(&staged, one);
    pg_task_script(staged.conn, "ALTER TABLE s.products DROP title");
    ((bool *)staged.memory[0].had_column)[column("title")] = false;
    fits();
    ck_assert(!staged.targets[0].lost_column);
    ck_assert_ptr_nonnull(strstr(changes(), "ADD COLUMN \"title\" text"));
    adapt();
    ck_assert(recorded);
    ((bool *)staged.memory[0].had_column)[column("title")] = true;
    fits();
    ck_assert_str_eq(changes(), "");
}

/* The rows' hashes are reset, so that the next merge writes every row. */
static void
lost_column_is_filled_again(void)
{
    staged_run(&staged, one);
    pg_task_script(staged.conn, "ALTER TABLE s.products DROP title");
    fits();
    ck_assert(staged.targets[0].lost_column);
    staged_run(&staged, one);
    ck_assert_str_eq(staged_text(&staged, "SELECT title FROM s.products"), "a");
}

/* An id and the columns that refer to it become text together. */
static void
ids_widen(void)
{
    staged_run(&staged, one);
    fits();
    staged.plan->tables[0].columns[column("id")].gid->whole = true;
    ck_assert(adapt_widens(&staged.plan->tables[0], &staged.targets[0]));
    ck_assert(adapt_column_widens(&staged.plan->tables[0], &staged.targets[0],
                                  column("id")));
    adapt();
    ck_assert_str_eq(staged_text(&staged, "SELECT id FROM s.products"),
                     "gid://shopify/Product/1");
    ck_assert_str_eq(
        staged_text(&staged, "SELECT _parent_id FROM s.products_variants"),
        "gid://shopify/Product/1");
}

/* A later run loads ids as text if their column is text. */
static void
wide_ids_are_learned(void)
{
    staged_run(&staged, one);
    pg_task_script(staged.conn, "ALTER TABLE s.products ALTER id TYPE text");
    fits();
    ck_assert(staged.plan->tables[0].columns[column("id")].gid->whole);
}

static void
changed_columns_are_listed(void)
{
    struct buf names = buf_with_ceiling(1024);

    staged_run(&staged, one);
    fits();
    ck_assert(!adapt_changed_columns(&names, &staged.plan->tables[0],
                                     &staged.targets[0]));
    ck_assert_str_eq(buf_str(&names), "[]");
    buf_clear(&names);
    staged.plan->tables[0].columns[column("id")].gid->whole = true;
    ck_assert(adapt_changed_columns(&names, &staged.plan->tables[0],
                                    &staged.targets[0]));
    ck_assert_str_eq(buf_str(&names), "[\"id\"]");
    buf_free(&names);
}

static void
change_that_fails(void)
{
    staged_run(&staged, one);
    pg_task_script(staged.conn,
                   "CREATE VIEW s.mine AS SELECT id FROM s.products");
    fits();
    staged.plan->tables[0].columns[column("id")].gid->whole = true;
    ck_assert(!adapt_to_plan(staged.conn, staged.plan, "s", staged.targets,
                             NULL, record, NULL, &err));
    ck_assert_str_eq(staged_text(&staged, "SELECT id FROM s.products"), "1");
}

static void
types_of_ids(void)
{
    bool held;

    staged_run(&staged, one);
    fits();
    staged.plan->tables[0].columns[column("id")].gid->whole = true;
    adapt();
    ck_assert(target_holds_type(staged.conn, &staged.plan->tables[0],
                                &staged.targets[0], "s", "Product", &held,
                                &err));
    ck_assert(held);
    ck_assert(target_holds_type(staged.conn, &staged.plan->tables[0],
                                &staged.targets[0], "s", "Prod", &held, &err));
    ck_assert(!held);
}

static const struct {
    const char *name;
    void (*body)(void);
} cases[] = {
    {"a table that does not exist needs no change", not_there},
    {"a table that fits the plan needs no change", as_planned},
    {"a table that bulkpg did not create is refused", of_others},
    {"a view with the table's name is refused", view_in_its_place},
    {"a column that the user added is refused", column_of_others},
    {"a column of another type is refused", other_type},
    {"a table with another key is refused", other_key},
    {"a table without one of bulkpg's columns is refused", own_column_missing},
    {"a new column is added", column_is_added},
    {"a column that was dropped is added and filled",
     lost_column_is_filled_again},
    {"ids widen with the columns that refer to them", ids_widen},
    {"ids that were widened are loaded as text", wide_ids_are_learned},
    {"the columns that change are listed", changed_columns_are_listed},
    {"a change that fails changes nothing", change_that_fails},
    {"the gid types of a table's ids are found", types_of_ids}};

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
    Suite *suite = suite_create("target");
    TCase *tests = tcase_create("target");

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, case_holds, 0, COUNT(cases));
    suite_add_tcase(suite, tests);
    return suite_run_with_cluster(suite);
}
