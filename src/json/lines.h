/*
 * lines - cuts a stream of bytes into lines.
 *
 * A line within one chunk is passed on without copying. A line that spans
 * several chunks is assembled in a buffer, whose ceiling is the longest line
 * allowed. Bytes beyond the ceiling are counted and dropped, so the memory does
 * not depend on the stream.
 */
#ifndef JSON_LINES_H
#define JSON_LINES_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

struct line {
    struct span text; /* without its newline; borrowed for the call. If the
                       * line is too long, only its beginning */
    uint64_t number;  /* from 1; blank lines count */
    uint64_t offset;  /* of its first byte in the stream */
    bool too_long;
};

/* Called for each line. If it fails, so does lines_feed(). */
typedef bool lines_on_line(void *ctx, const struct line *line, struct err *err);

struct lines {
    lines_on_line *on_line;
    void *ctx;
    struct buf carry; /* the beginning of a line that spans several chunks */
    uint64_t number;  /* of the current line */
    uint64_t start;   /* stream offset of its first byte */
    uint64_t offset;  /* bytes of the stream so far; read only */
    bool too_long;    /* of the current line */
};

void lines_init(struct lines *lines, size_t longest_bytes,
                lines_on_line *on_line, void *ctx);
void lines_free(struct lines *lines);

/* Continue a stream whose lines before were taken earlier: the next line has
 * this number and begins at this offset. Call it after lines_init(). */
void lines_continue(struct lines *lines, uint64_t number, uint64_t offset);

MUST_CHECK bool
lines_feed(struct lines *lines, struct span chunk, struct err *err);

/* The stream has ended. The last line may lack its newline. */
MUST_CHECK bool lines_finish(struct lines *lines, struct err *err);

/* End the input, and ignore a last line without a newline. */
void lines_cut(struct lines *lines);

#endif
