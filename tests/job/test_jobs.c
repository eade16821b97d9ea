/* jobs: the order in which jobs are prepared and run, which of two jobs with
 * the same table is refused, and that a failed job does not affect others. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/task.h"
#include "job/jobs.h"
#include "support/suite.h"

enum { JOBS = 4 };

static struct context context;
static struct options options;
static struct store_config configs[2];
static struct store_state stores[2];
static struct query_file files[JOBS];
static struct plan_table tables[JOBS];
static struct plan plans[JOBS];
static struct job items[JOBS];
static struct jobs jobs;
static char trail[256]; /* the calls, in order */
static struct task_queue never;

/* Store 0 has the first two jobs, in schema "a"; store 1 the others. */
static void
setup(void)
{
    static const char *const names[JOBS] = {"p", "q", "r", "s"};

    context = (struct context){.options = &options};
    configs[0] = (struct store_config){.name = "acme", .schema = "a"};
    configs[1] = (struct store_config){.name = "beta", .schema = "b"};
    for (int i = 0; i < 2; i++)
        stores[i] = (struct store_state){
            .context = &context, .config = &configs[i], .faults.jobs_open = 2};
    for (int i = 0; i < JOBS; i++) {
        files[i] = (struct query_file){.job = names[i], .path = names[i]};
        tables[i] = (struct plan_table){.name = names[i]};
        plans[i] = (struct plan){.tables = &tables[i], .table_count = 1};
        job_init(&items[i], &context, &stores[i / 2], &files[i]);
    }
    jobs = (struct jobs){.items = items, .count = JOBS, .options = &options};
    trail[0] = '\0';
    never = (struct task_queue){0};
    tasks_init(NULL, NULL);
}

static void
teardown(void)
{
    for (int i = 0; i < JOBS; i++)
        job_free(&items[i]);
}

static void
note(const char *what, const struct job *job)
{
    size_t length = strlen(trail);

    snprintf(trail + length, sizeof(trail) - length, "%s%s ", what,
             job->file->job);
}

static void
prepare(struct job *job)
{
    note("prepare-", job);
    job->plan = &plans[job - items];
}

static void
run_one(void *ctx)
{
    note("run-", ctx);
    job_end(ctx);
}

/* The first job waits until the last job has run. Jobs that do not wait for the
 * first job run before it. */
static void
run_slowly(void *ctx)
{
    if (ctx == &items[0])
        (void)task_wait(&never, CLOCK_NEVER);
    run_one(ctx);
    if (ctx == &items[JOBS - 1])
        task_wake_all(&never);
}

static void (*run_with)(void *);
static void (*prepare_with)(struct job *job);

static void
run_jobs(void *ctx)
{
    (void)ctx;
    jobs_run(&jobs, prepare_with, run_with);
}

static void
jobs_run_with(void (*prepared)(struct job *), void (*run)(void *))
{
    prepare_with = prepared;
    run_with = run;
    task_spawn("main", run_jobs, NULL);
    tasks_run();
}

START_TEST(all_jobs_of_a_schema_are_prepared_before_one_runs)
{
    jobs.count = 2;
    jobs_run_with(prepare, run_one);
    ck_assert_str_eq(trail, "prepare-p prepare-q run-p run-q ");
    ck_assert_int_eq(jobs_status(&jobs), EX_OK);
}

END_TEST

START_TEST(no_schema_waits_for_another)
{
    jobs_run_with(prepare, run_slowly);
    ck_assert_str_eq(trail, "prepare-p prepare-q prepare-r prepare-s run-q "
                            "run-r run-s run-p ");
}

END_TEST

START_TEST(the_second_job_with_a_table_is_refused)
{
    tables[1].name = "p";
    jobs_run_with(prepare, run_one);
    ck_assert(strstr(trail, "run-p") != NULL);
    ck_assert(strstr(trail, "run-q") == NULL);
    ck_assert(err_is(&items[1].err, MSG_TABLE_OWNED));
    ck_assert_int_eq(items[1].progress.phase, PROGRESS_ENDED);
    ck_assert_int_eq(jobs_status(&jobs), items[1].status);
}

END_TEST

START_TEST(tables_in_different_schemas_do_not_collide)
{
    struct err err;

    for (int i = 0; i < JOBS; i++)
        prepare(&items[i]);
    tables[2].name = "p";
    ck_assert(jobs_check_tables(&jobs, 2, &err));
    configs[1].schema = "a";
    ck_assert(!jobs_check_tables(&jobs, 2, &err));
    ck_assert(err_is(&err, MSG_TABLE_OWNED));
    ck_assert(jobs_check_tables(&jobs, 0, &err)); /* the first job runs */
    tables[0].skip = true; /* a skipped table is not written */
    ck_assert(jobs_check_tables(&jobs, 2, &err));
}

END_TEST

static void
prepare_or_fail(struct job *job)
{
    struct err err = {0};

    if (job != &items[0]) {
        prepare(job);
        return;
    }
    err_set(&err, MSG_BAD_TYPES, "it broke");
    job_fail(job, "the job did not run", &err);
}

START_TEST(a_failed_job_does_not_stop_others)
{
    tables[1].name = "p"; /* the table of the job that fails */
    jobs_run_with(prepare_or_fail, run_one);
    ck_assert_str_eq(trail, "prepare-q prepare-r prepare-s run-q run-r run-s ");
    ck_assert_int_eq(jobs_status(&jobs), EX_UNAVAILABLE);
    ck_assert_str_eq(job_ending(&items[0]), "failed");
    ck_assert(!job_was_not_due(&items[0]));
    ck_assert(job_was_not_due(&items[1]));
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("jobs");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, all_jobs_of_a_schema_are_prepared_before_one_runs);
    tcase_add_test(all, no_schema_waits_for_another);
    tcase_add_test(all, the_second_job_with_a_table_is_refused);
    tcase_add_test(all, tables_in_different_schemas_do_not_collide);
    tcase_add_test(all, a_failed_job_does_not_stop_others);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
