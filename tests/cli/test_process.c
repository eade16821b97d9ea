/* process: the program ends with the status of its first task; the first signal
 * stops the tasks, the second one the program; each kind of failure has its
 * status. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/task.h"
#include "cli/process.h"
#include "support/suite.h"

static const struct options none;

/* Run `body` in another process and return its status. Signals, and the tasks,
 * which are one set per process, end with it. */
static int
status_of(int (*body)(struct context *context))
{
    pid_t child = fork();
    int status;

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);

        dup2(null, STDERR_FILENO);
        _exit(process_run(&none, body));
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int
give_a_status(struct context *context)
{
    return context->options == &none && context->http != NULL ? 42 : 1;
}

START_TEST(a_body_gives_the_status)
{
    ck_assert_int_eq(status_of(give_a_status), 42);
}

END_TEST

/* After the first signal a task that waits is stopped. */
static int
stop_once(struct context *context)
{
    struct task_queue never = {0};
    struct err err;

    (void)context;
    raise(SIGTERM);
    if (task_wait(&never, CLOCK_NEVER) != TASK_STOPPED)
        return 1;
    (void)task_stopped(&err);
    return process_fail(&err);
}

START_TEST(a_signal_stops_the_tasks)
{
    ck_assert_int_eq(status_of(stop_once), EX_TEMPFAIL);
}

END_TEST

static int
stop_twice(struct context *context)
{
    (void)context;
    raise(SIGINT);
    raise(SIGTERM);
    return 1; /* not reached */
}

START_TEST(a_second_signal_ends_the_program)
{
    ck_assert_int_eq(status_of(stop_twice), EX_TEMPFAIL);
}

END_TEST

static int
write_to_no_reader(struct context *context)
{
    int ends[2];

    (void)context;
    if (pipe(ends) != 0)
        return 1;
    close(ends[0]);
    return write(ends[1], "x", 1) == -1 ? 42 : 1;
}

START_TEST(a_closed_pipe_is_an_error_but_not_a_signal)
{
    ck_assert_int_eq(status_of(write_to_no_reader), 42);
}

END_TEST

static const struct {
    enum msg code;
    int status;
} kinds[] = {
    {MSG_BAD_OPTION, EX_USAGE},   {MSG_BAD_TYPES, EX_UNAVAILABLE},
    {MSG_TRUNCATED, EX_TEMPFAIL}, {MSG_UNAUTHORIZED, EX_NOPERM},
    {MSG_STOPPED, EX_TEMPFAIL},   {MSG_BAD_SETTING, EX_CONFIG},
    {MSG_CANNOT_PRINT, EX_IOERR},
};

START_TEST(a_failure_has_the_status_of_its_kind)
{
    struct err err = {0};

    err_set(&err, kinds[_i].code, "it broke");
    ck_assert_int_eq(process_fail(&err), kinds[_i].status);
}

END_TEST

START_TEST(a_missing_journal_can_mean_nothing_to_do)
{
    struct err err = {0};

    err_set(&err, MSG_NO_JOURNAL, "the journal is missing");
    ck_assert_int_eq(process_fail_without_journal(&err), EX_OK);
    err_set(&err, MSG_STOPPED, "stopped");
    ck_assert_int_eq(process_fail_without_journal(&err), EX_TEMPFAIL);
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("process");
    TCase *all = tcase_create("all");

    tcase_add_test(all, a_body_gives_the_status);
    tcase_add_test(all, a_signal_stops_the_tasks);
    tcase_add_test(all, a_second_signal_ends_the_program);
    tcase_add_test(all, a_closed_pipe_is_an_error_but_not_a_signal);
    tcase_add_loop_test(all, a_failure_has_the_status_of_its_kind, 0,
                        sizeof(kinds) / sizeof(kinds[0]));
    tcase_add_test(all, a_missing_journal_can_mean_nothing_to_do);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
