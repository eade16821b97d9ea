/* obstacle: problems in the database are found before a run begins. */
#include <check.h>
#include <string.h>

#include "load/obstacle.h"
#include "load/staged.h"
#include "support/cluster.h"
#include "support/pg_task.h"
#include "support/suite.h"

static struct staged staged;
static struct err err;

static const char one[] = PRODUCT("1", "\"a\"") VARIANT("11", "\"x\"", "1");

static struct pg_conn *
plain_user(void)
{
    struct pg_config config = {.dsn = cluster_dsn_as(staged.database, "plain")};

    return pg_task_connect(&config);
}

/* The check fails on `conn`, whose role may have fewer rights. */
static void
refused(struct pg_conn *conn, const char *code, const char *message,
        const char *hint)
{
    ck_assert(staged_inspect(&staged, &err));
    ck_assert(!obstacle_find(conn, staged.plan, "s", staged.targets, &err));
    ck_assert_str_eq(err.code, code);
    ck_assert_msg(strstr(err.message, message) != NULL, "%s", err.message);
    ck_assert_msg(strstr(err_remedy(&err), hint) != NULL, "%s",
                  err_remedy(&err));
}

static void
finds_nothing(void)
{
    ck_assert(staged_inspect(&staged, &err));
    ck_assert_msg(
        obstacle_find(staged.conn, staged.plan, "s", staged.targets, &err),
        "%s: %s", err.code, err.message);
}

static void
widen_ids(void)
{
    ck_assert(staged_inspect(&staged, &err));
    staged.plan->tables[0].id_gid->whole = true;
}

/* ---- rights -------------------------------------------------------------- */

static void
schema_rights(void)
{
    struct pg_conn *conn = plain_user();
    bool exists = false;

    ck_assert(obstacle_in_schema(staged.conn, "s", &exists, &err));
    ck_assert(exists);
    ck_assert(obstacle_in_schema(staged.conn, "t", &exists, &err));
    ck_assert(!exists);
    ck_assert(!obstacle_in_schema(conn, "s", &exists, &err));
    ck_assert_str_eq(err.code, "42501");
    ck_assert_int_eq(err.kind, ERR_DENIED);
    ck_assert_ptr_nonnull(strstr(err_remedy(&err), "ON SCHEMA \"s\""));
    ck_assert(!obstacle_in_schema(conn, "t", &exists, &err));
    ck_assert_ptr_nonnull(strstr(err_remedy(&err), "GRANT CREATE ON DATABASE"));
    pg_close(conn);
}

static void
table_rights(void)
{
    struct pg_conn *conn = plain_user();

    staged_run(&staged, one);
    pg_task_script(staged.conn, "GRANT USAGE ON SCHEMA s TO plain");
    refused(conn, "42501", "no right to read and write table s.products",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON \"s\".\"products\"");
    pg_close(conn);
}

/* A role that may write a table may not change it. */
static void
change_rights(void)
{
    struct pg_conn *conn = plain_user();

    staged_run(&staged, one);
    pg_task_script(staged.conn, "GRANT USAGE ON SCHEMA s TO plain; "
                                "GRANT ALL ON ALL TABLES IN SCHEMA s TO plain");
    widen_ids();
    refused(conn, "42501", "must change, but only its owner owner may change",
            "OWNER TO plain");
    pg_close(conn);
}

/* ---- objects that prevent a change --------------------------------------- */

static void
nothing(void)
{
    finds_nothing();
    staged_run(&staged, one);
    finds_nothing();
}

static void
view_of_others(void)
{
    staged_run(&staged, one);
    pg_task_script(staged.conn,
                   "CREATE VIEW s.mine AS SELECT id FROM s.products");
    finds_nothing();
    widen_ids();
    refused(staged.conn, "COLUMN_IN_USE",
            "column id of s.products must change, but view s.mine depends on",
            "drop it");
}

static void
heir(void)
{
    staged_run(&staged, one);
    pg_task_script(staged.conn, "CREATE TABLE s.heir () INHERITS (s.products)");
    finds_nothing();
    widen_ids();
    refused(staged.conn, "COLUMN_IN_USE", "heir is connected with that table",
            "NO INHERIT");
}

static void
taken_name(void)
{
    pg_task_script(staged.conn, "CREATE TABLE s.products_pkey ()");
    refused(staged.conn, "NAME_TAKEN",
            "has the name that bulkpg would give to an index of s.products",
            "\"products_pkey\" RENAME TO");
}

/* ---- functions of users -------------------------------------------------- */

static void
fail_with(const char *sql)
{
    ck_assert(!pg_script(staged.conn, sql, &err));
    obstacle_explain(staged.conn, staged.plan, "s", &err);
}

static void
search_path(void)
{
    staged_run(&staged, one);
    pg_task_script(
        staged.conn,
        "CREATE TABLE s.log (n int); "
        "CREATE FUNCTION s.log_it() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN INSERT INTO log VALUES (1); RETURN NEW; END'; "
        "CREATE TRIGGER logs BEFORE INSERT ON s.products FOR EACH ROW "
        "EXECUTE FUNCTION s.log_it()");
    fail_with("INSERT INTO s.products (id) VALUES (2)");
    ck_assert_str_eq(err.code, "SEARCH_PATH");
    ck_assert_ptr_nonnull(strstr(err.message, "s.log_it"));
    ck_assert_ptr_nonnull(strstr(err_remedy(&err), "ALTER FUNCTION"));
}

static void
other_failure(void)
{
    staged_run(&staged, one);
    fail_with("INSERT INTO s.products (id) VALUES (1)");
    ck_assert_str_eq(err.code, "23505");
    fail_with("SELECT FROM s.nowhere");
    ck_assert_str_eq(err.code, "42P01");
}

static const struct {
    const char *name;
    void (*body)(void);
} cases[] = {
    {"a role without the right to create tables is refused", schema_rights},
    {"a role without the right to write a table is refused", table_rights},
    {"a table that only its owner may change is refused", change_rights},
    {"tables without a problem pass", nothing},
    {"a view over a column that changes is named", view_of_others},
    {"a table that inherits a column that changes is named", heir},
    {"an object that has an index's name is named", taken_name},
    {"a trigger that does not find a name is explained", search_path},
    {"other errors are not changed", other_failure}};

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
    Suite *suite = suite_create("obstacle");
    TCase *tests = tcase_create("obstacle");

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, case_holds, 0, COUNT(cases));
    suite_add_tcase(suite, tests);
    return suite_run_with_cluster(suite);
}
