/*
 * lines - cut a byte stream into whole lines.
 *
 * A line that lies within one chunk is handed on where it is; only one that
 * crosses chunks is put together, in a buffer whose ceiling is the longest
 * line allowed. What is beyond the ceiling is counted and thrown away, so
 * memory does not depend on the stream.
 */
#ifndef JSON_LINES_H
#define JSON_LINES_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

struct line {
    struct span text; /* without its newline; borrowed for the call. Of a line
                        * that is too long only the beginning */
    uint64_t number;  /* from 1, blank lines included */
    uint64_t offset;  /* of its first byte in the stream */
    bool too_long;
};

/* A failure stops lines_feed(), which returns it. */
typedef bool lines_on_line(void *ctx, const struct line *line, struct err *err);

struct lines {
    lines_on_line *on_line;
    void *ctx;
    struct buf carry; /* of a line that crosses chunks */
    uint64_t number;  /* of the current line */
    uint64_t start;   /* stream offset of its first byte */
    uint64_t offset;  /* stream bytes taken so far; read only */
    bool too_long;    /* the current one */
};

void lines_init(struct lines *lines, size_t longest_bytes,
                lines_on_line *on_line, void *ctx);
void lines_free(struct lines *lines);

MUST_CHECK bool
lines_feed(struct lines *lines, struct span chunk, struct err *err);

/* The stream is over: a last line may lack its newline. */
MUST_CHECK bool lines_finish(struct lines *lines, struct err *err);

#endif
