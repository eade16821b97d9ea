/*
 * First, functions for the current token, which all parsing functions use.
 * Then values, arguments and directives, by recursive descent as in parse.c. A
 * constant value, such as the default of a variable, must not contain a
 * variable. Lists and objects are nested up to GQL_MAX_DEPTH levels deep.
 */
#include <stdio.h>

#include "graphql/parser.h"

bool
gql_take(struct gql_parser *parser, struct err *err)
{
    return gql_lexer_next(&parser->lexer, &parser->token, err);
}

bool
gql_count_node(struct gql_parser *parser, struct err *err)
{
    return ++parser->nodes <= GQL_MAX_NODES ||
           gql_error(err, MSG_QUERY_TOO_LARGE, parser->lexer.document,
                     parser->token.pos,
                     "the file has more than %d fields, fragments, arguments "
                     "and values",
                     GQL_MAX_NODES);
}

bool
gql_at(const struct gql_parser *parser, const char *punctuator)
{
    return parser->token.kind == GQL_TOKEN_PUNCTUATOR &&
           span_is(parser->token.source, punctuator);
}

bool
gql_at_name(const struct gql_parser *parser, const char *name)
{
    return parser->token.kind == GQL_TOKEN_NAME &&
           span_is(parser->token.source, name);
}

bool
gql_expected(const struct gql_parser *parser, const char *what, struct err *err)
{
    const struct gql_token *token = &parser->token;
    const struct gql_document *document = parser->lexer.document;

    if (token->kind == GQL_TOKEN_END)
        return gql_error(err, MSG_QUERY_SYNTAX, document, token->pos,
                         "expected %s, found the end of the file", what);
    if (token->kind == GQL_TOKEN_STRING)
        return gql_error(err, MSG_QUERY_SYNTAX, document, token->pos,
                         "expected %s, found a string", what);
    return gql_error(err, MSG_QUERY_SYNTAX, document, token->pos,
                     "expected %s, found \"%.*s\"", what,
                     SPAN_ARG(token->source));
}

bool
gql_take_punctuator(struct gql_parser *parser, const char *punctuator,
                    struct err *err)
{
    char what[8];

    if (gql_at(parser, punctuator))
        return gql_take(parser, err);
    snprintf(what, sizeof(what), "\"%s\"", punctuator);
    return gql_expected(parser, what, err);
}

bool
gql_take_name(struct gql_parser *parser, const char *what, const char **name,
              struct err *err)
{
    if (parser->token.kind != GQL_TOKEN_NAME)
        return gql_expected(parser, what, err);
    *name = arena_dup(parser->lexer.arena, parser->token.source);
    return gql_take(parser, err);
}

/* ---- values ------------------------------------------------------------- */

static bool
parse_value_within(struct gql_parser *parser, bool constant, unsigned depth,
                   struct gql_value **value, struct err *err);

static bool
parse_list(struct gql_parser *parser, bool constant, unsigned depth,
           struct gql_value *list, struct err *err)
{
    struct gql_value **end = &list->items;

    list->kind = GQL_LIST;
    if (!gql_take(parser, err))
        return false;
    while (!gql_at(parser, "]")) {
        if (!parse_value_within(parser, constant, depth + 1, end, err))
            return false;
        end = &(*end)->next;
    }
    return gql_take(parser, err);
}

/* `name: value`: an argument, or a field of an object. */
static bool
parse_pair(struct gql_parser *parser, bool constant, unsigned depth,
           const char *what, struct gql_argument **pair, struct err *err)
{
    struct gql_argument *made = arena_alloc(parser->lexer.arena, sizeof(*made));

    made->pos = parser->token.pos;
    *pair = made;
    return gql_count_node(parser, err) &&
           gql_take_name(parser, what, &made->name, err) &&
           gql_take_punctuator(parser, ":", err) &&
           parse_value_within(parser, constant, depth, &made->value, err);
}

static bool
count_argument(const struct gql_parser *parser, unsigned *count,
               struct err *err)
{
    return ++*count <= GQL_MAX_ARGUMENTS ||
           gql_error(err, MSG_QUERY_TOO_LARGE, parser->lexer.document,
                     parser->token.pos, "more than %d arguments in one place",
                     GQL_MAX_ARGUMENTS);
}

static bool
parse_object(struct gql_parser *parser, bool constant, unsigned depth,
             struct gql_value *object, struct err *err)
{
    struct gql_argument **end = &object->fields;
    unsigned count = 0;

    object->kind = GQL_OBJECT;
    if (!gql_take(parser, err))
        return false;
    while (!gql_at(parser, "}")) {
        if (!count_argument(parser, &count, err) ||
            !parse_pair(parser, constant, depth + 1, "a field name or \"}\"",
                        end, err))
            return false;
        end = &(*end)->next;
    }
    return gql_take(parser, err);
}

static bool
parse_variable(struct gql_parser *parser, bool constant,
               struct gql_value *value, struct err *err)
{
    if (constant)
        return gql_expected(parser, "a value without variables", err);
    value->kind = GQL_VARIABLE;
    return gql_take(parser, err) &&
           gql_take_name(parser, "a variable's name", &value->text, err);
}

/* true, false, null, or a value of an enumeration. */
static bool
parse_named_value(struct gql_parser *parser, struct gql_value *value,
                  struct err *err)
{
    if (gql_at_name(parser, "true") || gql_at_name(parser, "false")) {
        value->kind = GQL_BOOLEAN;
        value->boolean = gql_at_name(parser, "true");
    } else {
        value->kind = gql_at_name(parser, "null") ? GQL_NULL : GQL_ENUM;
    }
    return gql_take_name(parser, "a value", &value->text, err);
}

static bool
parse_literal(struct gql_parser *parser, struct gql_value *value,
              struct err *err)
{
    const struct gql_token *token = &parser->token;

    switch (token->kind) {
    case GQL_TOKEN_NAME:
        return parse_named_value(parser, value, err);
    case GQL_TOKEN_STRING:
        value->kind = GQL_STRING;
        value->text = token->text;
        return gql_take(parser, err);
    case GQL_TOKEN_INT:
    case GQL_TOKEN_FLOAT:
        value->kind = token->kind == GQL_TOKEN_INT ? GQL_INT : GQL_FLOAT;
        value->text = arena_dup(parser->lexer.arena, token->source);
        return gql_take(parser, err);
    default:
        return gql_expected(parser, "a value", err);
    }
}

static bool
parse_value_within(struct gql_parser *parser, bool constant, unsigned depth,
                   struct gql_value **value, struct err *err)
{
    struct gql_value *made = arena_alloc(parser->lexer.arena, sizeof(*made));

    made->pos = parser->token.pos;
    *value = made;
    if (!gql_count_node(parser, err))
        return false;
    if (depth > GQL_MAX_DEPTH)
        return gql_error(
            err, MSG_QUERY_TOO_LARGE, parser->lexer.document, made->pos,
            "this value is nested deeper than %d levels", GQL_MAX_DEPTH);
    if (gql_at(parser, "["))
        return parse_list(parser, constant, depth, made, err);
    if (gql_at(parser, "{"))
        return parse_object(parser, constant, depth, made, err);
    if (gql_at(parser, "$"))
        return parse_variable(parser, constant, made, err);
    return parse_literal(parser, made, err);
}

bool
gql_parse_value(struct gql_parser *parser, bool constant,
                struct gql_value **value, struct err *err)
{
    return parse_value_within(parser, constant, 0, value, err);
}

/* ---- arguments and directives ------------------------------------------- */

bool
gql_parse_arguments(struct gql_parser *parser, bool constant,
                    struct gql_argument **list, struct err *err)
{
    const char *what = "an argument's name";
    unsigned count = 0;

    if (!gql_at(parser, "("))
        return true;
    if (!gql_take(parser, err))
        return false;
    do {
        if (!count_argument(parser, &count, err) ||
            !parse_pair(parser, constant, 0, what, list, err))
            return false;
        list = &(*list)->next;
        what = "an argument's name or \")\"";
    } while (!gql_at(parser, ")"));
    return gql_take(parser, err);
}

bool
gql_parse_directives(struct gql_parser *parser, bool constant,
                     struct gql_directive **list, struct err *err)
{
    while (gql_at(parser, "@")) {
        struct gql_directive *made =
            arena_alloc(parser->lexer.arena, sizeof(*made));

        made->pos = parser->token.pos;
        *list = made;
        list = &made->next;
        if (!gql_count_node(parser, err) || !gql_take(parser, err) ||
            !gql_take_name(parser, "a directive's name", &made->name, err) ||
            !gql_parse_arguments(parser, constant, &made->arguments, err))
            return false;
    }
    return true;
}
