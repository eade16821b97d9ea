#include "pg/script.h"

#include <ctype.h>

static bool
is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' ||
           (unsigned char)c >= 0x80;
}

/* The length of a quoted string or name. A doubled quote ends one string and
 * begins the next, which gives the same split. */
static size_t
quoted_length(struct span text, bool has_escapes)
{
    char quote = text.bytes[0];
    size_t at = 1;

    while (at < text.length && text.bytes[at] != quote)
        at += has_escapes && text.bytes[at] == '\\' ? 2 : 1;
    return at < text.length ? at + 1 : text.length;
}

static size_t
line_comment_length(struct span text)
{
    const char *end = memchr(text.bytes, '\n', text.length);

    return end != NULL ? (size_t)(end - text.bytes) : text.length;
}

/* Block comments nest. */
static size_t
block_comment_length(struct span text)
{
    size_t at = 2;
    int depth = 1;

    while (depth > 0 && at < text.length) {
        struct span rest = span_tail(text, at);

        if (span_starts(rest, "*/"))
            depth--;
        else if (span_starts(rest, "/*"))
            depth++;
        else {
            at++;
            continue;
        }
        at += 2;
    }
    return at;
}

/* The length of $$...$$ or $tag$...$tag$; 0 if the "$" does not begin one. */
static size_t
dollar_quoted_length(struct span text)
{
    size_t tag = 1;

    while (tag < text.length && text.bytes[tag] != '$' &&
           is_name(text.bytes[tag]))
        tag++;
    if (tag == text.length || text.bytes[tag] != '$' ||
        isdigit((unsigned char)text.bytes[1]))
        return 0;
    tag++;
    for (size_t at = tag; at + tag <= text.length; at++)
        if (memcmp(text.bytes + at, text.bytes, tag) == 0)
            return at + tag;
    return text.length;
}

/* The length of a name, a number or a parameter, or of a string with a letter
 * before it such as E'...'. */
static size_t
word_length(struct span text)
{
    size_t at = 1;

    while (at < text.length && is_name(text.bytes[at]))
        at++;
    if (at == 1 && at < text.length && text.bytes[at] == '\'')
        at += quoted_length(span_tail(text, at),
                            text.bytes[0] == 'E' || text.bytes[0] == 'e');
    return at;
}

/* The length of the comment that begins here; 0 if none does. */
static size_t
comment_length(struct span text)
{
    if (span_starts(text, "--"))
        return line_comment_length(text);
    return span_starts(text, "/*") ? block_comment_length(text) : 0;
}

static size_t
token_length(struct span text)
{
    char c = text.bytes[0];
    size_t length = comment_length(text);

    if (length > 0)
        return length;
    if (c == '\'' || c == '"')
        return quoted_length(text, false);
    if (c == '$')
        length = dollar_quoted_length(text);
    if (length > 0)
        return length;
    return is_name(c) ? word_length(text) : 1;
}

/* The text after its leading blanks and comments. */
static struct span
skip_blank(struct span text)
{
    for (;;) {
        size_t length;

        while (text.length > 0 && isspace((unsigned char)text.bytes[0]))
            text = span_tail(text, 1);
        length = comment_length(text);
        if (length == 0)
            return text;
        text = span_tail(text, length);
    }
}

bool
script_next(struct span *script, struct span *statement)
{
    for (;;) {
        struct span text = skip_blank(*script);
        size_t at = 0;

        while (at < text.length && text.bytes[at] != ';')
            at += token_length(span_tail(text, at));
        *statement = span_trim(span_head(text, at));
        *script = span_tail(text, at < text.length ? at + 1 : at);
        if (statement->length > 0)
            return true;
        if (script->length == 0)
            return false;
    }
}
