/*
 * err - why something could not be done, carried up to whoever decides.
 *
 * A function that can fail returns bool, takes a `struct err *` last, and on
 * failure fills it exactly once before returning false. Nobody logs on the
 * way up: callers may add context with err_wrap(), and the one that handles
 * the failure - retries it, rejects the row, or gives up - logs it. What is
 * filled in is redacted: it may quote what came from outside. Each failure
 * has a code of base/messages.def, which says what to do about it.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>

#include "base/message.h"
#include "base/span.h"

struct err {
    enum err_kind kind;
    char code[40];       /* of messages.def, or given by others: SQLSTATE */
    char message[2048];  /* lower case, no full stop, cut short if too long */
    char hint[512];      /* instead of the table's remedy, or "" */
    char request_id[64]; /* of the HTTP answer that said so, or "" */
};

#define MUST_CHECK           __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, va) __attribute__((format(printf, fmt, va)))

/* Fill `err`: code, its kind, and message, nothing else. Always returns false,
 * so a failing function ends with `return err_set(...)`. */
bool err_set(struct err *err, enum msg msg, const char *format, ...)
    PRINTF_LIKE(3, 4);
bool err_vset(struct err *err, enum msg msg, const char *format, va_list args)
    PRINTF_LIKE(3, 0);

/* ERR_ROW: "<text>" is no <what>; a long text is cut. Always returns false. */
bool err_not_a(struct span text, const char *what, struct err *err);

/* Put "context: " in front of the message. Always returns false. */
bool err_wrap(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* Put ": detail" behind the message. Always returns false. */
bool err_add(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* Here the failure is of another kind than the table says. Always returns
 * false, as do the next three. */
bool err_as(struct err *err, enum err_kind kind);

/* Another code, by which others know it; one that others gave. The kind stays.
 */
bool err_code(struct err *err, enum msg msg);
bool err_given(struct err *err, const char *code);

/* What can be done here, where that is more than the table's remedy. */
bool err_hint(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

bool err_is(const struct err *err, enum msg msg);

/* The hint, or the table's remedy: never "" when there is a code. */
const char *err_remedy(const struct err *err);

/* The status (sysexits) a program ends with when this is its worst failure,
 * and which of two statuses is worse. Of ERR_ROW: 65. */
int err_exit_status(enum err_kind kind);
int err_worse_status(int a, int b);

#endif
