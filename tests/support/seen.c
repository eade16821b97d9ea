/* Records the codes that the unit tests provoke. The linker redirects calls of
 * these functions (WRAPPED in the Makefile). If the environment variable
 * MESSAGES_SEEN names a file, each code is added to it as a line.
 * scripts/check-messages reads that file. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"

#pragma GCC diagnostic ignored "-Wmissing-prototypes"

bool __real_err_code(struct err *err, enum msg msg);
bool __real_err_given(struct err *err, const char *code);
void __real_log_warning(const struct log_ctx *ctx, enum msg msg,
                        const char *message, const struct log_field *fields);

/* Change the limit of file sizes. A test that simulates a full disk lowers it,
 * but that must not affect the file of codes. */
static struct rlimit
limit_files(rlim_t bytes)
{
    struct rlimit before, limit;

    if (getrlimit(RLIMIT_FSIZE, &before) != 0)
        abort();
    limit = before;
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        abort();
    return before;
}

/* Lines are short and appended, so that tests running in parallel do not mix
 * them. */
static void
note(const char *code)
{
    struct rlimit before;
    const char *path = getenv("MESSAGES_SEEN");
    int fd = path != NULL
                 ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)
                 : -1;

    if (fd < 0)
        return;
    before = limit_files(RLIM_INFINITY);
    if (dprintf(fd, "%s\n", code) < 0)
        abort();
    limit_files(before.rlim_cur);
    close(fd);
}

static void
note_once(enum msg msg)
{
    static bool noted[MSG_COUNT];

    if (!noted[msg])
        note(message_at(msg)->code);
    noted[msg] = true;
}

PRINTF_LIKE(3, 4)

bool
__wrap_err_set(struct err *err, enum msg msg, const char *format, ...)
{
    va_list args;

    note_once(msg);
    va_start(args, format);
    err_vset(err, msg, format, args);
    va_end(args);
    return false;
}

bool
__wrap_err_code(struct err *err, enum msg msg)
{
    note_once(msg);
    return __real_err_code(err, msg);
}

bool
__wrap_err_given(struct err *err, const char *code)
{
    note(code);
    return __real_err_given(err, code);
}

void
__wrap_log_warning(const struct log_ctx *ctx, enum msg msg, const char *message,
                   const struct log_field *fields)
{
    note_once(msg);
    __real_log_warning(ctx, msg, message, fields);
}
