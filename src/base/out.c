#include "base/out.h"

#include <errno.h>

#include "base/buf.h"
#include "base/shown.h"

enum { TEXT_CEILING = 256 * 1024 * 1024 };

static int first_errno;

static void
note_failure(const FILE *to)
{
    if (to == stdout && first_errno == 0)
        first_errno = errno != 0 ? errno : EIO;
}

static void
put(FILE *to, const struct buf *text)
{
    errno = 0;
    if (text->length > 0 &&
        fwrite(text->bytes, 1, text->length, to) != text->length)
        note_failure(to);
}

PRINTF_LIKE(2, 0)

static void
format_text(struct buf *text, const char *format, va_list args)
{
    va_list again;
    int length;

    va_copy(again, args);
    length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length > 0 && buf_reserve(text, (size_t)length) != NULL) {
        vsnprintf(text->bytes, (size_t)length + 1, format, args);
        buf_extend(text, (size_t)length);
    }
}

PRINTF_LIKE(2, 0)

static void
put_one_line(FILE *to, const char *format, va_list args, const char *end)
{
    struct buf text = buf_with_ceiling(TEXT_CEILING);
    struct buf shown = buf_with_ceiling(TEXT_CEILING);

    format_text(&text, format, args);
    shown_append(&shown, buf_span(&text));
    buf_append_str(&shown, end);
    put(to, &shown);
    buf_free(&text);
    buf_free(&shown);
}

void
out_line(FILE *to, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put_one_line(to, format, args, "\n");
    va_end(args);
}

void
out_part(FILE *to, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put_one_line(to, format, args, "");
    va_end(args);
}

void
out_lines(FILE *to, struct span text)
{
    struct buf shown = buf_with_ceiling(TEXT_CEILING);

    shown_append_lines(&shown, text);
    put(to, &shown);
    buf_free(&shown);
}

void
out_printf(FILE *to, const char *format, ...)
{
    struct buf text = buf_with_ceiling(TEXT_CEILING);
    va_list args;

    va_start(args, format);
    format_text(&text, format, args);
    va_end(args);
    out_lines(to, buf_span(&text));
    buf_free(&text);
}

void
out_flush(void)
{
    errno = 0;
    if (fflush(stdout) != 0 || ferror(stdout))
        note_failure(stdout);
}

int
out_errno(void)
{
    return first_errno;
}
