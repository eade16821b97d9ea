#include "cli/process.h"

#include <signal.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/event.h"
#include "base/task.h"
#include "cli/screen.h"

static volatile sig_atomic_t signals_seen;

static void
on_signal(int number)
{
    (void)number;
    if (++signals_seen > 1) {
        screen_abandon();
        _exit(EX_TEMPFAIL);
    }
    tasks_stop();
}

static void
catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

struct first_task {
    struct context *context;
    int (*body)(struct context *context);
    int status;
};

/* The context is closed inside the task, because closing may wait. */
static void
run_first_task(void *ctx)
{
    struct first_task *first = ctx;

    first->status = first->body(first->context);
    context_close(first->context);
}

int
process_run(const struct options *options, int (*body)(struct context *context))
{
    struct context context;
    struct first_task first = {.context = &context, .body = body};
    struct err err;

    if (!context_begin(&context, options, &err))
        return process_fail(&err);
    catch_signals();
    task_spawn("main", run_first_task, &first);
    tasks_run();
    context_end(&context);
    return first.status;
}

int
process_fail(const struct err *err)
{
    log_failure(LOG_ERROR, NULL, "the command failed", err);
    event_failure(NULL, err);
    return err_exit_status(err->kind);
}

int
process_fail_without_journal(const struct err *err)
{
    if (!err_is(err, MSG_NO_JOURNAL))
        return process_fail(err);
    log_info(NULL, "this database has no runs yet", LOG_END);
    return EX_OK;
}
