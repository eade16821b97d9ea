/*
 * Each message is one line, as logfmt or as JSON. It is built in one buffer and
 * written with one call. Bytes from outside are escaped, and secrets that
 * redact.h knows are hidden. base/member.h writes the JSON.
 */
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/member.h"
#include "base/redact.h"
#include "base/shown.h"

enum { LINE_CEILING = 16 * 1024, FIELDS_MOST = 16 /* in a warning */ };

static enum log_format log_format_now = LOG_TEXT;
static enum log_level log_most = LOG_INFO;
static log_write_fn *log_diverted;
static void *log_diverted_ctx;

static const char *const level_names[] = {"error", "warn", "info", "debug"};

void
log_configure(enum log_format format, enum log_level most)
{
    log_format_now = format;
    log_most = most;
}

void
log_divert(log_write_fn *write, void *ctx)
{
    log_diverted = write;
    log_diverted_ctx = ctx;
}

/* Does a logfmt value need no quotes? It needs them if a character in it would
 * end it early. */
static bool
stands_bare(const char *text)
{
    const char *start = text;

    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f)
            return false;
    }
    return shown_is_safe(span_str(start));
}

/* logfmt: the key, after a blank. */
static void
put_name(struct buf *line, const char *key)
{
    if (line->length > 0)
        buf_append_char(line, ' ');
    buf_append_str(line, key);
    buf_append_char(line, '=');
}

static void
put_word(struct buf *line, const char *key, const char *text)
{
    char *shown;

    if (text == NULL || text[0] == '\0')
        return;
    shown = redact_copy(text);
    put_name(line, key);
    if (stands_bare(shown))
        buf_append_str(line, shown);
    else
        buf_append_json(line, span_str(shown));
    free(shown);
}

static void
put_text(struct buf *line, const char *key, const char *text)
{
    if (log_format_now == LOG_JSON)
        member_text(line, key, text);
    else
        put_word(line, key, text);
}

static void
put_number(struct buf *line, const char *key, int64_t number)
{
    if (log_format_now == LOG_JSON) {
        member_number(line, key, number);
        return;
    }
    put_name(line, key);
    buf_printf(line, "%lld", (long long)number);
}

static void
put_time(struct buf *line)
{
    int64_t now = clock_wall_us();
    time_t seconds = (time_t)(now / 1000000);
    char text[64];
    struct tm utc;
    size_t used;

    gmtime_r(&seconds, &utc);
    used = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + used, sizeof(text) - used, ".%03dZ",
             (int)(now / 1000 % 1000));
    put_text(line, "time", text);
}

static void
put_ctx(struct buf *line, const struct log_ctx *ctx)
{
    if (ctx == NULL)
        return;
    if (ctx->run_id != 0)
        put_number(line, "run", ctx->run_id);
    if (ctx->push_id != 0)
        put_number(line, "push", ctx->push_id);
    put_text(line, "store", ctx->store);
    put_text(line, "job", ctx->job);
    put_text(line, "op", ctx->operation_id);
}

static void
put_fields(struct buf *line, const struct log_field *fields)
{
    for (; fields != NULL && fields->key != NULL; fields++) {
        if (fields->text != NULL)
            put_text(line, fields->key, fields->text);
        else
            put_number(line, fields->key, fields->number);
    }
}

static void
put_pairs(struct buf *line, enum log_level level, const struct log_ctx *ctx,
          const char *message, const struct log_field *fields)
{
    put_time(line);
    put_text(line, "level", level_names[level]);
    put_ctx(line, ctx);
    put_text(line, "msg", message);
    put_fields(line, fields);
    if (log_format_now == LOG_JSON)
        member_end(line);
    else
        buf_append_char(line, '\n');
}

/* ---- LOG_PLAIN --------------------------------------------------------- */

static void
put_words(struct buf *line, const char *before, const char *text)
{
    char *words = redact_copy(text);

    buf_append_str(line, before);
    shown_append(line, span_str(words));
    free(words);
}

/* These fields do not help a person at a terminal. */
static bool
is_for_machines(const struct log_field *field)
{
    return strcmp(field->key, "code") == 0 ||
           strcmp(field->key, "delay_ms") == 0 ||
           (field->text != NULL && field->text[0] == '\0');
}

static void
put_rest(struct buf *line, const struct log_field *fields)
{
    const char *before = " (";

    for (; fields != NULL && fields->key != NULL; fields++) {
        if (strcmp(fields->key, "error") == 0 ||
            strcmp(fields->key, "hint") == 0 || is_for_machines(fields))
            continue;
        buf_printf(line, "%s%s ", before, fields->key);
        if (fields->text != NULL)
            put_words(line, "", fields->text);
        else
            buf_printf(line, "%lld", (long long)fields->number);
        before = ", ";
    }
    if (before[0] == ',')
        buf_append_char(line, ')');
}

static void
put_field(struct buf *line, const char *before, const char *key,
          const struct log_field *fields)
{
    for (; fields != NULL && fields->key != NULL; fields++)
        if (strcmp(fields->key, key) == 0 && fields->text != NULL &&
            fields->text[0] != '\0')
            put_words(line, before, fields->text);
}

static void
put_plain(struct buf *line, enum log_level level, const struct log_ctx *ctx,
          const char *message, const struct log_field *fields)
{
    buf_append_str(line, level == LOG_WARN ? "warning" : level_names[level]);
    buf_append_str(line, ": ");
    if (ctx != NULL && ctx->store != NULL) {
        put_words(line, "", ctx->store);
        if (ctx->job != NULL)
            put_words(line, "/", ctx->job);
        buf_append_str(line, ": ");
    }
    put_words(line, "", message);
    put_field(line, ": ", "error", fields);
    put_rest(line, fields);
    put_field(line, "\nhint: ", "hint", fields);
    buf_append_char(line, '\n');
}

void
log_write(enum log_level level, const struct log_ctx *ctx, const char *message,
          const struct log_field *fields)
{
    struct buf line = buf_with_ceiling(LINE_CEILING);

    if (level > log_most)
        return;
    if (log_format_now == LOG_PLAIN)
        put_plain(&line, level, ctx, message, fields);
    else
        put_pairs(&line, level, ctx, message, fields);
    if (log_diverted != NULL)
        log_diverted(log_diverted_ctx, level, buf_str(&line), line.length);
    else
        fwrite(buf_str(&line), 1, line.length, stderr);
    buf_free(&line);
}

void
log_warning(const struct log_ctx *ctx, enum msg msg, const char *message,
            const struct log_field *fields)
{
    struct log_field all[FIELDS_MOST + 3];
    const char *hint = message_at(msg)->remedy;
    size_t count = 0;

    for (; fields->key != NULL && count < FIELDS_MOST; fields++)
        if (strcmp(fields->key, "hint") == 0)
            hint = fields->text;
        else
            all[count++] = *fields;
    all[count++] = (struct log_field){"code", message_at(msg)->code, 0};
    all[count++] = (struct log_field){"hint", hint, 0};
    all[count] = (struct log_field){NULL, NULL, 0};
    log_write(LOG_WARN, ctx, message, all);
}

void
log_failure(enum log_level level, const struct log_ctx *ctx,
            const char *message, const struct err *err)
{
    LOG_AT(level, ctx, message, LOG_STR("error", err->message),
           LOG_STR("code", err->code), LOG_STR("request_id", err->request_id),
           LOG_STR("hint", err_remedy(err)), LOG_END);
}

const char *
log_url(const char *url, char *text, size_t size)
{
    snprintf(text, size, "%.*s", (int)strcspn(url, "?"), url);
    return text;
}
