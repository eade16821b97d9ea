/*
 * buf - a growing run of bytes with a ceiling.
 *
 * Failure is sticky: once an append would pass the ceiling the buffer is
 * marked `overflowed` and every later append does nothing, so a builder asks
 * once, at the end. The bytes always end in a NUL that is not counted.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/span.h"

struct buf {
    char *bytes;     /* owned; read only; NULL before the first append */
    size_t length;   /* read only */
    size_t capacity; /* read only */
    size_t ceiling;  /* most bytes it may hold */
    bool overflowed;
};

/* Nothing is allocated before the first append. */
struct buf buf_with_ceiling(size_t ceiling);
void buf_free(struct buf *buf);

/* Empty it; gives memory back where it grew past `keep` bytes. */
void buf_clear(struct buf *buf);
void buf_shrink(struct buf *buf, size_t keep);

void buf_append(struct buf *buf, const void *bytes, size_t length);
void buf_append_str(struct buf *buf, const char *text);
void buf_append_span(struct buf *buf, struct span span);
void buf_append_char(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);

/* `text` as a JSON string with its quotes; control bytes escaped. */
void buf_append_json(struct buf *buf, struct span text);

/* Room for `length` more bytes at the end, or NULL on overflow; what was
 * written there is kept by buf_extend(). */
char *buf_reserve(struct buf *buf, size_t length);
void buf_extend(struct buf *buf, size_t length);

/* "" when nothing was appended. */
const char *buf_str(const struct buf *buf);
struct span buf_span(const struct buf *buf);

#endif
