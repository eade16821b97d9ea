/* Strings with escapes, and block strings between three quotation marks. A
 * decoded string is never longer than its source, so its buffer has the size
 * of the source. */
#include <stdint.h>
#include <string.h>

#include "base/hex.h"
#include "graphql/lexer.h"

static const char block_quote[] = "\"\"\"";

static bool
unclosed(const struct gql_lexer *lexer, const struct gql_token *token,
         struct err *err)
{
    return gql_error(err, MSG_QUERY_SYNTAX, lexer->document, token->pos,
                     "this string is not closed");
}

/* ---- "…" ---------------------------------------------------------------- */

/* The number of bytes before the closing quotation mark. If it is missing:
 * before the end of the line or of the text. */
static size_t
length_to_quote(struct span text)
{
    size_t length = 0;

    while (length < text.length && strchr("\"\n\r", text.bytes[length]) == NULL)
        length += text.bytes[length] == '\\' && length + 1 < text.length &&
                          strchr("\n\r", text.bytes[length + 1]) == NULL
                      ? 2
                      : 1;
    return length;
}

static char *
append_utf8(char *out, unsigned code)
{
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    unsigned length = code < 0x80      ? 1
                      : code < 0x800   ? 2
                      : code < 0x10000 ? 3
                                       : 4;

    for (unsigned i = length; i-- > 1; code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)(length == 1 ? code : lead[length] | code);
    return out + length;
}

/* Read at most `most` hexadecimal digits, and set `length` to their number. A
 * result above U+10FFFF does not grow further, so that it cannot overflow. */
static unsigned
read_hex(struct span text, size_t most, size_t *length)
{
    unsigned code = 0;

    *length = 0;
    while (*length < most && *length < text.length) {
        int digit = hex_digit(text.bytes[*length]);

        if (digit < 0)
            break;
        if (code <= 0x10ffff)
            code = code * 16 + (unsigned)digit;
        (*length)++;
    }
    return code;
}

/* Read an escape that begins with "\u". Return its length, or 0 if it is
 * malformed. */
static size_t
read_unicode_escape(struct span text, unsigned *code)
{
    size_t digits;

    if (text.length > 2 && text.bytes[2] == '{') {
        *code = read_hex(span_tail(text, 3), text.length, &digits);
        if (digits == 0 || text.length < digits + 4 ||
            text.bytes[digits + 3] != '}')
            return 0;
        return digits + 4;
    }
    *code = read_hex(span_tail(text, 2), 4, &digits);
    return digits == 4 ? 6 : 0;
}

static bool
is_surrogate(unsigned code)
{
    return code >= 0xd800 && code < 0xe000;
}

/* Read an escape, or two that are a pair of surrogates. Return their length, or
 * 0 if malformed. A surrogate without its other half becomes `code`; the caller
 * refuses it. */
static size_t
read_code_point(struct span text, unsigned *code)
{
    size_t length = read_unicode_escape(text, code);
    size_t second;
    unsigned low;

    if (length != 6 || *code < 0xd800 || *code >= 0xdc00 ||
        !span_starts(span_tail(text, length), "\\u"))
        return length;
    second = read_unicode_escape(span_tail(text, length), &low);
    if (second != 6 || low < 0xdc00 || low >= 0xe000)
        return length;
    *code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
    return length + second;
}

/* Decode an escape that begins with "\u". GraphQL allows U+0000, but strings
 * here end in NUL, so it is refused. */
static bool
decode_unicode(struct gql_lexer *lexer, char **out, struct err *err)
{
    unsigned code;
    size_t length = read_code_point(lexer->rest, &code);

    if (length == 0)
        return gql_error(err, MSG_QUERY_SYNTAX, lexer->document, lexer->pos,
                         "expected \\u with four hexadecimal digits or "
                         "\\u{...}");
    if (code == 0 || code > 0x10ffff || is_surrogate(code))
        return gql_error(err, MSG_QUERY_SYNTAX, lexer->document, lexer->pos,
                         "\"%.*s\" is not a character", (int)length,
                         lexer->rest.bytes);
    *out = append_utf8(*out, code);
    gql_lexer_skip(lexer, length);
    return true;
}

/* The lexer is at a backslash, which is not the last character. */
static bool
decode_escape(struct gql_lexer *lexer, char **out, struct err *err)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    char c = lexer->rest.bytes[1];
    const char *letter = strchr(letters, c);

    if (c == 'u')
        return decode_unicode(lexer, out, err);
    if (letter == NULL)
        return gql_error(err, MSG_QUERY_SYNTAX, lexer->document, lexer->pos,
                         "unknown escape \"\\%c\" in a string; a backslash "
                         "is written \\\\",
                         c);
    *(*out)++ = meanings[letter - letters];
    gql_lexer_skip(lexer, 2);
    return true;
}

static bool
read_quoted(struct gql_lexer *lexer, struct gql_token *token, struct err *err)
{
    size_t length;
    const char *end;
    char *out;

    gql_lexer_skip(lexer, 1);
    length = length_to_quote(lexer->rest);
    if (length >= lexer->rest.length || lexer->rest.bytes[length] != '"')
        return unclosed(lexer, token, err);
    end = lexer->rest.bytes + length;
    token->text = out = arena_bytes(lexer->arena, length + 1);
    while (lexer->rest.bytes < end) {
        if (lexer->rest.bytes[0] == '\\') {
            if (!decode_escape(lexer, &out, err))
                return false;
        } else {
            *out++ = lexer->rest.bytes[0];
            gql_lexer_skip(lexer, 1);
        }
    }
    *out = '\0';
    gql_lexer_skip(lexer, 1);
    return true;
}

/* ---- block strings: BlockStringValue(), specification section 2.9.4 ----- */

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static const char *
end_of_line(const char *line)
{
    return line + strcspn(line, "\n");
}

/* The number of blanks at the start of a line. */
static size_t
indentation(const char *line)
{
    return strspn(line, " \t");
}

static bool
is_blank_line(const char *line)
{
    return line + indentation(line) == end_of_line(line);
}

/* The least indentation of all lines except the first and blank ones. */
static size_t
common_indentation(const char *text)
{
    size_t common = SIZE_MAX;

    for (const char *line = end_of_line(text); *line != '\0';
         line = end_of_line(line)) {
        line++;
        if (!is_blank_line(line) && indentation(line) < common)
            common = indentation(line);
    }
    return common;
}

/* Remove `common` blanks from the start of every line except the first. A
 * blank line may have fewer. */
static void
remove_indentation(char *text, size_t common)
{
    const char *in = text;
    char *out = text;
    bool first = true;

    for (;;) {
        const char *end = end_of_line(in);

        for (size_t i = 0; !first && i < common && is_blank(*in); i++)
            in++;
        memmove(out, in, (size_t)(end - in));
        out += end - in;
        *out = *end;
        if (*end == '\0')
            return;
        out++;
        in = end + 1;
        first = false;
    }
}

/* Return the text without the blank lines at its start, and cut off those at
 * its end. Each part of the text is looked at once, so that a million blank
 * lines take no time. */
static const char *
without_blank_ends(char *text)
{
    char *end;

    while (is_blank_line(text)) {
        text = text + strcspn(text, "\n");
        if (*text == '\0')
            return text;
        text++;
    }
    end = text + strlen(text);
    for (char *at = end; at > text && (is_blank(at[-1]) || at[-1] == '\n');)
        if (*--at == '\n')
            end = at;
    *end = '\0';
    return text;
}

/* Read one byte, one line end, or one escaped block quote of a block string. A
 * line end becomes LF. */
static char *
read_block_character(struct gql_lexer *lexer, char *out)
{
    if (gql_lexer_skip_newline(lexer)) {
        *out = '\n';
        return out + 1;
    }
    if (span_starts(lexer->rest, "\\\"\"\"")) {
        gql_lexer_skip(lexer, 4);
        memcpy(out, block_quote, 3);
        return out + 3;
    }
    *out = lexer->rest.bytes[0];
    gql_lexer_skip(lexer, 1);
    return out + 1;
}

/* The number of bytes before the closing quotation marks; all, if there are
 * none. */
static size_t
length_to_block_quote(struct span text)
{
    size_t length = 0;

    while (length < text.length &&
           !span_starts(span_tail(text, length), block_quote))
        length += span_starts(span_tail(text, length), "\\\"\"\"") ? 4 : 1;
    return length;
}

static bool
read_block(struct gql_lexer *lexer, struct gql_token *token, struct err *err)
{
    size_t length;
    const char *end;
    char *text, *out;

    gql_lexer_skip(lexer, 3);
    length = length_to_block_quote(lexer->rest);
    if (length == lexer->rest.length)
        return unclosed(lexer, token, err);
    end = lexer->rest.bytes + length;
    text = out = arena_bytes(lexer->arena, length + 1);
    while (lexer->rest.bytes < end)
        out = read_block_character(lexer, out);
    *out = '\0';
    gql_lexer_skip(lexer, 3);
    remove_indentation(text, common_indentation(text));
    token->text = without_blank_ends(text);
    return true;
}

bool
gql_lexer_string(struct gql_lexer *lexer, struct gql_token *token,
                 struct err *err)
{
    token->kind = GQL_TOKEN_STRING;
    return span_starts(lexer->rest, block_quote)
               ? read_block(lexer, token, err)
               : read_quoted(lexer, token, err);
}
