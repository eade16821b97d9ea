/*
 * log - what happens, on stderr, one line an event.
 *
 *     time=2026-11-20T01:00:02.311Z level=info run=12 store=acme job=orders
 *         op=gid://shopify/BulkOperation/7 msg="result ready" objects=5033
 *
 * logfmt, or JSON objects with the same keys. Bytes from outside are escaped.
 * Plain is for somebody who reads along; times and codes are left out:
 *
 *     warning: acme/orders: the request is tried again: HTTP 503
 *     hint: ...
 * Whoever decides about a failure logs it, nobody on the way up. Secrets are
 * never handed in; URLs go through log_url(), which cuts them before '?'.
 * Values are redacted all the same.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum log_level {
    LOG_ERROR, /* we stop, or something was lost */
    LOG_WARN,  /* we coped */
    LOG_INFO,  /* a person would want to know */
    LOG_DEBUG
};

enum log_format { LOG_TEXT, LOG_JSON, LOG_PLAIN };

/* What a line is about; strings are borrowed, NULL or 0 leaves one out. */
struct log_ctx {
    int64_t run_id;
    const char *store;
    const char *job;
    const char *operation_id;
};

struct log_field {
    const char *key;  /* NULL ends the list */
    const char *text; /* NULL: `number` counts */
    int64_t number;
};

#define LOG_STR(key, text) \
    {                      \
        (key), (text), 0   \
    } /* not NULL */
#define LOG_NUM(key, number)           \
    {                                  \
        (key), NULL, (int64_t)(number) \
    }

/* Fields end with LOG_END:
 *     log_info(ctx, "result ready", LOG_NUM("objects", n), LOG_END); */
#define LOG_END       \
    {                 \
        NULL, NULL, 0 \
    }
#define LOG_AT(level, ctx, message, ...) \
    log_write(level, ctx, message, (const struct log_field[]){__VA_ARGS__})
#define log_warn(ctx, msg, message, ...) \
    log_warning(ctx, msg, message, (const struct log_field[]){__VA_ARGS__})
#define log_info(ctx, message, ...) LOG_AT(LOG_INFO, ctx, message, __VA_ARGS__)
#define log_debug(ctx, message, ...) \
    LOG_AT(LOG_DEBUG, ctx, message, __VA_ARGS__)

/* Before the first line; the defaults are text and LOG_INFO. */
void log_configure(enum log_format format, enum log_level most);

/* Lines go to `write` from now on, each whole, with its newline; NULL: to
 * stderr. */
typedef void
log_write_fn(void *ctx, enum log_level level, const char *line, size_t length);
void log_divert(log_write_fn *write, void *ctx);

void log_write(enum log_level level, const struct log_ctx *ctx,
               const char *message, const struct log_field *fields);

/* With the code, and the table's remedy as hint where the fields have none. */
void log_warning(const struct log_ctx *ctx, enum msg msg, const char *message,
                 const struct log_field *fields);

/* A failure with its code, remedy (as hint) and request id. */
void log_failure(enum log_level level, const struct log_ctx *ctx,
                 const char *message, const struct err *err);

/* `url` without its query part, into `text`. */
const char *log_url(const char *url, char *text, size_t size);

#endif
