/*
 * parser - the token being looked at, and the parts of a document's grammar
 * that are used all over: values, arguments, directives.
 *
 * A function that parses something is called with its first token current and
 * leaves the first token behind it current.
 */
#ifndef GRAPHQL_PARSER_H
#define GRAPHQL_PARSER_H

#include "graphql/lexer.h"

/* Recursion stays within a small stack. */
enum { GQL_MAX_DEPTH = 64 };

struct gql_parser {
    struct gql_lexer lexer;
    struct gql_token token; /* the current one */
};

/* On to the next token. */
MUST_CHECK bool gql_take(struct gql_parser *parser, struct err *err);

/* Is the current token this punctuator, this name? */
bool gql_at(const struct gql_parser *parser, const char *punctuator);
bool gql_at_name(const struct gql_parser *parser, const char *name);

/* "expected <what>, found <token>". Always returns false. */
bool gql_expected(const struct gql_parser *parser, const char *what,
                  struct err *err);

MUST_CHECK bool gql_take_punctuator(struct gql_parser *parser,
                                    const char *punctuator, struct err *err);
MUST_CHECK bool gql_take_name(struct gql_parser *parser, const char *what,
                              const char **name, struct err *err);

/* `constant`: variables are refused. */
MUST_CHECK bool gql_parse_value(struct gql_parser *parser, bool constant,
                                struct gql_value **value, struct err *err);

/* Lists that may be absent. */
MUST_CHECK bool
gql_parse_arguments(struct gql_parser *parser, bool constant,
                    struct gql_argument **list, struct err *err);
MUST_CHECK bool
gql_parse_directives(struct gql_parser *parser, bool constant,
                     struct gql_directive **list, struct err *err);

#endif
