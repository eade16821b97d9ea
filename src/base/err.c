#include "base/err.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/redact.h"

enum { VALUE_BYTES = 40 /* shown of a bad value */ };

/* Add as much of `text` to the message as fits. */
static void
append(struct err *err, const char *text)
{
    size_t used = strlen(err->message);
    size_t room = sizeof(err->message) - 1 - used;
    size_t length = strlen(text);

    if (length > room)
        length = room;
    memcpy(err->message + used, text, length);
    err->message[used + length] = '\0';
}

bool
err_vset(struct err *err, enum msg msg, const char *format, va_list args)
{
    err->kind = message_at(msg)->kind;
    err_code(err, msg);
    err->hint[0] = err->request_id[0] = '\0';
    vsnprintf(err->message, sizeof(err->message), format, args);
    redact(err->message);
    return false;
}

bool
err_set(struct err *err, enum msg msg, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    err_vset(err, msg, format, args);
    va_end(args);
    return false;
}

bool
err_not_a(struct span text, const char *what, struct err *err)
{
    bool cut = text.length > VALUE_BYTES;

    return err_set(err, MSG_LINE_VALUE, "\"%.*s%s\" is not %s %s",
                   cut ? VALUE_BYTES : (int)text.length, text.bytes,
                   cut ? "…" : "",
                   strchr("aeiou", what[0]) != NULL ? "an" : "a", what);
}

bool
err_wrap(struct err *err, const char *format, ...)
{
    char cause[sizeof(err->message)];
    va_list args;

    memcpy(cause, err->message, sizeof(cause));
    va_start(args, format);
    vsnprintf(err->message, sizeof(err->message), format, args);
    va_end(args);
    redact(err->message);
    append(err, ": ");
    append(err, cause);
    return false;
}

bool
err_add(struct err *err, const char *format, ...)
{
    char detail[sizeof(err->message)];
    va_list args;

    va_start(args, format);
    vsnprintf(detail, sizeof(detail), format, args);
    va_end(args);
    redact(detail);
    append(err, ": ");
    append(err, detail);
    return false;
}

bool
err_as(struct err *err, enum err_kind kind)
{
    err->kind = kind;
    return false;
}

bool
err_code(struct err *err, enum msg msg)
{
    snprintf(err->code, sizeof(err->code), "%s", message_at(msg)->code);
    return false;
}

bool
err_given(struct err *err, const char *code)
{
    snprintf(err->code, sizeof(err->code), "%s", code);
    redact(err->code);
    return false;
}

bool
err_hint(struct err *err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(err->hint, sizeof(err->hint), format, args);
    va_end(args);
    redact(err->hint);
    return false;
}

bool
err_is(const struct err *err, enum msg msg)
{
    return strcmp(err->code, message_at(msg)->code) == 0;
}

const char *
err_remedy(const struct err *err)
{
    return err->hint[0] != '\0' ? err->hint : message_of(err->code)->remedy;
}

int
err_exit_status(enum err_kind kind)
{
    switch (kind) {
    case ERR_NONE:
        return EX_OK;
    case ERR_ROW:
        return EX_DATAERR;
    case ERR_TRANSIENT:
    case ERR_LATER:
    case ERR_STOPPED:
        return EX_TEMPFAIL;
    case ERR_FAILED:
        return EX_UNAVAILABLE;
    case ERR_DENIED:
        return EX_NOPERM;
    case ERR_CONFIG:
        return EX_CONFIG;
    case ERR_OUTPUT:
        return EX_IOERR;
    case ERR_USAGE:
        return EX_USAGE;
    case ERR_BUG:
        return EX_SOFTWARE;
    }
    return EX_SOFTWARE;
}

/* The worst status comes first. */
static const int severity[] = {EX_SOFTWARE, EX_USAGE,       EX_CONFIG,
                               EX_NOPERM,   EX_UNAVAILABLE, EX_TEMPFAIL,
                               EX_DATAERR,  EX_IOERR,       EX_OK};

static size_t
rank(int status)
{
    size_t i = 0;

    while (i < sizeof(severity) / sizeof(severity[0]) - 1 &&
           severity[i] != status)
        i++;
    return i;
}

int
err_worse_status(int a, int b)
{
    return rank(a) <= rank(b) ? a : b;
}
