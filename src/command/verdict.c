#include "command/verdict.h"

#include <stdio.h>
#include <string.h>

#include "base/event.h"
#include "base/out.h"

struct line {
    const char *what;
    const char *verdict;
    const char *code;
    const char *message;
    const char *hint;
};

static void
tell(const struct log_ctx *about, const struct line *line)
{
    EVENT("checked", about, LOG_STR("what", line->what),
          LOG_STR("verdict", line->verdict), LOG_STR("code", line->code),
          LOG_STR("message", line->message), LOG_STR("remedy", line->hint),
          LOG_END);
}

static void
print_line(const struct verdicts *verdicts, const struct line *line)
{
    bool is_error = strcmp(line->verdict, "error") == 0;

    if (verdicts->quiet && !is_error)
        return;
    if (event_is_enabled()) {
        tell(&verdicts->about, line);
    } else if (verdicts->quiet) {
        out_line(stdout, "%-5s  %s: %s; to fix: %s (%s)", line->verdict,
                 line->what, line->message, line->hint, line->code);
    } else {
        out_line(stdout, "%-5s  %s%s%s", line->verdict, line->what,
                 line->message[0] != '\0' ? ": " : "", line->message);
        if (line->code[0] != '\0')
            out_line(stdout, "       %s (%s)", line->hint, line->code);
    }
}

void
verdict_about(struct verdicts *verdicts, const char *store, const char *job)
{
    verdicts->about = (struct log_ctx){.store = store, .job = job};
}

void
verdict_ok(struct verdicts *verdicts, const char *what, const char *detail)
{
    struct line line = {what, "ok", "", detail, ""};

    verdicts->ok++;
    print_line(verdicts, &line);
}

static void
print_err(const struct verdicts *verdicts, const char *verdict,
          const char *what, const struct err *err)
{
    struct line line = {what, verdict, err->code, err->message,
                        err_remedy(err)};

    print_line(verdicts, &line);
}

void
verdict_warn(struct verdicts *verdicts, const char *what, const struct err *err)
{
    verdicts->warn++;
    print_err(verdicts, "warn", what, err);
}

void
verdict_error(struct verdicts *verdicts, const char *what,
              const struct err *err)
{
    verdicts->error++;
    print_err(verdicts, "error", what, err);
    verdicts->status =
        err_worse_status(verdicts->status, err_exit_status(err->kind));
}

void
verdict_blame(struct verdicts *verdicts, const char *what, struct err *err)
{
    if (err_is(err, MSG_42501)) {
        err_wrap(err, "%s", what);
        what = "database";
    }
    verdict_error(verdicts, what, err);
}

void
verdict_end(const struct verdicts *verdicts)
{
    if (event_is_enabled())
        EVENT("summary", NULL, LOG_NUM("jobs", verdicts->jobs),
              LOG_NUM("ok", verdicts->ok), LOG_NUM("warn", verdicts->warn),
              LOG_NUM("failed", verdicts->error),
              LOG_NUM("exit_status", verdicts->status), LOG_END);
    else if (!verdicts->quiet)
        out_line(stdout, "%d ok, %d warn, %d error", verdicts->ok,
                 verdicts->warn, verdicts->error);
}
