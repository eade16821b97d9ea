/*
 * buf - a buffer of bytes that grows up to a ceiling.
 *
 * An overflow is permanent. If an append would exceed the ceiling, the buffer
 * is marked `overflowed`, and every later append does nothing. The caller
 * checks once, at the end. A NUL always follows the bytes and is not counted.
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
    size_t capacity; /* read only; equals `length` after an overflow */
    size_t ceiling;  /* the largest length */
    bool overflowed;
};

/* Nothing is allocated before the first append. */
struct buf buf_with_ceiling(size_t ceiling);
void buf_free(struct buf *buf);

/* Empty the buffer, and keep its memory. */
void buf_clear(struct buf *buf);

/* Give the memory to the caller, who frees it; NULL: there is none. The buffer
 * is empty then. */
char *buf_give(struct buf *buf);

/* Give back the memory above `keep` bytes, if it is not in use. */
void buf_shrink(struct buf *buf, size_t keep);

/* It is inlined because building rows takes millions of calls. */
static inline void
buf_append(struct buf *buf, const void *bytes, size_t length);
void buf_append_str(struct buf *buf, const char *text);
void buf_append_span(struct buf *buf, struct span span);
void buf_append_char(struct buf *buf, char c);
void buf_append_number(struct buf *buf, int64_t number);
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);

/* Append `text` as a JSON string, with its quotes. Characters that shown.h does
 * not show are escaped; a byte that is not UTF-8 becomes U+FFFD. */
void buf_append_json(struct buf *buf, struct span text);

/* Room for `length` > 0 more bytes at the end, or NULL on overflow. After the
 * caller has written there, buf_extend() makes the bytes part of the buffer. */
static inline char *buf_reserve(struct buf *buf, size_t length);
static inline void buf_extend(struct buf *buf, size_t length);

/* "" if nothing was appended. */
const char *buf_str(const struct buf *buf);
struct span buf_span(const struct buf *buf);

/* ---- inlined functions ------------------------------------------------- */

/* The slow path of buf_reserve(), if the capacity is not enough. */
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
