#include <string.h>

#include "graphql/check_parts.h"

static const struct gql_variable *
find_variable(const struct gql_checker *checker, const char *name)
{
    const struct gql_variable *variable =
        checker->document->operations->variables;

    while (variable != NULL && strcmp(variable->name, name) != 0)
        variable = variable->next;
    return variable;
}

bool
gql_check_variable(struct gql_checker *checker, const struct gql_value *value)
{
    if (!checker->takes_variables)
        return gql_error(checker->err, MSG_QUERY_BULK_RULE, checker->document,
                         value->pos,
                         "a bulk query cannot have variables; write the value "
                         "in place of $%s",
                         value->text);
    if (checker->in_directive)
        return gql_error(checker->err, MSG_QUERY_VARIABLE, checker->document,
                         value->pos,
                         "an argument of a directive cannot be a variable; "
                         "write the value in place of $%s",
                         value->text);
    if (find_variable(checker, value->text) == NULL)
        return gql_error(checker->err, MSG_QUERY_VARIABLE, checker->document,
                         value->pos, "the variable $%s is not declared",
                         value->text);
    checker->used.arena = &checker->scratch;
    (void)dict_add_name(&checker->used, value->text);
    return true;
}

static struct span
inside(struct span list)
{
    return span_of(list.bytes + 1, list.length - 2);
}

/* Can a value of the type `given` be used where `wanted` is expected? Both are
 * written without blanks. */
static bool
type_fits(struct span given, struct span wanted)
{
    bool is_filled = given.bytes[given.length - 1] == '!';

    if (wanted.bytes[wanted.length - 1] == '!') {
        if (!is_filled)
            return false;
        wanted.length--;
    }
    if (is_filled)
        given.length--;
    if (given.bytes[0] == '[' && wanted.bytes[0] == '[')
        return type_fits(inside(given), inside(wanted));
    return given.length == wanted.length &&
           memcmp(given.bytes, wanted.bytes, given.length) == 0;
}

bool
gql_check_variable_type(struct gql_checker *checker, struct span type,
                        const struct gql_value *value, const char *what)
{
    const struct gql_variable *variable = find_variable(checker, value->text);

    if (type_fits(span_str(variable->type), type))
        return true;
    return gql_error(checker->err, MSG_QUERY_VARIABLE, checker->document,
                     value->pos, "%s must be %.*s, but $%s is %s", what,
                     SPAN_ARG(type), value->text, variable->type);
}

bool
gql_check_variables_used(struct gql_checker *checker)
{
    const struct gql_variable *variable =
        checker->document->operations->variables;

    for (; variable != NULL; variable = variable->next) {
        if (find_variable(checker, variable->name) != variable)
            return gql_error(checker->err, MSG_QUERY_VARIABLE,
                             checker->document, variable->pos,
                             "the variable $%s is declared twice",
                             variable->name);
        if (dict_get(&checker->used, variable->name) == NULL)
            return gql_error(checker->err, MSG_QUERY_VARIABLE,
                             checker->document, variable->pos,
                             "the variable $%s is declared but not used",
                             variable->name);
    }
    return true;
}
