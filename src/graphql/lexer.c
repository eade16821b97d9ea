/*
 * The lexer reads one token at a time from `rest`. A token's position is that
 * of its first character. Columns count characters, as editors do: a byte
 * order mark does not count, and a UTF-8 character counts once. string.c reads
 * strings.
 *
 * Hazard: GraphQL forbids a name or a dot directly after a number, so "1x" is
 * an error, not two tokens. A single dot is not a token either.
 */
#include "graphql/lexer.h"

#include <string.h>

#include "base/utf8.h"

static const char byte_order_mark[] = "\xef\xbb\xbf";

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* The next character; NUL at the end. gql_check_source() refuses a NUL in the
 * source. */
static char
peek(const struct gql_lexer *lexer)
{
    return lexer->rest.length > 0 ? lexer->rest.bytes[0] : '\0';
}

void
gql_lexer_skip(struct gql_lexer *lexer, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((lexer->rest.bytes[i] & 0xc0) != 0x80) /* begins a character */
            lexer->pos.column++;
    lexer->rest = span_tail(lexer->rest, length);
}

bool
gql_lexer_skip_newline(struct gql_lexer *lexer)
{
    char c = peek(lexer);

    if (c != '\n' && c != '\r')
        return false;
    lexer->rest =
        span_tail(lexer->rest, span_starts(lexer->rest, "\r\n") ? 2 : 1);
    lexer->pos.line++;
    lexer->pos.column = 1;
    return true;
}

static void
skip_comment(struct gql_lexer *lexer)
{
    size_t length = 0;

    while (length < lexer->rest.length && lexer->rest.bytes[length] != '\n' &&
           lexer->rest.bytes[length] != '\r')
        length++;
    gql_lexer_skip(lexer, length);
}

/* A byte order mark takes no column, because editors do not show it. */
static bool
skip_byte_order_mark(struct gql_lexer *lexer)
{
    if (!span_starts(lexer->rest, byte_order_mark))
        return false;
    lexer->rest = span_tail(lexer->rest, 3);
    return true;
}

static void
skip_ignored(struct gql_lexer *lexer)
{
    for (;;) {
        char c = peek(lexer);

        if (c == ' ' || c == '\t' || c == ',')
            gql_lexer_skip(lexer, 1);
        else if (c == '#')
            skip_comment(lexer);
        else if (!gql_lexer_skip_newline(lexer) && !skip_byte_order_mark(lexer))
            return;
    }
}

/* The source between `start`, an earlier value of `rest`, and `rest`. */
static struct span
source_since(const struct gql_lexer *lexer, struct span start)
{
    return span_head(start, start.length - lexer->rest.length);
}

static void
read_name(struct gql_lexer *lexer, struct gql_token *token)
{
    struct span start = lexer->rest;

    while (is_name_start(peek(lexer)) || is_digit(peek(lexer)))
        gql_lexer_skip(lexer, 1);
    token->kind = GQL_TOKEN_NAME;
    token->source = source_since(lexer, start);
}

static bool
read_digits(struct gql_lexer *lexer, struct err *err)
{
    if (!is_digit(peek(lexer)))
        return gql_error(err, MSG_QUERY_SYNTAX, lexer->document, lexer->pos,
                         "expected a digit in this number");
    while (is_digit(peek(lexer)))
        gql_lexer_skip(lexer, 1);
    return true;
}

static bool
read_integer_part(struct gql_lexer *lexer, struct err *err)
{
    if (peek(lexer) == '-')
        gql_lexer_skip(lexer, 1);
    if (peek(lexer) != '0')
        return read_digits(lexer, err);
    gql_lexer_skip(lexer, 1);
    if (is_digit(peek(lexer)))
        return gql_error(err, MSG_QUERY_SYNTAX, lexer->document, lexer->pos,
                         "a number cannot have more digits after a leading 0");
    return true;
}

static bool
read_fraction(struct gql_lexer *lexer, struct gql_token *token, struct err *err)
{
    if (peek(lexer) != '.')
        return true;
    token->kind = GQL_TOKEN_FLOAT;
    gql_lexer_skip(lexer, 1);
    return read_digits(lexer, err);
}

static bool
read_exponent(struct gql_lexer *lexer, struct gql_token *token, struct err *err)
{
    if (peek(lexer) != 'e' && peek(lexer) != 'E')
        return true;
    token->kind = GQL_TOKEN_FLOAT;
    gql_lexer_skip(lexer, 1);
    if (peek(lexer) == '+' || peek(lexer) == '-')
        gql_lexer_skip(lexer, 1);
    return read_digits(lexer, err);
}

static bool
read_number(struct gql_lexer *lexer, struct gql_token *token, struct err *err)
{
    struct span start = lexer->rest;

    token->kind = GQL_TOKEN_INT;
    if (!read_integer_part(lexer, err) || !read_fraction(lexer, token, err) ||
        !read_exponent(lexer, token, err))
        return false;
    if (peek(lexer) == '.' || is_name_start(peek(lexer)))
        return gql_error(err, MSG_QUERY_SYNTAX, lexer->document, lexer->pos,
                         "a number cannot be followed by \"%c\"", peek(lexer));
    token->source = source_since(lexer, start);
    return true;
}

static bool
read_punctuator(struct gql_lexer *lexer, struct gql_token *token)
{
    size_t length = 1;

    if (span_starts(lexer->rest, "..."))
        length = 3;
    else if (strchr(lexer->is_schema ? "!$&():=@[]{|}" : "!$():=@[]{}",
                    peek(lexer)) == NULL)
        return false;
    token->kind = GQL_TOKEN_PUNCTUATOR;
    token->source = span_head(lexer->rest, length);
    gql_lexer_skip(lexer, length);
    return true;
}

static bool
refuse_character(const struct gql_lexer *lexer, struct err *err)
{
    size_t length = 1;

    while (length < lexer->rest.length &&
           (lexer->rest.bytes[length] & 0xc0) == 0x80)
        length++;
    return gql_error(err, MSG_QUERY_SYNTAX, lexer->document, lexer->pos,
                     "unexpected character \"%.*s\"%s", (int)length,
                     lexer->rest.bytes,
                     peek(lexer) == '\'' ? "; strings have double quotes" : "");
}

bool
gql_lexer_next(struct gql_lexer *lexer, struct gql_token *token,
               struct err *err)
{
    char c;

    skip_ignored(lexer);
    *token = (struct gql_token){.pos = lexer->pos};
    c = peek(lexer);
    if (lexer->rest.length == 0)
        return true;
    if (is_name_start(c)) {
        read_name(lexer, token);
        return true;
    }
    if (is_digit(c) || c == '-')
        return read_number(lexer, token, err);
    if (c == '"')
        return gql_lexer_string(lexer, token, err);
    return read_punctuator(lexer, token) || refuse_character(lexer, err);
}

static bool
is_forbidden_control(unsigned char c)
{
    return c < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

bool
gql_check_source(const struct gql_document *document, struct span text,
                 struct err *err)
{
    struct gql_lexer at = {.rest = text, .pos = {1, 1}};
    size_t valid = text.length; /* number of bytes before invalid UTF-8 */

    (void)utf8_is_valid(text, &valid);
    while (at.rest.length > 0) {
        unsigned char c = (unsigned char)at.rest.bytes[0];

        if (is_forbidden_control(c))
            return gql_error(err, MSG_QUERY_SYNTAX, document, at.pos,
                             "control character U+%04X is not allowed", c);
        if (text.length - at.rest.length == valid)
            return gql_error(err, MSG_QUERY_SYNTAX, document, at.pos,
                             "byte 0x%02X is not valid UTF-8", c);
        if (!gql_lexer_skip_newline(&at) && !skip_byte_order_mark(&at))
            gql_lexer_skip(&at, 1);
    }
    return true;
}
