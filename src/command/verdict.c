#include "command/verdict.h"

#include <stdio.h>
#include <string.h>

#include "base/out.h"
#include "json/write.h"

struct line {
    const char *what;
    const char *verdict;
    const char *code;
    const char *message;
    const char *hint;
};

static void
print_json(struct verdicts *verdicts, const struct line *line)
{
    struct buf text = buf_with_ceiling(256 * 1024);
    struct json_out *json = json_out_new(&text);

    json_out_open(json, '{');
    json_out_text(json, "what", line->what);
    json_out_text(json, "verdict", line->verdict);
    json_out_text(json, "code", line->code);
    json_out_text(json, "message", line->message);
    json_out_text(json, "hint", line->hint);
    json_out_close(json, '}');
    out_printf(stdout, "%s\n%s", verdicts->any ? "," : "[", buf_str(&text));
    json_out_free(json);
    buf_free(&text);
}

static void
print_line(struct verdicts *verdicts, const struct line *line)
{
    bool is_error = strcmp(line->verdict, "error") == 0;

    if (verdicts->quiet && !is_error)
        return;
    if (verdicts->json) {
        print_json(verdicts, line);
    } else if (verdicts->quiet) {
        out_line(stdout, "%-5s  %s: %s; to fix: %s (%s)", line->verdict,
                 line->what, line->message, line->hint, line->code);
    } else {
        out_line(stdout, "%-5s  %s%s%s", line->verdict, line->what,
                 line->message[0] != '\0' ? ": " : "", line->message);
        if (line->code[0] != '\0')
            out_line(stdout, "       %s (%s)", line->hint, line->code);
    }
    verdicts->any = true;
}

void
verdict_ok(struct verdicts *verdicts, const char *what, const char *detail)
{
    struct line line = {what, "ok", "", detail, ""};

    verdicts->ok++;
    print_line(verdicts, &line);
}

static void
print_err(struct verdicts *verdicts, const char *verdict, const char *what,
          const struct err *err)
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
    if (verdicts->json)
        out_printf(stdout, "%s]\n", verdicts->any ? "\n" : "[");
    else if (!verdicts->quiet)
        out_line(stdout, "%d ok, %d warn, %d error", verdicts->ok,
                 verdicts->warn, verdicts->error);
}
