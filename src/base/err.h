/*
 * err - why something failed, reported to the caller that decides what to do.
 *
 * A function that can fail returns bool and has a `struct err *` as its last
 * parameter. If it fails, it fills the err exactly once and returns false.
 * Callers on the way up do not log: they may add context with err_wrap(). The
 * caller that handles the failure (retries, rejects the row, or gives up) logs
 * it. All texts are redacted, because they may quote text from outside. Each
 * failure has a code from base/messages.def, and each code has a remedy.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>

#include "base/message.h"
#include "base/span.h"

struct err {
    enum err_kind kind;
    char code[40];       /* from messages.def, or a SQLSTATE or store's code */
    char message[2048];  /* lower case, no full stop; cut if too long */
    char hint[512];      /* replaces the code's remedy, unless "" */
    char request_id[64]; /* of the HTTP answer with the error, or "" */
    int position; /* in the SQL statement, in characters from 1; 0: unknown */
};

#define MUST_CHECK           __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, va) __attribute__((format(printf, fmt, va)))

/* Fill `err` with the code, its kind and the message, and clear the rest.
 * Always returns false, so a failing function ends with
 * `return err_set(...)`. */
bool err_set(struct err *err, enum msg msg, const char *format, ...)
    PRINTF_LIKE(3, 4);
bool err_vset(struct err *err, enum msg msg, const char *format, va_list args)
    PRINTF_LIKE(3, 0);

/* Set ERR_ROW with the message: "<text>" is not a <what>, or "an <what>". A
 * long text is cut. Always returns false. */
bool err_not_a(struct span text, const char *what, struct err *err);

/* Put "context: " before the message. Always returns false. */
bool err_wrap(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* Add ": detail" to the end of the message. Always returns false. */
bool err_add(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* Set a kind that differs from the code's. Always returns false, as do the next
 * three. */
bool err_as(struct err *err, enum err_kind kind);

/* Replace the code by another one of messages.def, or by one that PostgreSQL or
 * the store gave. The kind does not change. */
bool err_code(struct err *err, enum msg msg);
bool err_given(struct err *err, const char *code);

/* Set a hint that is more specific than the code's remedy. */
bool err_hint(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

bool err_is(const struct err *err, enum msg msg);

/* The hint, or else the code's remedy. It is not "" unless the code is. */
const char *err_remedy(const struct err *err);

/* The exit status (sysexits.h) of a program whose worst failure is of this
 * kind, such as 65 for ERR_ROW; and the worse of two statuses. */
int err_exit_status(enum err_kind kind);
int err_worse_status(int a, int b);

#endif
