/*
 * A recursive descent parser, with one function per rule of the grammar:
 * definitions, variables and selections. parse_value.c has values, arguments
 * and directives. When a function is called, the current token is the first
 * one of its construct; when it returns, the first one after it. All nodes are
 * in the arena, so that nothing must be freed after an error.
 *
 * Hazard: a source may be nested to any depth. The depth and the number of
 * nodes are limited (parser.h), so that the recursion needs a small stack.
 */
#include "graphql/parser.h"

/* ---- selections --------------------------------------------------------- */

static bool parse_selection_set(struct gql_parser *parser, unsigned depth,
                                struct gql_selection **list, struct err *err);

static bool
parse_sub_selections(struct gql_parser *parser, unsigned depth,
                     struct gql_selection *selection, struct err *err)
{
    return !gql_at(parser, "{") ||
           parse_selection_set(parser, depth + 1, &selection->selections, err);
}

static bool
parse_field(struct gql_parser *parser, unsigned depth,
            struct gql_selection *field, struct err *err)
{
    field->kind = GQL_FIELD;
    field->name_pos = parser->token.pos;
    if (!gql_take_name(parser, "a field's name or \"}\"", &field->name, err))
        return false;
    if (gql_at(parser, ":")) {
        field->alias = field->name;
        if (!gql_take(parser, err))
            return false;
        field->name_pos = parser->token.pos;
        if (!gql_take_name(parser, "a field's name", &field->name, err))
            return false;
    }
    return gql_parse_arguments(parser, false, &field->arguments, err) &&
           gql_parse_directives(parser, false, &field->directives, err) &&
           parse_sub_selections(parser, depth, field, err);
}

static bool
parse_inline_fragment(struct gql_parser *parser, unsigned depth,
                      struct gql_selection *fragment, struct err *err)
{
    fragment->kind = GQL_INLINE_FRAGMENT;
    if (gql_at_name(parser, "on")) {
        if (!gql_take(parser, err))
            return false;
        fragment->name_pos = parser->token.pos;
        if (!gql_take_name(parser, "a type's name", &fragment->type_condition,
                           err))
            return false;
    }
    return gql_parse_directives(parser, false, &fragment->directives, err) &&
           parse_selection_set(parser, depth + 1, &fragment->selections, err);
}

/* After "...": a spread or an inline fragment. */
static bool
parse_fragment_use(struct gql_parser *parser, unsigned depth,
                   struct gql_selection *selection, struct err *err)
{
    selection->name_pos = parser->token.pos;
    if (gql_at(parser, "{") || gql_at(parser, "@") || gql_at_name(parser, "on"))
        return parse_inline_fragment(parser, depth, selection, err);
    selection->kind = GQL_SPREAD;
    return gql_take_name(parser, "a fragment's name, \"on\" or \"{\"",
                         &selection->name, err) &&
           gql_parse_directives(parser, false, &selection->directives, err);
}

static bool
parse_selection(struct gql_parser *parser, unsigned depth,
                struct gql_selection *selection, struct err *err)
{
    selection->pos = parser->token.pos;
    if (!gql_at(parser, "..."))
        return parse_field(parser, depth, selection, err);
    return gql_take(parser, err) &&
           parse_fragment_use(parser, depth, selection, err);
}

static bool
parse_selection_set(struct gql_parser *parser, unsigned depth,
                    struct gql_selection **list, struct err *err)
{
    if (depth > GQL_MAX_DEPTH)
        return gql_error(
            err, MSG_QUERY_TOO_LARGE, parser->lexer.document, parser->token.pos,
            "selections are nested deeper than %d levels", GQL_MAX_DEPTH);
    if (!gql_take_punctuator(parser, "{", err))
        return false;
    if (gql_at(parser, "}"))
        return gql_expected(parser, "a field's name", err);
    while (!gql_at(parser, "}")) {
        *list = arena_alloc(parser->lexer.arena, sizeof(**list));
        if (!gql_count_node(parser, err) ||
            !parse_selection(parser, depth, *list, err))
            return false;
        list = &(*list)->next;
    }
    return gql_take(parser, err);
}

/* ---- variables ---------------------------------------------------------- */

/* Read a type without its last "!", and write it canonically into `text`. */
static bool parse_bare_type(struct gql_parser *parser, unsigned depth,
                            const char **text, struct err *err);

static bool
parse_type(struct gql_parser *parser, unsigned depth, const char **text,
           struct err *err)
{
    if (!parse_bare_type(parser, depth, text, err))
        return false;
    if (!gql_at(parser, "!"))
        return true;
    *text = arena_printf(parser->lexer.arena, "%s!", *text);
    return gql_take(parser, err);
}

static bool
parse_bare_type(struct gql_parser *parser, unsigned depth, const char **text,
                struct err *err)
{
    if (!gql_at(parser, "["))
        return gql_take_name(parser, "a type", text, err);
    if (depth == GQL_MAX_DEPTH)
        return gql_error(
            err, MSG_QUERY_TOO_LARGE, parser->lexer.document, parser->token.pos,
            "this type is nested deeper than %d levels", GQL_MAX_DEPTH);
    if (!gql_take(parser, err) || !parse_type(parser, depth + 1, text, err))
        return false;
    *text = arena_printf(parser->lexer.arena, "[%s]", *text);
    return gql_take_punctuator(parser, "]", err);
}

static bool
parse_default_value(struct gql_parser *parser, struct gql_value **value,
                    struct err *err)
{
    return !gql_at(parser, "=") ||
           (gql_take(parser, err) && gql_parse_value(parser, true, value, err));
}

static bool
parse_variable(struct gql_parser *parser, struct gql_variable *variable,
               struct err *err)
{
    variable->pos = parser->token.pos;
    return gql_take_punctuator(parser, "$", err) &&
           gql_take_name(parser, "a variable's name", &variable->name, err) &&
           gql_take_punctuator(parser, ":", err) &&
           parse_type(parser, 0, &variable->type, err) &&
           parse_default_value(parser, &variable->default_value, err) &&
           gql_parse_directives(parser, true, &variable->directives, err);
}

static bool
parse_variables(struct gql_parser *parser, struct gql_variable **list,
                struct err *err)
{
    if (!gql_at(parser, "("))
        return true;
    if (!gql_take(parser, err))
        return false;
    do {
        *list = arena_alloc(parser->lexer.arena, sizeof(**list));
        if (!gql_count_node(parser, err) || !parse_variable(parser, *list, err))
            return false;
        list = &(*list)->next;
    } while (!gql_at(parser, ")"));
    return gql_take(parser, err);
}

/* ---- definitions -------------------------------------------------------- */

static bool
parse_operation_head(struct gql_parser *parser, struct gql_operation *operation,
                     struct err *err)
{
    if (gql_at_name(parser, "mutation"))
        operation->kind = GQL_MUTATION;
    if (gql_at_name(parser, "subscription"))
        operation->kind = GQL_SUBSCRIPTION;
    if (!gql_take(parser, err))
        return false;
    if (parser->token.kind == GQL_TOKEN_NAME &&
        !gql_take_name(parser, "a name", &operation->name, err))
        return false;
    return parse_variables(parser, &operation->variables, err) &&
           gql_parse_directives(parser, false, &operation->directives, err);
}

static bool
parse_operation(struct gql_parser *parser, struct err *err)
{
    struct gql_operation *made =
        arena_alloc(parser->lexer.arena, sizeof(*made));

    *parser->end_operations = made;
    parser->end_operations = &made->next;
    made->kind = GQL_QUERY;
    made->pos = parser->token.pos;
    if (!gql_at(parser, "{") && !parse_operation_head(parser, made, err))
        return false;
    return parse_selection_set(parser, 1, &made->selections, err);
}

static bool
parse_fragment_name(struct gql_parser *parser, struct gql_fragment *fragment,
                    struct err *err)
{
    fragment->name_pos = parser->token.pos;
    if (gql_at_name(parser, "on"))
        return gql_expected(parser, "a fragment's name", err);
    return gql_take_name(parser, "a fragment's name", &fragment->name, err);
}

static bool
parse_type_condition(struct gql_parser *parser, struct gql_fragment *fragment,
                     struct err *err)
{
    if (!gql_at_name(parser, "on"))
        return gql_expected(parser, "\"on\"", err);
    if (!gql_take(parser, err))
        return false;
    fragment->condition_pos = parser->token.pos;
    return gql_take_name(parser, "a type's name", &fragment->type_condition,
                         err);
}

static bool
parse_fragment(struct gql_parser *parser, struct err *err)
{
    struct gql_fragment *made = arena_alloc(parser->lexer.arena, sizeof(*made));

    if (++parser->fragments > GQL_MAX_FRAGMENTS)
        return gql_error(
            err, MSG_QUERY_TOO_LARGE, parser->lexer.document, parser->token.pos,
            "the file has more than %d named fragments", GQL_MAX_FRAGMENTS);
    *parser->end_fragments = made;
    parser->end_fragments = &made->next;
    made->pos = parser->token.pos;
    return gql_take(parser, err) && parse_fragment_name(parser, made, err) &&
           parse_type_condition(parser, made, err) &&
           gql_parse_directives(parser, false, &made->directives, err) &&
           parse_selection_set(parser, 1, &made->selections, err);
}

/* Does a definition begin here that is allowed only in a schema? */
static bool
at_type_definition(const struct gql_parser *parser)
{
    static const char *const keywords[] = {"schema",    "scalar",    "type",
                                           "interface", "union",     "enum",
                                           "input",     "directive", "extend"};

    if (parser->token.kind == GQL_TOKEN_STRING) /* its description */
        return true;
    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
        if (gql_at_name(parser, keywords[i]))
            return true;
    return false;
}

static bool
parse_definition(struct gql_parser *parser, struct gql_document *document,
                 struct err *err)
{
    if (gql_at(parser, "{") || gql_at_name(parser, "query") ||
        gql_at_name(parser, "mutation") || gql_at_name(parser, "subscription"))
        return parse_operation(parser, err);
    if (gql_at_name(parser, "fragment"))
        return parse_fragment(parser, err);
    if (at_type_definition(parser))
        return gql_error(err, MSG_QUERY_SYNTAX, document, parser->token.pos,
                         "this is a definition of a schema; a query file has "
                         "only a query and its fragments");
    return gql_expected(parser, "a query or a fragment", err);
}

bool
gql_parse(struct arena *arena, const char *file, struct span text,
          struct gql_document **document, struct err *err)
{
    struct gql_document *made = arena_alloc(arena, sizeof(*made));
    struct gql_parser parser = {
        .lexer = {.document = made,
                  .arena = arena,
                  .rest = text,
                  .pos = {1, 1}},
        .end_operations = &made->operations,
        .end_fragments = &made->fragments,
    };

    made->file = file;
    if (!gql_check_source(made, text, err) || !gql_take(&parser, err))
        return false;
    do {
        if (!parse_definition(&parser, made, err))
            return false;
    } while (parser.token.kind != GQL_TOKEN_END);
    *document = made;
    return true;
}
