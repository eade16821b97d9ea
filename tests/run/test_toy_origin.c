/* origin: a new origin is one file. run/, load/ and journal/ load its lines
 * without knowing it. */
#include <check.h>

#include "run/run.h"
#include "scripted/job.h"
#include "scripted/lines.h"
#include "support/cluster.h"
#include "support/pg_task.h"
#include "support/suite.h"

/* ---- the whole origin ---------------------------------------------------- */

struct toy {
    struct origin origin;
    struct scripted_lines lines;
    struct source *source;
};

static bool
offer_lines(struct origin *origin, struct err *err)
{
    struct toy *toy = (struct toy *)origin;

    (void)err;
    toy->source = &toy->lines.source;
    origin->sources = &toy->source;
    origin->source_count = 1;
    return true;
}

static void
keep_lines(struct origin *origin)
{
    origin->source_count = 0;
}

static void
toy_init(struct toy *toy, const char *text)
{
    static const struct origin_ops ops = {.wait = offer_lines,
                                          .free = keep_lines};

    *toy = (struct toy){.origin = {.ops = &ops, .least_roots = -1}};
    scripted_lines_init(&toy->lines, text);
}

/* ---- a run with this origin ---------------------------------------------- */

static const char three_lines[] =
    "{\"id\":\"gid://shopify/Product/1\",\"title\":\"one\"}\n"
    "{\"id\":\"gid://shopify/Product/2\",\"title\":\"two\"}\n"
    "{\"id\":\"gid://shopify/Product/3\",\"title\":\"three\"}\n";

static void
load_three_lines(void)
{
    struct scripted_job job;
    struct toy toy;

    scripted_job_open(&job, cluster_database(""),
                      "{ products { edges { node { id title } } } }");
    toy_init(&toy, three_lines);
    run_job(&job.job, &toy.origin);
    ck_assert_msg(job.job.err.kind == ERR_NONE, "%s", job.job.err.message);
    ck_assert_int_eq(job.job.status, 0);
    ck_assert_str_eq(scripted_job_ask(&job,
                                      "SELECT string_agg(title, ' ' ORDER BY "
                                      "id) FROM acme.products"),
                     "one two three");
    ck_assert_str_eq(
        scripted_job_ask(&job, "SELECT concat_ws(' ', status, mode, lines, "
                               "rows_inserted) FROM bulkpg.run"),
        "loaded full 3 3");
    scripted_job_close(&job);
}

START_TEST(three_lines_of_another_origin_are_loaded)
{
    pg_task_run(load_three_lines);
}

END_TEST

static Suite *
toy_suite(void)
{
    Suite *suite = suite_create("toy_origin");
    TCase *all = tcase_create("toy_origin");

    tcase_add_test(all, three_lines_of_another_origin_are_loaded);
    suite_add_tcase(suite, all);
    return suite;
}

int
main(void)
{
    return suite_run_with_cluster(toy_suite());
}
