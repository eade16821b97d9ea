/* pending: how a job fetches what is pending, and when. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "job/pending.h"
#include "scripted/job.h"
#include "support/cluster.h"
#include "support/pg_task.h"
#include "support/suite.h"

#define TYPES    "tests/fakeshop/admin-2026-10.reduced.json"
#define PLAIN    "{ products { edges { node { id title } } } }"
#define FILTERED "{ products(query: \"id:>5\") { edges { node { id } } } }"

/* A loaded run of this plan, which began some seconds ago. */
#define RUN                                                               \
    "INSERT INTO bulkpg.run (store, job, mode, status, plan_hash, "       \
    "started_at, finished_at) VALUES ('acme', 'products', 'full', '%s', " \
    "'%s', now() - interval '%d seconds', now() - interval '%d seconds')"
#define PENDING                                                          \
    "INSERT INTO bulkpg.pending (store, job, object_id) SELECT 'acme', " \
    "'products', generate_series(1, %d)"

static const struct {
    const char *what;
    const char *query;
    const char *status;    /* of the last run; NULL: there is none */
    const char *plan_hash; /* of it; NULL: that of the query */
    int ago;               /* seconds since it began and ended */
    int pending;
    enum job_pending way;
    bool due;
} cases[] = {
    {"few objects", PLAIN, "loaded", NULL, 5, 3, JOB_PENDING_BY_IDS, true},
    {"the most objects", PLAIN, "loaded", NULL, 5, PENDING_MAX,
     JOB_PENDING_BY_IDS, true},
    {"no objects any more", PLAIN, "loaded", NULL, 5, 0, JOB_PENDING_BY_IDS,
     false},
    {"more objects", PLAIN, "loaded", NULL, 61, PENDING_MAX + 1,
     JOB_PENDING_BY_RUN, true},
    {"more objects, less than a minute after the last run", PLAIN, "loaded",
     NULL, 50, PENDING_MAX + 1, JOB_PENDING_BY_RUN, false},
    {"another query", PLAIN, "loaded", "x", 61, 3, JOB_PENDING_BY_RUN, true},
    {"no run yet", PLAIN, NULL, NULL, 0, 3, JOB_PENDING_BY_RUN, true},
    {"only a failed run", PLAIN, "failed", NULL, 61, 3, JOB_PENDING_BY_RUN,
     true},
    {"only a run that has just failed", PLAIN, "failed", NULL, 5, 3,
     JOB_PENDING_BY_RUN, false},
    {"only a failed run, before the clock was set back", PLAIN, "failed", NULL,
     -3600, 3, JOB_PENDING_BY_RUN, true},
    {"a filter", FILTERED, "loaded", NULL, 61, 3, JOB_PENDING_BY_RUN, true},
    {"a filter, and no objects any more", FILTERED, "loaded", NULL, 61, 0,
     JOB_PENDING_BY_RUN, false},
};

static struct scripted_job job;
static int row;

static void
say(const char *sql)
{
    (void)scripted_job_ask(&job, sql);
}

static void
case_body(void)
{
    struct arena arena = {0};
    struct err err;
    bool due;

    scripted_job_open_with(&job, cluster_database(""), cases[row].query, TYPES);
    if (cases[row].status != NULL)
        say(arena_printf(&arena, RUN, cases[row].status,
                         cases[row].plan_hash != NULL ? cases[row].plan_hash
                                                      : job.job.plan->hash,
                         cases[row].ago, cases[row].ago));
    say(arena_printf(&arena, PENDING, cases[row].pending));
    job.job.pending = JOB_PENDING;
    ck_assert_msg(pending_choose(&job.job, &err), "%s", err.message);
    ck_assert_msg(job.job.pending == cases[row].way, "%s", cases[row].what);
    ck_assert_msg(pending_take(&job.job, &due, &err), "%s", err.message);
    ck_assert_msg(due == cases[row].due, "%s", cases[row].what);
    if (due && cases[row].way == JOB_PENDING_BY_IDS) {
        ck_assert_int_eq(job.job.ids->count, cases[row].pending);
        ck_assert_str_eq(job.job.ids->list[0], "gid://shopify/Product/1");
    } else {
        ck_assert_ptr_null(job.job.ids);
    }
    scripted_job_close(&job);
    arena_free(&arena);
}

START_TEST(the_way)
{
    row = _i;
    pg_task_run(case_body);
}

END_TEST

static void
failure_body(void)
{
    struct err err;
    bool due;

    scripted_job_open_with(&job, cluster_database(""), PLAIN, TYPES);
    say("INSERT INTO bulkpg.pending (store, job, object_id) VALUES "
        "('acme', 'products', 1), ('acme', 'products', 2)");
    job.job.pending = JOB_PENDING_BY_IDS;
    ck_assert(pending_take(&job.job, &due, &err));
    say("INSERT INTO bulkpg.pending (store, job, object_id) VALUES "
        "('acme', 'products', 3)");
    err_set(&job.job.err, MSG_BUG, "it failed");
    pending_note_failure(&job.job);
    ck_assert_str_eq(scripted_job_ask(&job, "SELECT string_agg(tries::text, "
                                            "' ' ORDER BY object_id) FROM "
                                            "bulkpg.pending"),
                     "1 1 0");
    job.job.err.kind = ERR_STOPPED;
    pending_note_failure(&job.job);
    job.job.err.kind = ERR_NONE;
    pending_note_failure(&job.job);
    ck_assert_str_eq(scripted_job_ask(&job, "SELECT sum(tries) FROM "
                                            "bulkpg.pending"),
                     "2");
    scripted_job_close(&job);
}

START_TEST(a_failure)
{
    pg_task_run(failure_body);
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("pending");
    TCase *all = tcase_create("all");

    tcase_add_loop_test(all, the_way, 0, COUNT(cases));
    tcase_add_test(all, a_failure);
    suite_add_tcase(suite, all);
    return suite_run_with_cluster(suite);
}
