#include "base/shown.h"

#include "base/utf8.h"

/* The ranges of code points that are not shown. */
static const struct range {
    uint32_t first;
    uint32_t last;
} hostile[] = {
    {0x0, 0x1f},      /* C0 controls */
    {0x7f, 0x9f},     /* DEL and C1 controls */
    {0x61c, 0x61c},   /* ALM */
    {0x200e, 0x200f}, /* LRM, RLM */
    {0x2028, 0x202e}, /* line, paragraph; LRE, RLE, PDF, LRO, RLO */
    {0x2066, 0x206f}, /* isolates, and deprecated ones */
    {0xfeff, 0xfeff}, /* byte order mark */
    {0xfff9, 0xfffb}, /* interlinear annotation */
    {0xfffe, 0xffff}, /* not characters */
};

static bool
is_hostile(uint32_t code)
{
    for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++)
        if (code >= hostile[i].first && code <= hostile[i].last)
            return true;
    return false;
}

/* The code point of a well-formed character of `length` >= 2 bytes. */
static uint32_t
decode(const unsigned char *bytes, size_t length)
{
    uint32_t code = bytes[0] & (0xffU >> (length + 1));

    for (size_t i = 1; i < length; i++)
        code = code << 6 | (bytes[i] & 0x3fU);
    return code;
}

struct shown_char
shown_char(struct span text)
{
    const unsigned char *bytes = (const unsigned char *)text.bytes;
    struct shown_char c = {1, bytes[0], true, false};

    if (bytes[0] >= 0x80) {
        size_t length = utf8_character_length(text.bytes, text.length);

        if (length == 0)
            return (struct shown_char){1, bytes[0], false, true};
        c.length = length;
        c.code = decode(bytes, length);
    }
    c.is_hostile = is_hostile(c.code);
    return c;
}

bool
shown_is_safe(struct span text)
{
    while (text.length > 0) {
        struct shown_char c = shown_char(text);

        if (c.is_hostile)
            return false;
        text = span_tail(text, c.length);
    }
    return true;
}

static void
append_escape(struct buf *buf, const struct shown_char *c)
{
    if (!c->is_valid)
        buf_printf(buf, "\\x%02x", c->code);
    else if (c->code == '\n')
        buf_append_str(buf, "\\n");
    else if (c->code == '\r')
        buf_append_str(buf, "\\r");
    else if (c->code == '\t')
        buf_append_str(buf, "\\t");
    else
        buf_printf(buf, "\\u%04x", c->code);
}

static void
append(struct buf *buf, struct span text, bool as_lines)
{
    while (text.length > 0) {
        struct shown_char c = shown_char(text);

        if (!c.is_hostile || (as_lines && (c.code == '\n' || c.code == '\t')))
            buf_append(buf, text.bytes, c.length);
        else
            append_escape(buf, &c);
        text = span_tail(text, c.length);
    }
}

void
shown_append(struct buf *buf, struct span text)
{
    append(buf, text, false);
}

void
shown_append_lines(struct buf *buf, struct span text)
{
    append(buf, text, true);
}
