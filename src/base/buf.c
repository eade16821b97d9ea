/*
 * Growth, numbers and JSON strings; buf.h has what is inlined.
 *
 * Hazards. After an overflow `capacity` equals `length`, so that every append
 * takes the slow path, and fails there. A JSON string is often long and plain:
 * plain_length() looks at many bytes at once.
 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/shown.h"
#include "base/step.h"

enum { FIRST_CAPACITY = 256, NUMBER_BYTES = 20 };

struct buf
buf_with_ceiling(size_t ceiling)
{
    return (struct buf){.ceiling = ceiling};
}

char *
buf_give(struct buf *buf)
{
    char *bytes = buf->bytes;

    *buf = buf_with_ceiling(buf->ceiling);
    return bytes;
}

void
buf_free(struct buf *buf)
{
    free(buf->bytes);
    *buf = buf_with_ceiling(buf->ceiling);
}

void
buf_clear(struct buf *buf)
{
    buf->length = 0;
    buf->overflowed = false;
    if (buf->bytes != NULL)
        buf->bytes[0] = '\0';
}

void
buf_shrink(struct buf *buf, size_t keep)
{
    if (buf->capacity > keep && buf->length <= keep) {
        buf->bytes = mem_resize(buf->bytes, keep + 1);
        buf->capacity = keep;
    }
}

/* Grow to hold `wanted` bytes. The capacity doubles, up to the ceiling. */
static void
grow(struct buf *buf, size_t wanted)
{
    size_t capacity = buf->capacity > 0 ? buf->capacity : FIRST_CAPACITY;

    while (capacity < wanted)
        capacity *= 2;
    if (capacity > buf->ceiling)
        capacity = buf->ceiling;
    buf->bytes = mem_resize(buf->bytes, capacity + 1);
    buf->capacity = capacity;
}

char *
buf_make_room(struct buf *buf, size_t length)
{
    if (buf->overflowed || length > buf->ceiling - buf->length) {
        buf->overflowed = true;
        buf->capacity = buf->length;
        return NULL;
    }
    grow(buf, buf->length + length);
    buf->bytes[buf->length] = '\0'; /* also if nothing is appended */
    return buf->bytes + buf->length;
}

void
buf_append_str(struct buf *buf, const char *text)
{
    buf_append(buf, text, strlen(text));
}

void
buf_append_span(struct buf *buf, struct span span)
{
    buf_append(buf, span.bytes, span.length);
}

void
buf_append_char(struct buf *buf, char c)
{
    buf_append(buf, &c, 1);
}

void
buf_append_number(struct buf *buf, int64_t number)
{
    char digits[NUMBER_BYTES];
    size_t at = sizeof(digits);
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;

    do
        digits[--at] = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (number < 0)
        digits[--at] = '-';
    buf_append(buf, digits + at, sizeof(digits) - at);
}

void
buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args, again;
    int length;
    char *room;

    va_start(args, format);
    va_copy(again, args);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    room = length > 0 ? buf_reserve(buf, (size_t)length) : NULL;
    if (room != NULL) {
        vsnprintf(room, (size_t)length + 1, format, again);
        buf_extend(buf, (size_t)length);
    }
    va_end(again);
}

/* The escape of a character that cannot be in a JSON string, or must not be
 * shown. */
static void
append_json_escape(struct buf *buf, const struct shown_char *c)
{
    if (!c->is_valid)
        buf_append_str(buf, "\\ufffd");
    else if (c->code == '\n')
        buf_append_str(buf, "\\n");
    else if (c->code == '\r')
        buf_append_str(buf, "\\r");
    else if (c->code == '\t')
        buf_append_str(buf, "\\t");
    else
        buf_printf(buf, "\\u%04x", c->code);
}

static bool
is_plain(char c)
{
    return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

/* The number of bytes before the next one that may need an escape. */
static size_t
plain_length(struct span text)
{
    size_t i = 0;

    for (; i + STEP <= text.length; i += STEP) {
        step_bytes bytes = step_load(text.bytes + i);
        step_found found = step_find((bytes < ' ') | (bytes > '~') |
                                     (bytes == '"') | (bytes == '\\'));

        if (found != 0)
            return i + step_first(found);
    }
    while (i < text.length && is_plain(text.bytes[i]))
        i++;
    return i;
}

/* Append the first character of `text`; returns its length. */
static size_t
append_json_char(struct buf *buf, struct span text)
{
    struct shown_char c = shown_char(text);

    if (c.is_hostile) {
        append_json_escape(buf, &c);
        return c.length;
    }
    if (c.code == '"' || c.code == '\\')
        buf_append_char(buf, '\\');
    buf_append(buf, text.bytes, c.length);
    return c.length;
}

void
buf_append_json(struct buf *buf, struct span text)
{
    buf_append_char(buf, '"');
    while (text.length > 0) {
        size_t plain = plain_length(text);

        buf_append(buf, text.bytes, plain);
        text = span_tail(text, plain);
        if (text.length > 0)
            text = span_tail(text, append_json_char(buf, text));
    }
    buf_append_char(buf, '"');
}

const char *
buf_str(const struct buf *buf)
{
    return buf->bytes != NULL ? buf->bytes : "";
}

struct span
buf_span(const struct buf *buf)
{
    return span_of(buf_str(buf), buf->length);
}
