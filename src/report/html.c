#include "report/html.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/shown.h"
#include "base/size.h"

enum {
    TEXT_CEILING = 64 * 1024 * 1024,
    NAME_PART_BYTES = 128,
    TIME_LENGTH = 19 /* without the Z */
};

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

static size_t
part_length(const char *name)
{
    size_t length = strcspn(name, "_-.");

    return length + (name[length] != '\0');
}

size_t
html_longest_part(const char *name)
{
    size_t longest = 0;

    while (*name != '\0') {
        size_t length = part_length(name);

        longest = length > longest ? length : longest;
        name += length;
    }
    return longest;
}

void
html_name(struct buf *html, const char *name)
{
    char part[NAME_PART_BYTES];

    while (*name != '\0') {
        size_t length = part_length(name);

        if (length >= sizeof(part))
            break;
        snprintf(part, sizeof(part), "%.*s", (int)length, name);
        html_text(html, part);
        name += length;
        if (*name != '\0')
            buf_append_str(html, "<wbr />");
    }
    html_text(html, name);
}

void
html_cell(struct buf *html, const char *name)
{
    buf_append_str(html, "<td>");
    html_name(html, name);
    buf_append_str(html, "</td>");
}

void
html_time(struct buf *html, const char *time)
{
    buf_printf(html, "%.10s", time);
    if (strlen(time) >= TIME_LENGTH)
        buf_printf(html, " %.8s", time + 11);
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
    char text[SIZE_BYTES];

    html_element(html, tag, "number", size_rough(bytes, text));
}
