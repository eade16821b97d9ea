#include "graphql/document.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *
gql_response_key(const struct gql_selection *field)
{
    return field->alias != NULL ? field->alias : field->name;
}

struct gql_fragment *
gql_find_fragment(const struct gql_document *document, const char *name)
{
    struct gql_fragment *fragment = document->fragments;

    while (fragment != NULL && strcmp(fragment->name, name) != 0)
        fragment = fragment->next;
    return fragment;
}

struct gql_directive *
gql_find_directive(struct gql_directive *list, const char *name)
{
    while (list != NULL && strcmp(list->name, name) != 0)
        list = list->next;
    return list;
}

struct gql_argument *
gql_find_argument(struct gql_argument *list, const char *name)
{
    while (list != NULL && strcmp(list->name, name) != 0)
        list = list->next;
    return list;
}

/* Is this @skip(if: true) or @include(if: false)? */
static bool
skips(const struct gql_directive *directive)
{
    bool when = strcmp(directive->name, "skip") == 0;
    const struct gql_argument *condition;

    if (!when && strcmp(directive->name, "include") != 0)
        return false;
    condition = gql_find_argument(directive->arguments, "if");
    return condition != NULL && condition->value->kind == GQL_BOOLEAN &&
           condition->value->boolean == when;
}

bool
gql_is_skipped(const struct gql_directive *directives)
{
    while (directives != NULL && !skips(directives))
        directives = directives->next;
    return directives != NULL;
}

bool
gql_error(struct err *err, enum msg msg, const struct gql_document *document,
          struct gql_pos pos, const char *format, ...)
{
    char message[sizeof(err->message)];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    return err_set(err, msg, "%s:%u:%u: %s", document->file, pos.line,
                   pos.column, message);
}
