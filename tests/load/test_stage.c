/* stage: staging is created only while the run is ours. */
#include <check.h>
#include <string.h>

#include "load/staged.h"
#include "pg/queue.h"
#include "support/cluster.h"
#include "support/pg_task.h"
#include "support/suite.h"

static const bool becomes[8];

static struct staged staged;
static struct pg_conn *writer;
static struct err err;
static int fences;

static void
hold(void *ctx, struct pg_conn *conn)
{
    (void)ctx;
    fences++;
    pg_queue(conn, "SELECT 1", 0, NULL, NULL);
}

static void
refuse(void *ctx, struct pg_conn *conn)
{
    (void)ctx;
    fences++;
    pg_queue(conn, "SELECT 1 / 0", 0, NULL, NULL);
}

/* Staging of the run exists, and another process still writes it. */
static void
open_staged(void)
{
    struct pg_config config;

    staged_open(&staged, STAGED_QUERY);
    config = (struct pg_config){.dsn = cluster_dsn_in(staged.database)};
    writer = pg_task_connect(&config);
    pg_task_script(writer, "CREATE TABLE s._stage_7_1 (n integer)");
    ck_assert(pg_begin(writer, &err));
    ck_assert(pg_exec(writer, "INSERT INTO s._stage_7_1 VALUES (1)", 0, NULL,
                      NULL, &err));
    fences = 0;
}

static void
close_staged(void)
{
    pg_close(writer);
    staged_close(&staged);
}

static bool
stage(void (*fence)(void *ctx, struct pg_conn *conn))
{
    static const struct refused none;
    struct loader_config config = {.dsn = cluster_dsn_in(staged.database),
                                   .connections = 1,
                                   .schema = "s",
                                   .run_id = 7,
                                   .fence = {.queue = fence},
                                   .refused = &none};

    staged.loader = loader_new(staged.plan, &config);
    return loader_stage(staged.loader, staged.conn, becomes, &err);
}

static void
ours_body(void)
{
    open_staged();
    ck_assert_msg(stage(hold), "%s", err.message);
    /* Listed and created; dropped; listed and created. */
    ck_assert_int_eq(fences, 5);
    ck_assert_str_eq(staged_text(&staged, "SELECT count(*) FROM pg_class WHERE "
                                          "relname LIKE '\\_stage\\_7\\__'"),
                     "2");
    ck_assert(!pg_commit(writer, &err));
    close_staged();
}

START_TEST(each_transaction_has_the_fence)
{
    pg_task_run(ours_body);
}

END_TEST

static void
other_body(void)
{
    open_staged();
    ck_assert(!stage(refuse));
    ck_assert_str_eq(err.code, "22012");
    ck_assert_msg(pg_commit(writer, &err), "%s", err.message);
    ck_assert_str_eq(staged_text(&staged, "SELECT n FROM s._stage_7_1"), "1");
    ck_assert_str_eq(staged_text(&staged, "SELECT count(*) FROM pg_class WHERE "
                                          "relname LIKE '\\_stage\\_7\\__'"),
                     "1");
    close_staged();
}

START_TEST(behind_a_fence_that_fails_nothing_happens)
{
    pg_task_run(other_body);
}

END_TEST

static Suite *
stage_suite(void)
{
    Suite *suite = suite_create("stage");
    TCase *all = tcase_create("stage");

    tcase_add_test(all, each_transaction_has_the_fence);
    tcase_add_test(all, behind_a_fence_that_fails_nothing_happens);
    suite_add_tcase(suite, all);
    return suite;
}

int
main(void)
{
    return suite_run_with_cluster(stage_suite());
}
