/*
 * lexer - split a GraphQL document into tokens. Private to this folder.
 *
 * The lexer skips blanks, commas, comments and byte order marks. It relies on
 * gql_check_source(), which must have accepted the source: the source is valid
 * UTF-8 without control characters.
 */
#ifndef GRAPHQL_LEXER_H
#define GRAPHQL_LEXER_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "graphql/document.h"

enum gql_token_kind {
    GQL_TOKEN_END,
    GQL_TOKEN_PUNCTUATOR, /* one character, or "..." */
    GQL_TOKEN_NAME,
    GQL_TOKEN_INT,
    GQL_TOKEN_FLOAT,
    GQL_TOKEN_STRING
};

struct gql_token {
    enum gql_token_kind kind;
    struct gql_pos pos;
    struct span source; /* as written */
    const char *text;   /* of a string, decoded; in the arena */
};

struct gql_lexer {
    const struct gql_document *document; /* for messages */
    struct arena *arena;                 /* for decoded strings */
    struct span rest;                    /* the source not read yet */
    struct gql_pos pos;                  /* of its first character */
    bool is_schema;                      /* "&" and "|" are tokens, too */
};

/* Check that `text` is valid UTF-8 and that its only control characters are
 * tab, line feed and carriage return, which GraphQL allows. */
MUST_CHECK bool gql_check_source(const struct gql_document *document,
                                 struct span text, struct err *err);

/* Read the next token. At the end of the source, every call returns
 * GQL_TOKEN_END. */
MUST_CHECK bool gql_lexer_next(struct gql_lexer *lexer, struct gql_token *token,
                               struct err *err);

/* ---- for string.c ------------------------------------------------------- */

/* Skip `length` bytes, all in one line. */
void gql_lexer_skip(struct gql_lexer *lexer, size_t length);

/* Skip a line end (LF, CR LF or CR); false if there is none. */
bool gql_lexer_skip_newline(struct gql_lexer *lexer);

/* Read a string or a block string and decode it into the token. The lexer is at
 * its first quotation mark. */
MUST_CHECK bool gql_lexer_string(struct gql_lexer *lexer,
                                 struct gql_token *token, struct err *err);

#endif
