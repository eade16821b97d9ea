/*
 * parser - the token being looked at, and the parts of a document's grammar
 * that are used all over: values, arguments, directives. Private to this
 * folder.
 *
 * A function that parses something is called with its first token current and
 * leaves the first token behind it current.
 */
#ifndef GRAPHQL_PARSER_H
#define GRAPHQL_PARSER_H

#include "graphql/lexer.h"

/* Recursion stays within a small stack, and what later looks at all that is
 * written does not take long: Shopify takes 65,535 bytes. */
enum {
    GQL_MAX_DEPTH = 64,
    GQL_MAX_NODES = 20000,   /* fields, fragments, arguments, values … */
    GQL_MAX_FRAGMENTS = 250, /* that are named */
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

/* One more node begins at the current token. */
MUST_CHECK bool gql_count_node(struct gql_parser *parser, struct err *err);

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
