/*
 * lexer - the tokens of a GraphQL document, one after the other. Private to
 * this folder.
 *
 * Blanks, commas, comments and byte order marks are passed over. The source
 * was looked at by gql_check_source() before, so it is UTF-8 without control
 * characters from there on.
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
    struct span rest;                    /* what was not yet read */
    struct gql_pos pos;                  /* of its first character */
};

/* Valid UTF-8 that GraphQL allows: no control characters but tab, line feed
 * and carriage return. */
MUST_CHECK bool gql_check_source(const struct gql_document *document,
                                 struct span text, struct err *err);

MUST_CHECK bool gql_lexer_next(struct gql_lexer *lexer, struct gql_token *token,
                               struct err *err);

/* ---- shared with the reading of strings --------------------------------- */

/* Read `length` bytes that lie within one line. */
void gql_lexer_skip(struct gql_lexer *lexer, size_t length);

/* Read a line end (LF, CR LF or CR); false when there is none. */
bool gql_lexer_skip_newline(struct gql_lexer *lexer);

/* At a quotation mark: a string or a block string, decoded into the token. */
MUST_CHECK bool gql_lexer_string(struct gql_lexer *lexer,
                                 struct gql_token *token, struct err *err);

#endif
