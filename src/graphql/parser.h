/*
 * parser - the current token, and the parts of the grammar that many rules use:
 * values, arguments and directives. Private to this folder.
 *
 * When a parsing function is called, the current token is the first one of its
 * construct; when it returns, the first one after it.
 */
#ifndef GRAPHQL_PARSER_H
#define GRAPHQL_PARSER_H

#include "graphql/lexer.h"

/* These limits keep recursion within a small stack, and the later checks fast.
 * For comparison: Shopify accepts queries of up to 65,535 bytes. */
enum {
    GQL_MAX_DEPTH = 64,
    GQL_MAX_NODES = 20000,   /* fields, fragments, arguments, values, … */
    GQL_MAX_FRAGMENTS = 250, /* named fragments */
    GQL_MAX_ARGUMENTS = 250  /* of one field, directive or object */
};

struct gql_parser {
    struct gql_lexer lexer;
    struct gql_token token; /* the current one */
    unsigned nodes;         /* so far */
    struct gql_operation **end_operations;
    struct gql_fragment **end_fragments;
    unsigned fragments;
};

/* Count a node, which begins at the current token. */
MUST_CHECK bool gql_count_node(struct gql_parser *parser, struct err *err);

/* Move to the next token. */
MUST_CHECK bool gql_take(struct gql_parser *parser, struct err *err);

/* Is the current token this punctuator; is it this name? */
bool gql_at(const struct gql_parser *parser, const char *punctuator);
bool gql_at_name(const struct gql_parser *parser, const char *name);

/* Set the error "expected <what>, found <token>". Always returns false. */
bool gql_expected(const struct gql_parser *parser, const char *what,
                  struct err *err);

/* Take a token that must be this punctuator, or a name, which is copied. */
MUST_CHECK bool gql_take_punctuator(struct gql_parser *parser,
                                    const char *punctuator, struct err *err);
MUST_CHECK bool gql_take_name(struct gql_parser *parser, const char *what,
                              const char **name, struct err *err);

/* If `constant`, variables are refused. */
MUST_CHECK bool gql_parse_value(struct gql_parser *parser, bool constant,
                                struct gql_value **value, struct err *err);

/* Read a list that may be absent. */
MUST_CHECK bool
gql_parse_arguments(struct gql_parser *parser, bool constant,
                    struct gql_argument **list, struct err *err);
MUST_CHECK bool
gql_parse_directives(struct gql_parser *parser, bool constant,
                     struct gql_directive **list, struct err *err);

#endif
