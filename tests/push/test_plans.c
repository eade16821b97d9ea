/* plans: a push of many rows, in a database without statistics. Keys are looked
 * up one by one; a plan that compares all keys with all answers takes minutes.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "scripted/push.h"
#include "sql.h"
#include "support/pg_task.h"
#include "support/suite.h"

enum { PATIENT_MS = 600000 };

static struct scripted_push p;

static const struct {
    const char *name;
    const char *sql;
    bool in_settle; /* with the settings of push_lookups.sql */
    int count;
    const char *values[6];
} statements[] = {
    {"settle_states", sql_settle_states, true, 2, {"1", "[]"}},
    {"settle_lines", sql_settle_lines, true, 3, {"1", "1", "{1,2,3}"}},
    {"settle_missing", sql_settle_missing, true, 3, {"1", "1", "f"}},
    {"chunk_hold", sql_chunk_hold, false, 3, {"1", "0", "1"}},
    {"chunk_skip", sql_chunk_skip, false, 2, {"1", "0"}},
    {"direct_unsent", sql_direct_unsent, false, 4, {"1", "0", "1", "{1}"}},
    {"direct_close", sql_direct_close, false, 4, {"1", "0", "1", "f"}},
    {"again_rows",
     sql_again_rows,
     false,
     6,
     {"1", "-1", "{unknown}", "500", NULL, "4000000"}},
    {"again_left", sql_again_left, false, 1, {"1"}},
};

/* The plan of a statement, in the push's arena. */
static const char *
plan_of(struct pg_conn *conn, int i)
{
    const char *sql = arena_printf(&p.arena, "EXPLAIN %s", statements[i].sql);
    const char *plan = "";
    struct pg_result *result;
    struct err err;

    ck_assert_msg(pg_exec(conn, sql, statements[i].count, statements[i].values,
                          &result, &err),
                  "%s: %s", statements[i].name, err.message);
    for (int row = 0; row < pg_rows(result); row++)
        plan = arena_printf(&p.arena, "%s%s\n", plan, pg_text(result, row, 0));
    pg_result_free(result);
    return plan;
}

TASK_LOOP_TEST(keys_are_looked_up, PATIENT_MS)
{
    struct pg_conn *conn;
    const char *plan;

    scripted_push_open(&p, http, 1, 0, 0, NULL);
    conn = p.context.control;
    pg_task_script(
        conn,
        "INSERT INTO bulkpg.push_row (push_id, number, n, line, key, hash, "
        "variables, state) SELECT push_id, i, 1, i, format('gid://%s', i), "
        "md5(i::text), repeat('x', 200), 'sending' FROM bulkpg.push, "
        "generate_series(1, 5000) i;"
        "INSERT INTO bulkpg.push_state SELECT 'acme', 'prices', key, hash, "
        "push_id, 'sending' FROM bulkpg.push_row;");
    if (statements[row].in_settle)
        pg_task_script(conn, "SET enable_seqscan = off;"
                             "SET enable_hashjoin = off;"
                             "SET enable_mergejoin = off;");
    plan = plan_of(conn, row);
    ck_assert_msg(strstr(plan, "Join Filter: (s.key") == NULL &&
                      strstr(plan, "Join Filter: ((s.key") == NULL,
                  "%s: %s", statements[row].name, plan);
    scripted_push_close(&p);
}

int
main(void)
{
    Suite *suite = suite_create("plans");
    TCase *tests = tcase_create("plans");

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, keys_are_looked_up, 0, COUNT(statements));
    suite_add_tcase(suite, tests);
    return suite_run_with_cluster(suite);
}
