/*
 * err - why something could not be done, carried up to whoever decides.
 *
 * A function that can fail returns bool, takes a `struct err *` last, and on
 * failure fills it exactly once before returning false. Nobody logs on the
 * way up: callers may add context with err_wrap(), and the one that handles
 * the failure - retries it, rejects the row, or gives up - logs it. What is
 * filled in is redacted: it may quote what came from outside.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

/* What the handler should do, not where it happened. */
enum err_kind {
    ERR_NONE = 0,
    ERR_ROW,       /* this line or value is bad: reject it and go on */
    ERR_TRANSIENT, /* the same request may work later: back off and retry */
    ERR_LATER,     /* given up for now: locked, no slot, out of reach (75) */
    ERR_STOPPED,   /* a signal asked us to stop (75) */
    ERR_FAILED,    /* this job failed for good (69) */
    ERR_DENIED,    /* credentials, scopes or rights (77) */
    ERR_CONFIG,    /* configuration or query (78) */
    ERR_USAGE,     /* the command line (64) */
    ERR_BUG        /* we broke a promise of our own (70) */
};

struct err {
    enum err_kind kind;
    char code[40];       /* short and stable: SQLSTATE, ACCESS_DENIED, "" */
    char message[1024];  /* lower case, no full stop, cut short if too long */
    char hint[512];      /* what the operator can do, or "" */
    char request_id[64]; /* of the HTTP answer that said so, or "" */
};

#define MUST_CHECK           __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, va) __attribute__((format(printf, fmt, va)))

/* Fill `err`: kind and message, nothing else. Always returns false, so a
 * failing function ends with `return err_set(...)`. */
bool err_set(struct err *err, enum err_kind kind, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Put "context: " in front of the message. Always returns false. */
bool err_wrap(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* Put ": detail" behind the message. Always returns false. */
bool err_add(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* Add the stable code, or what the operator can do. Always return false. */
bool err_code(struct err *err, const char *code);
bool err_hint(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* The status (sysexits) a program ends with when this is its worst failure,
 * and which of two statuses is worse. Of ERR_ROW: 65. */
int err_exit_status(enum err_kind kind);
int err_worse_status(int a, int b);

#endif
