/* lines: splitting a stream into two chunks, at any place, must not change its
 * lines. */
#include <stdint.h>
#include <stdlib.h>

#include "json/lines.h"

enum { CEILING = 12 /* low, so that many lines exceed it */ };

#define PRIME 1099511628211U

/* Add a line, its number and its offset to a digest that depends on the order
 * of the lines. */
static bool
digest_line(void *ctx, const struct line *line, struct err *err)
{
    uint64_t *digest = ctx;

    (void)err;
    if (line->text.length > CEILING)
        abort();
    for (size_t i = 0; i < line->text.length; i++)
        *digest = *digest * PRIME + (uint8_t)line->text.bytes[i] + 1;
    *digest = *digest * PRIME + line->number;
    *digest = *digest * PRIME + line->offset;
    *digest = *digest * PRIME + line->too_long;
    return true;
}

static uint64_t
digest_cut_at(struct span stream, size_t cut)
{
    uint64_t digest = 14695981039346656037U;
    struct lines lines;
    struct err err = {0};

    lines_init(&lines, CEILING, digest_line, &digest);
    if (!lines_feed(&lines, span_head(stream, cut), &err) ||
        !lines_feed(&lines, span_tail(stream, cut), &err) ||
        !lines_finish(&lines, &err) || lines.offset != stream.length)
        abort();
    lines_free(&lines);
    return digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span stream = span_of((const char *)data, size);
    uint64_t whole = digest_cut_at(stream, size);

    for (size_t cut = 0; cut < size; cut++)
        if (digest_cut_at(stream, cut) != whole)
            abort();
    return 0;
}
