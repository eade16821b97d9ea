/*
 * shown - foreign text made safe to show.
 *
 * The store, file names, the database and the journal give us bytes that a
 * terminal would obey, that reorder a line or that end it. Every output passes
 * them through here: C0 and C1 controls, DEL, bidi controls and the line and
 * paragraph separators become escapes (\n, \u001b, \u202e), which JSON and
 * GraphQL strings read as the same characters; a byte that is not UTF-8
 * becomes \xff.
 */
#ifndef BASE_SHOWN_H
#define BASE_SHOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

/* The character at the start of `text`, which is not empty. */
struct shown_char {
    size_t length;   /* in bytes */
    uint32_t code;   /* the code point; the byte, if not valid */
    bool is_valid;   /* UTF-8 */
    bool is_hostile; /* must not be shown as it is */
};
struct shown_char shown_char(struct span text);

/* True if nothing in `text` has to be escaped. */
bool shown_is_safe(struct span text);

/* Append `text` as part of one line. */
void shown_append(struct buf *buf, struct span text);

/* Append `text` as lines: newlines and tabs of it stay. */
void shown_append_lines(struct buf *buf, struct span text);

#endif
