/*
 * html - text in HTML, escaped and made safe to show (base/shown.h); what is
 * written is well-formed XML, too.
 */
#ifndef APP_HTML_H
#define APP_HTML_H

#include <stdint.h>

#include "base/buf.h"

/* Nothing in `text` is markup; characters that XML forbids are U+FFFD. */
void html_text(struct buf *html, const char *text);

/* <tag class="class">text</tag>; `tag` and `class` are ours. */
void html_element(struct buf *html, const char *tag, const char *class,
                  const char *text);

/* "1,234,567" */
void html_number(struct buf *html, int64_t number);

/* An element around a number, or around "12.3 MB". */
void html_count(struct buf *html, const char *tag, int64_t count);
void html_bytes(struct buf *html, const char *tag, int64_t bytes);

#endif
