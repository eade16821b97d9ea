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
#include <string.h>

#include "base/err.h"
#include "base/span.h"

struct buf {
    char *bytes;     /* owned; read only; NULL before the first append */
    size_t length;   /* read only */
    size_t capacity; /* read only; the length where it overflowed */
    size_t ceiling;  /* most bytes it may hold */
    bool overflowed;
};

/* Nothing is allocated before the first append. */
struct buf buf_with_ceiling(size_t ceiling);
void buf_free(struct buf *buf);

/* Empty it; gives memory back where it grew past `keep` bytes. */
void buf_clear(struct buf *buf);
void buf_shrink(struct buf *buf, size_t keep);

/* In the header, as is what it needs: rows are put together by millions of
 * these. */
static inline void
buf_append(struct buf *buf, const void *bytes, size_t length);
void buf_append_str(struct buf *buf, const char *text);
void buf_append_span(struct buf *buf, struct span span);
void buf_append_char(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);

/* Append `text` as a JSON string with its quotes. What shown.h does not show
 * is escaped; a byte that is not UTF-8 becomes U+FFFD. */
void buf_append_json(struct buf *buf, struct span text);

/* Room for `length` > 0 more bytes at the end, or NULL on overflow; what was
 * written there is kept by buf_extend(). */
static inline char *buf_reserve(struct buf *buf, size_t length);
static inline void buf_extend(struct buf *buf, size_t length);

/* "" when nothing was appended. */
const char *buf_str(const struct buf *buf);
struct span buf_span(const struct buf *buf);

/* ---- what is inlined --------------------------------------------------- */

/* Where there is no room yet. */
char *buf_make_room(struct buf *buf, size_t length);

static inline char *
buf_reserve(struct buf *buf, size_t length)
{
    if (buf->capacity - buf->length < length)
        return buf_make_room(buf, length);
    return buf->bytes + buf->length;
}

static inline void
buf_extend(struct buf *buf, size_t length)
{
    buf->length += length;
    buf->bytes[buf->length] = '\0';
}

static inline void
buf_append(struct buf *buf, const void *bytes, size_t length)
{
    char *room = length > 0 ? buf_reserve(buf, length) : NULL;

    if (room == NULL)
        return;
    memcpy(room, bytes, length);
    buf_extend(buf, length);
}

#endif
