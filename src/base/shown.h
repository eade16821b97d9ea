/*
 * shown - makes text from outside safe to show.
 *
 * Text from the store, from file names, from the database and from the journal
 * may contain bytes that control a terminal, reorder a line or end it. Every
 * output escapes them: C0 and C1 controls, DEL, bidi controls and the line and
 * paragraph separators become escapes (\n, \u001b, \u202e), which mean the same
 * character in JSON and GraphQL strings. A byte that is not UTF-8 becomes an
 * escape such as \xff.
 */
#ifndef BASE_SHOWN_H
#define BASE_SHOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

/* The character at the start of `text`, which must not be empty. */
struct shown_char {
    size_t length;   /* in bytes */
    uint32_t code;   /* the code point, or the byte if it is not valid */
    bool is_valid;   /* the character is valid UTF-8 */
    bool is_hostile; /* it must be escaped */
};
struct shown_char shown_char(struct span text);

/* True if no character of `text` must be escaped. */
bool shown_is_safe(struct span text);

/* Append `text` as part of one line. */
void shown_append(struct buf *buf, struct span text);

/* Append `text` as lines. Newlines and tabs are kept. */
void shown_append_lines(struct buf *buf, struct span text);

#endif
