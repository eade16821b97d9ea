#include "base/event.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/out.h"
#include "base/redact.h"

enum { LINE_CEILING = 64 * 1024 };

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
put_key(struct buf *line, const char *key)
{
    buf_append_char(line, line->length == 0 ? '{' : ',');
    buf_append_json(line, span_str(key));
    buf_append_char(line, ':');
}

static void
put_text(struct buf *line, const char *key, const char *text)
{
    char *shown;

    if (text == NULL || text[0] == '\0')
        return;
    shown = mem_strdup(text);
    redact(shown);
    put_key(line, key);
    buf_append_json(line, span_str(shown));
    free(shown);
}

static void
put_number(struct buf *line, const char *key, int64_t number)
{
    if (number < 0)
        return;
    put_key(line, key);
    buf_printf(line, "%" PRId64, number);
}

static void
put_ctx(struct buf *line, const struct log_ctx *ctx)
{
    put_text(line, "store", ctx->store);
    put_text(line, "job", ctx->job);
    if (ctx->run_id != 0)
        put_number(line, "run_id", ctx->run_id);
    if (ctx->push_id != 0)
        put_number(line, "push_id", ctx->push_id);
    put_text(line, "operation_id", ctx->operation_id);
}

void
event_write(const char *event, const struct log_ctx *ctx,
            const struct log_field *fields)
{
    struct buf line = buf_with_ceiling(LINE_CEILING);

    if (!enabled)
        return;
    put_text(&line, "event", event);
    if (ctx != NULL)
        put_ctx(&line, ctx);
    for (; fields->key != NULL; fields++)
        if (fields->text != NULL)
            put_text(&line, fields->key, fields->text);
        else
            put_number(&line, fields->key, fields->number);
    buf_append_str(&line, "}\n");
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
