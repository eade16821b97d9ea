/* Does the query itself select the rows of a root? Rows that are asked for by
 * their ids would not obey such a selection. */
#include <string.h>

#include "plan/pages.h"

static bool
begins_with(const char *name, const char *beginning)
{
    return strncmp(name, beginning, strlen(beginning)) == 0;
}

/* True if the argument only pages through the rows, or orders them. */
static bool
is_way(const char *name)
{
    static const char *const names[] = {"first",  "last",  "after", "before",
                                        "offset", "limit", "skip",  "reverse"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return begins_with(name, "sort") || begins_with(name, "order");
}

/* A value of only variables is a window: full runs leave it out. */
static bool
is_given(const struct gql_value *value)
{
    if (value->kind == GQL_VARIABLE || value->kind == GQL_NULL)
        return false;
    if (value->kind == GQL_OBJECT) {
        for (const struct gql_argument *a = value->fields; a; a = a->next)
            if (is_given(a->value))
                return true;
        return false;
    }
    return value->kind != GQL_STRING || value->text[0] != '\0';
}

static const char *
filter_in(const struct gql_argument *arguments)
{
    for (const struct gql_argument *a = arguments; a != NULL; a = a->next)
        if (!is_way(a->name) && is_given(a->value))
            return a->name;
    return NULL;
}

/* The field with this response key, also in inline fragments; `key` ends at a
 * dot or at its end. */
static const struct gql_selection *
find_field(const struct gql_selection *list, const char *key)
{
    size_t length = strcspn(key, ".");

    for (; list != NULL; list = list->next) {
        const struct gql_selection *field = list;
        const char *name;

        if (list->kind != GQL_FIELD) {
            field = find_field(list->selections, key);
            if (field != NULL)
                return field;
            continue;
        }
        name = gql_response_key(field);
        if (strncmp(name, key, length) == 0 && name[length] == '\0')
            return field;
    }
    return NULL;
}

const char *
pages_own_filter(const struct plan *plan, const struct pages_connection *root)
{
    const struct gql_selection *list = plan->operation->selections;
    bool counts_all = plan->dialect->filter_argument != NULL;
    const char *key = root->path;

    for (;;) {
        const struct gql_selection *field = find_field(list, key);
        const char *dot = strchr(key, '.');
        const char *found;

        if (field == NULL)
            return NULL;
        found = dot == NULL || counts_all ? filter_in(field->arguments) : NULL;
        if (found != NULL || dot == NULL)
            return found;
        list = field->selections;
        key = dot + 1;
    }
}
