/* mode: whether a run is full or incremental, and why. */
#include <check.h>
#include <string.h>

#include "run/mode.h"
#include "scripted/job.h"
#include "support/cluster.h"
#include "support/pg_task.h"
#include "support/suite.h"

#define PLAIN       "{ products { edges { node { id title } } } }"
#define INCREMENTAL "query @incremental " PLAIN
#define WEEKLY      "query @incremental(fullEvery: \"7d\") " PLAIN

/* A loaded run of this query, and a watermark. */
#define LOADED                                                          \
    "INSERT INTO bulkpg.run (store, job, mode, status, plan_hash, "     \
    "finished_at) VALUES ('acme', 'products', 'full', 'loaded', '%s', " \
    "now())"
#define MARK                                                    \
    "INSERT INTO bulkpg.watermark VALUES ('acme', 'products', " \
    "'2026-01-02T03:04:05Z', now() - interval '3 days')"

static struct scripted_job job;
static struct tables tables;
static struct mode mode;
static struct err err;

static void
open_job(const char *query)
{
    scripted_job_open(&job, cluster_database(""), query);
    tables = (struct tables){0};
}

/* Pretend that the tables exist. mode_choose() does not read rows. */
static void
have_tables(bool there)
{
    struct plan *plan = job.job.plan;

    tables.targets = arena_array(&job.job.arena, (size_t)plan->table_count,
                                 sizeof(*tables.targets));
    for (int i = 0; i < plan->table_count; i++) {
        struct target *target = &tables.targets[i];
        size_t count = (size_t)plan->tables[i].column_count + 1;

        target->exists = there;
        target->has_column = arena_array(&job.job.arena, count, sizeof(bool));
        target->has_type =
            arena_array(&job.job.arena, count, sizeof(*target->has_type));
        for (int k = 0; k < plan->tables[i].column_count; k++) {
            target->has_column[k] = true;
            target->has_type[k] = plan_column_type(&plan->tables[i].columns[k]);
        }
    }
}

static void
was_loaded(void)
{
    scripted_job_ask(&job,
                     arena_printf(&job.job.arena, LOADED, job.job.plan->hash));
    have_tables(true);
}

static void
choose(enum run_mode wanted, const char *reason)
{
    ck_assert_msg(mode_choose(&job.job, &tables, false, &mode, &err), "%s",
                  err.message);
    ck_assert_int_eq(mode.mode, wanted);
    ck_assert_int_eq(mode.incremental, wanted == RUN_INCREMENTAL);
    if (reason == NULL)
        ck_assert_msg(mode.reason == NULL, "%s", mode.reason);
    else
        ck_assert_str_eq(mode.reason, reason);
}

#define MODE_TEST(name, query)     \
    static void name##_body(void); \
    static void name##_task(void)  \
    {                              \
        open_job(query);           \
        name##_body();             \
        scripted_job_close(&job);  \
    }                              \
    START_TEST(name)               \
    {                              \
        pg_task_run(name##_task);  \
    }                              \
    END_TEST                       \
    static void name##_body(void)

MODE_TEST(the_first_run_is_full, INCREMENTAL)
{
    have_tables(false);
    choose(RUN_FULL, "first");
}

MODE_TEST(a_query_without_incremental_needs_no_reason, PLAIN)
{
    was_loaded();
    choose(RUN_FULL, NULL);
}

MODE_TEST(the_run_after_a_full_run_is_incremental, INCREMENTAL)
{
    was_loaded();
    scripted_job_ask(&job, MARK);
    choose(RUN_INCREMENTAL, NULL);
    ck_assert_ptr_nonnull(mode.window_from);
    ck_assert_int_eq(strncmp(mode.window_from, "2026-01-02T", 11), 0);
    ck_assert_ptr_null(mode.window_to);
}

MODE_TEST(a_run_without_a_watermark_is_full, INCREMENTAL)
{
    was_loaded();
    choose(RUN_FULL, "first");
}

MODE_TEST(a_full_run_is_due_after_full_every, WEEKLY)
{
    was_loaded();
    scripted_job_ask(&job, MARK);
    choose(RUN_INCREMENTAL, NULL);
    scripted_job_ask(&job, "UPDATE bulkpg.watermark "
                           "SET last_full = now() - interval '8 days'");
    choose(RUN_FULL, "full_every");
}

MODE_TEST(a_user_can_ask_for_a_full_run, INCREMENTAL)
{
    was_loaded();
    scripted_job_ask(&job, MARK);
    job.options.full = true;
    choose(RUN_FULL, "asked");
}

MODE_TEST(a_run_after_the_query_changed_is_full, INCREMENTAL)
{
    was_loaded();
    scripted_job_ask(&job, MARK);
    scripted_job_ask(&job, "UPDATE bulkpg.run SET plan_hash = 'other'");
    choose(RUN_FULL, "query_changed");
}

MODE_TEST(a_missing_table_requires_a_full_run, INCREMENTAL)
{
    was_loaded();
    scripted_job_ask(&job, MARK);
    tables.targets[0].exists = false;
    choose(RUN_FULL, "table_missing");
    tables.targets[0].exists = true;
    tables.targets[0].lost_column = true;
    choose(RUN_FULL, "table_missing");
}

MODE_TEST(a_column_that_widens_requires_a_full_run, INCREMENTAL)
{
    was_loaded();
    scripted_job_ask(&job, MARK);
    job.job.plan->tables[0].id_gid->whole = true;
    choose(RUN_FULL, "widened");
}

MODE_TEST(a_failed_run_is_not_a_reference, INCREMENTAL)
{
    was_loaded();
    scripted_job_ask(&job, "UPDATE bulkpg.run SET status = 'failed'");
    choose(RUN_FULL, "first");
}

MODE_TEST(a_user_can_ask_for_a_window, INCREMENTAL)
{
    have_tables(false);
    job.options.since_s = 0;
    choose(RUN_INCREMENTAL, "asked");
    ck_assert_str_eq(mode.window_from, "1970-01-01T00:00:00Z");
    ck_assert_ptr_null(mode.window_to);
    job.options.until_s = 3600;
    choose(RUN_INCREMENTAL, "asked");
    ck_assert_str_eq(mode.window_to, "1970-01-01T01:00:00Z");
}

MODE_TEST(a_window_needs_incremental, PLAIN)
{
    have_tables(false);
    job.options.since_s = 0;
    ck_assert(!mode_choose(&job.job, &tables, false, &mode, &err));
    ck_assert_str_eq(err.code, "NOT_INCREMENTAL");
    ck_assert_int_eq(err.kind, ERR_USAGE);
}

static void
choose_replay(bool incremental, const char *reason)
{
    ck_assert(mode_choose(&job.job, &tables, true, &mode, &err));
    ck_assert_int_eq(mode.mode, RUN_REPLAY);
    ck_assert_int_eq(mode.incremental, incremental);
    ck_assert_str_eq(mode.reason, reason);
}

MODE_TEST(a_replay_of_an_incremental_query_is_incremental, INCREMENTAL)
{
    have_tables(false);
    choose_replay(true, "incremental");
    job.options.full = true;
    choose_replay(false, "full");
}

MODE_TEST(a_replay_of_a_plain_query_is_full, PLAIN)
{
    have_tables(false);
    choose_replay(false, "full");
}

static Suite *
mode_suite(void)
{
    Suite *suite = suite_create("mode");
    TCase *all = tcase_create("mode");

    tcase_add_test(all, the_first_run_is_full);
    tcase_add_test(all, a_query_without_incremental_needs_no_reason);
    tcase_add_test(all, the_run_after_a_full_run_is_incremental);
    tcase_add_test(all, a_run_without_a_watermark_is_full);
    tcase_add_test(all, a_full_run_is_due_after_full_every);
    tcase_add_test(all, a_user_can_ask_for_a_full_run);
    tcase_add_test(all, a_run_after_the_query_changed_is_full);
    tcase_add_test(all, a_missing_table_requires_a_full_run);
    tcase_add_test(all, a_column_that_widens_requires_a_full_run);
    tcase_add_test(all, a_failed_run_is_not_a_reference);
    tcase_add_test(all, a_user_can_ask_for_a_window);
    tcase_add_test(all, a_window_needs_incremental);
    tcase_add_test(all, a_replay_of_an_incremental_query_is_incremental);
    tcase_add_test(all, a_replay_of_a_plain_query_is_full);
    suite_add_tcase(suite, all);
    return suite;
}

int
main(void)
{
    return suite_run_with_cluster(mode_suite());
}
