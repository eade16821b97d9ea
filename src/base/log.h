/*
 * log - reports events on stderr, one line per event.
 *
 *     time=2026-11-20T01:00:02.311Z level=info run=12 store=acme job=orders
 *         op=gid://shopify/BulkOperation/7 msg="result ready" objects=5033
 *
 * A line is logfmt, or a JSON object with the same keys. Bytes from outside are
 * escaped. The plain format is for a person at a terminal and leaves out times
 * and codes:
 *
 *     warning: acme/orders: bulkpg retries the request: HTTP 503
 *     hint: ...
 *
 * The function that handles a failure logs it; functions on the way there do
 * not. Callers never log secrets, and use log_url() for URLs, which cuts them
 * before '?'. All values are redacted nevertheless.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum log_level {
    LOG_ERROR, /* the work stops, or something was lost */
    LOG_WARN,  /* something went wrong, and the work continues */
    LOG_INFO,  /* worth knowing for a user */
    LOG_DEBUG
};

enum log_format { LOG_TEXT, LOG_JSON, LOG_PLAIN };

/* What a line is about. Strings are borrowed; NULL or 0 means unknown. */
struct log_ctx {
    int64_t run_id;
    int64_t push_id;
    const char *store;
    const char *job;
    const char *operation_id;
};

struct log_field {
    const char *key;  /* NULL ends the list */
    const char *text; /* NULL: `number` is the value */
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

/* Call it before the first line. The defaults are LOG_TEXT and LOG_INFO. */
void log_configure(enum log_format format, enum log_level most);

/* From now on, give each line to `write`, complete and with its newline. NULL:
 * write to stderr. */
typedef void
log_write_fn(void *ctx, enum log_level level, const char *line, size_t length);
void log_divert(log_write_fn *write, void *ctx);

void log_write(enum log_level level, const struct log_ctx *ctx,
               const char *message, const struct log_field *fields);

/* A warning with its code. If the fields have no hint, the code's remedy is
 * the hint. */
void log_warning(const struct log_ctx *ctx, enum msg msg, const char *message,
                 const struct log_field *fields);

/* A failure with its code, its remedy (as hint) and its request id. */
void log_failure(enum log_level level, const struct log_ctx *ctx,
                 const char *message, const struct err *err);

/* Write `url` without its query part into `text`. Returns `text`. */
const char *log_url(const char *url, char *text, size_t size);

#endif
