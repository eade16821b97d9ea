#include "json/lines.h"

#include <string.h>

/* If the carry has held a huge line, memory above this size is given back. */
enum { CARRY_KEPT_BYTES = 1024 * 1024 };

/* The number of bytes before the first newline of `chunk`, or all of them if it
 * has none. */
static size_t
length_to_newline(struct span chunk)
{
    const char *newline = memchr(chunk.bytes, '\n', chunk.length);

    return newline != NULL ? (size_t)(newline - chunk.bytes) : chunk.length;
}

void
lines_init(struct lines *lines, size_t longest_bytes, lines_on_line *on_line,
           void *ctx)
{
    *lines = (struct lines){.on_line = on_line,
                            .ctx = ctx,
                            .carry = buf_with_ceiling(longest_bytes),
                            .number = 1};
}

void
lines_free(struct lines *lines)
{
    buf_free(&lines->carry);
}

void
lines_continue(struct lines *lines, uint64_t number, uint64_t offset)
{
    lines->number = number;
    lines->start = lines->offset = offset;
}

/* Keep the part of a line at the end of a chunk, up to the ceiling. */
static void
carry(struct lines *lines, struct span part)
{
    size_t room = lines->carry.ceiling - lines->carry.length;

    if (part.length > room) {
        lines->too_long = true;
        part = span_head(part, room);
    }
    buf_append_span(&lines->carry, part);
}

/* The line ends; `rest` is its part in the current chunk. */
static bool
close_line(struct lines *lines, struct span rest, struct err *err)
{
    struct line line = {.number = lines->number, .offset = lines->start};

    if (lines->carry.length > 0 || lines->too_long) {
        carry(lines, rest);
        line.text = buf_span(&lines->carry);
    } else {
        line.text = rest;
        if (rest.length > lines->carry.ceiling) {
            lines->too_long = true;
            line.text = span_head(rest, lines->carry.ceiling);
        }
    }
    line.too_long = lines->too_long;
    if (!lines->on_line(lines->ctx, &line, err))
        return false;
    buf_clear(&lines->carry);
    buf_shrink(&lines->carry, CARRY_KEPT_BYTES);
    lines->too_long = false;
    lines->number++;
    return true;
}

bool
lines_feed(struct lines *lines, struct span chunk, struct err *err)
{
    while (chunk.length > 0) {
        size_t length = length_to_newline(chunk);

        lines->offset += length;
        if (length == chunk.length) {
            carry(lines, chunk);
            return true;
        }
        if (!close_line(lines, span_head(chunk, length), err))
            return false;
        lines->offset++; /* the newline itself */
        lines->start = lines->offset;
        chunk = span_tail(chunk, length + 1);
    }
    return true;
}

void
lines_cut(struct lines *lines)
{
    lines->offset = lines->start;
}

bool
lines_finish(struct lines *lines, struct err *err)
{
    if (lines->offset == lines->start)
        return true;
    return close_line(lines, span_of("", 0), err);
}
