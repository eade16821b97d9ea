/* fault: which errors concern the whole store, and that such an error is
 * reported once for all its jobs. */
#include <check.h>

#include "job/fault.h"
#include "job/job.h"
#include "support/suite.h"

enum { JOBS = 3 };

static struct context context;
static struct options options;
static struct store_config config = {.name = "acme"};
static struct store_state store;
static struct query_file files[JOBS] = {
    {.job = "p"}, {.job = "q"}, {.job = "r"}};
static struct job jobs[JOBS];

static void
setup(void)
{
    context = (struct context){.options = &options};
    store = (struct store_state){.config = &config, .faults.jobs_open = JOBS};
    for (int i = 0; i < JOBS; i++)
        job_init(&jobs[i], &context, &store, &files[i]);
}

static void
break_job(int i, enum msg code)
{
    struct err err = {0};

    err_set(&err, code, "it broke");
    job_fail(&jobs[i], "the job did not run", &err);
}

START_TEST(refused_access_is_a_fault_of_the_store)
{
    struct err err = {0};

    err_set(&err, MSG_UNAUTHORIZED, "no");
    ck_assert(fault_is_of_store(&store, &err));
    err_as(&err, ERR_LATER); /* the store was not given up */
    ck_assert(!fault_is_of_store(&store, &err));
    err = (struct err){0};
    err_set(&err, MSG_ACCESS_DENIED, "a scope is missing");
    ck_assert(!fault_is_of_store(&store, &err));
}

END_TEST

START_TEST(jobs_with_the_same_error_share_a_fault)
{
    break_job(0, MSG_UNAUTHORIZED);
    ck_assert(!fault_is_shared(&jobs[0])); /* one job only */
    break_job(1, MSG_UNAUTHORIZED);
    break_job(2, MSG_BAD_TYPES);
    ck_assert(fault_is_shared(&jobs[0]) && fault_is_shared(&jobs[1]));
    ck_assert_ptr_eq(jobs[0].fault, jobs[1].fault);
    ck_assert_ptr_eq(jobs[0].fault->job, &jobs[0]);
    ck_assert_uint_eq(jobs[0].fault->jobs, 2);
    ck_assert_str_eq(fault_ending(jobs[0].fault), "failed");
    ck_assert_ptr_null(jobs[2].fault);
    ck_assert_uint_eq(store.faults.jobs_open, 0);
}

END_TEST

START_TEST(different_errors_are_different_faults)
{
    break_job(0, MSG_UNAUTHORIZED);
    break_job(1, MSG_SHOP_INACTIVE);
    ck_assert_uint_eq(store.faults.count, 2);
    ck_assert(!fault_is_shared(&jobs[0]) && !fault_is_shared(&jobs[1]));
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("fault");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, NULL);
    tcase_add_test(all, refused_access_is_a_fault_of_the_store);
    tcase_add_test(all, jobs_with_the_same_error_share_a_fault);
    tcase_add_test(all, different_errors_are_different_faults);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
