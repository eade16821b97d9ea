/* worker: when a job that has pending objects may begin. */
#include <check.h>

#include "live/worker.h"
#include "support/suite.h"

static const struct {
    const char *what;
    struct pending_job job;
    int64_t wait_ms;
} cases[] = {
    {"an object that has just come", {.count = 1, .age_ms = 0}, 2000},
    {"an object that waits", {.count = 3, .age_ms = 1500}, 500},
    {"two seconds", {.count = 1, .age_ms = 2000}, 0},
    {"an hour", {.count = 1, .age_ms = 3600000}, 0},
    {"the clock was set back by a moment", {.count = 1, .age_ms = -1}, 0},
    {"the clock was set back by a day", {.count = 2, .age_ms = -86400000}, 0},
    {"all objects rest", {.count = 0, .age_ms = -1, .rest_ms = 700}, 700},
    {"all objects rest for an hour",
     {.count = 0, .age_ms = -1, .rest_ms = 3600000},
     3600000},
    {"the rest has just ended", {.count = 0, .age_ms = -1, .rest_ms = 0}, 0},
    {"some objects rest", {.count = 1, .age_ms = 500, .rest_ms = 9}, 1500},
};

START_TEST(the_wait)
{
    ck_assert_msg(worker_wait_ms(&cases[_i].job) == cases[_i].wait_ms, "%s",
                  cases[_i].what);
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("worker");
    TCase *all = tcase_create("all");

    tcase_add_loop_test(all, the_wait, 0, COUNT(cases));
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
