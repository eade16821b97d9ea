#include "app/html.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/shown.h"

enum { TEXT_CEILING = 64 * 1024 * 1024 };

static const char *
entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void
html_text(struct buf *html, const char *text)
{
    struct buf shown = buf_with_ceiling(TEXT_CEILING);

    shown_append(&shown, span_str(text));
    for (const char *c = buf_str(&shown); *c != '\0'; c++) {
        const char *named = entity(*c);

        if (named != NULL)
            buf_append_str(html, named);
        else
            buf_append_char(html, *c);
    }
    buf_free(&shown);
}

void
html_element(struct buf *html, const char *tag, const char *class,
             const char *text)
{
    buf_printf(html, class[0] != '\0' ? "<%s class=\"%s\">" : "<%s%s>", tag,
               class);
    html_text(html, text);
    buf_printf(html, "</%s>", tag);
}

void
html_number(struct buf *html, int64_t number)
{
    char digits[32];
    int length = snprintf(digits, sizeof(digits), "%" PRId64, number);

    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0 && digits[i - 1] != '-')
            buf_append_char(html, ',');
        buf_append_char(html, digits[i]);
    }
}

void
html_count(struct buf *html, const char *tag, int64_t count)
{
    buf_printf(html, "<%s class=\"number\">", tag);
    html_number(html, count);
    buf_printf(html, "</%s>", tag);
}

void
html_bytes(struct buf *html, const char *tag, int64_t bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double size = (double)bytes;
    size_t unit = 0;
    char text[64];

    while (size >= 1000 && unit < 4) {
        size /= 1000;
        unit++;
    }
    snprintf(text, sizeof(text),
             unit == 0 || size >= 100 ? "%.0f %s" : "%.1f %s", size,
             units[unit]);
    html_element(html, tag, "number", text);
}
