/*
 * html - text in HTML, escaped and made safe to show (base/shown.h); what is
 * written is well-formed XML, too.
 */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include <stdint.h>

#include "base/buf.h"

/* Nothing in `text` is markup; characters that XML forbids are U+FFFD. */
void html_text(struct buf *html, const char *text);

/* <tag class="class">text</tag>; `tag` and `class` are ours. */
void html_element(struct buf *html, const char *tag, const char *class,
                  const char *text);

/* A name, which may be broken behind '_', '-' and '.'; as a <td>. */
void html_name(struct buf *html, const char *name);
size_t html_longest_part(const char *name); /* between these, in bytes */
void html_cell(struct buf *html, const char *name);

/* "2026-01-02T03:04:05Z" as "2026-01-02 03:04:05". */
void html_time(struct buf *html, const char *time);

/* "1,234,567" */
void html_number(struct buf *html, int64_t number);

/* An element around a number, or around "12.3 MB". */
void html_count(struct buf *html, const char *tag, int64_t count);
void html_bytes(struct buf *html, const char *tag, int64_t bytes);

#endif
