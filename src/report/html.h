/*
 * html - writes text as HTML that is escaped and safe to show (base/shown.h).
 * The output is also well-formed XML.
 */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include <stdint.h>

#include "base/buf.h"

/* Append `text` with its markup escaped. Characters that XML forbids become
 * U+FFFD. */
void html_text(struct buf *html, const char *text);

/* Append <tag class="class">text</tag>. `tag` and `class` are not escaped. */
void html_element(struct buf *html, const char *tag, const char *class,
                  const char *text);

/* Append a name that the browser may break after '_', '-' and '.'. */
void html_name(struct buf *html, const char *name);
/* The longest part of a name between these breaks, in bytes. */
size_t html_longest_part(const char *name);

/* Append a name in a <td>. */
void html_cell(struct buf *html, const char *name);

/* Append "2026-01-02T03:04:05Z" as "2026-01-02 03:04:05". */
void html_time(struct buf *html, const char *time);

/* Append a number such as "1,234,567". */
void html_number(struct buf *html, int64_t number);

/* Append an element with a number, or with a size such as "12.3 MB". */
void html_count(struct buf *html, const char *tag, int64_t count);
void html_bytes(struct buf *html, const char *tag, int64_t bytes);

#endif
