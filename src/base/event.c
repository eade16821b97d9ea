#include "base/event.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/member.h"
#include "base/out.h"

enum { LINE_CEILING = 32 * 1024 * 1024 };

static bool enabled;

void
event_enable(void)
{
    enabled = true;
}

bool
event_is_enabled(void)
{
    return enabled;
}

static void
put_ctx(struct buf *line, const struct log_ctx *ctx)
{
    member_text(line, "store", ctx->store);
    member_text(line, "job", ctx->job);
    if (ctx->run_id > 0)
        member_number(line, "run_id", ctx->run_id);
    if (ctx->push_id > 0)
        member_number(line, "push_id", ctx->push_id);
    member_text(line, "operation_id", ctx->operation_id);
}

void
event_write(const char *event, const struct log_ctx *ctx,
            const struct log_field *fields)
{
    struct buf line = buf_with_ceiling(LINE_CEILING);

    if (!enabled)
        return;
    member_text(&line, "event", event);
    if (ctx != NULL)
        put_ctx(&line, ctx);
    for (; fields->key != NULL; fields++)
        if (fields->text != NULL)
            member_text(&line, fields->key, fields->text);
        else if (fields->number >= 0)
            member_number(&line, fields->key, fields->number);
    member_end(&line);
    out_lines(stdout, buf_span(&line));
    out_flush();
    buf_free(&line);
}

void
event_failure(const struct log_ctx *ctx, const struct err *err)
{
    EVENT("failed", ctx, LOG_STR("code", err->code),
          LOG_STR("message", err->message), LOG_STR("remedy", err_remedy(err)),
          LOG_STR("request_id", err->request_id), LOG_END);
}
