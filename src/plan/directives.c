#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "plan/build.h"

bool
directive_check(struct builder *b, const struct gql_directive *directive,
                const char *const *known)
{
    for (const struct gql_argument *a = directive->arguments; a != NULL;
         a = a->next) {
        const char *const *name = known;

        while (*name != NULL && strcmp(*name, a->name) != 0)
            name++;
        if (*name == NULL)
            return build_error(b, MSG_QUERY_DIRECTIVE, a->pos,
                               "@%s has no argument \"%s\"", directive->name,
                               a->name);
    }
    return true;
}

bool
directive_string(struct builder *b, const struct gql_directive *directive,
                 const char *argument, const char **text)
{
    const struct gql_argument *a =
        gql_find_argument(directive->arguments, argument);

    *text = NULL;
    if (a == NULL || a->value->kind == GQL_NULL)
        return true;
    if (a->value->kind != GQL_STRING || a->value->text[0] == '\0')
        return build_error(b, MSG_QUERY_DIRECTIVE, a->value->pos,
                           "%s of @%s must be a string that is not empty",
                           argument, directive->name);
    *text = a->value->text;
    return true;
}

bool
directive_boolean(struct builder *b, const struct gql_directive *directive,
                  const char *argument, bool *truth)
{
    const struct gql_argument *a =
        gql_find_argument(directive->arguments, argument);

    *truth = false;
    if (a == NULL || a->value->kind == GQL_NULL)
        return true;
    if (a->value->kind != GQL_BOOLEAN)
        return build_error(b, MSG_QUERY_DIRECTIVE, a->value->pos,
                           "%s of @%s must be true or false", argument,
                           directive->name);
    *truth = a->value->boolean;
    return true;
}

bool
directive_number(struct builder *b, const struct gql_directive *directive,
                 const char *argument, int64_t *number)
{
    const struct gql_argument *a =
        gql_find_argument(directive->arguments, argument);
    char *end;

    *number = 0;
    if (a == NULL || a->value->kind == GQL_NULL)
        return true;
    if (a->value->kind == GQL_INT) {
        *number = strtoll(a->value->text, &end, 10);
        if (*end == '\0' && *number > 0 && *number <= INT32_MAX)
            return true;
    }
    return build_error(b, MSG_QUERY_DIRECTIVE, a->value->pos,
                       "%s of @%s must be a number above 0", argument,
                       directive->name);
}

bool
directive_duration(struct builder *b, const struct gql_directive *directive,
                   const char *argument, int64_t *ms)
{
    struct err why;
    const char *text;

    if (!directive_string(b, directive, argument, &text))
        return false;
    if (text == NULL || duration_parse(text, ms, &why))
        return true;
    return build_error(b, MSG_QUERY_DIRECTIVE, directive->pos, "%s of @%s: %s",
                       argument, directive->name, why.message);
}
