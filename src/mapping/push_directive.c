#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/nearest.h"
#include "mapping/parts.h"

bool
push_directive_check(struct mutation_builder *b,
                     const struct gql_directive *directive,
                     const char *const *known)
{
    for (const struct gql_argument *a = directive->arguments; a != NULL;
         a = a->next) {
        struct nearest nearest = nearest_to(a->name);
        const char *const *name = known;

        while (*name != NULL && strcmp(*name, a->name) != 0)
            nearest_try(&nearest, *name++);
        if (*name == NULL)
            return mutation_error(
                b, MSG_QUERY_DIRECTIVE, a->pos, "@%s has no argument \"%s\"%s",
                directive->name, a->name, nearest_hint(&nearest));
    }
    return true;
}

/* NULL if the argument is not given, or null. */
static const struct gql_value *
given(const struct gql_directive *directive, const char *argument)
{
    const struct gql_argument *a =
        gql_find_argument(directive->arguments, argument);

    return a != NULL && a->value->kind != GQL_NULL ? a->value : NULL;
}

bool
push_directive_string(struct mutation_builder *b,
                      const struct gql_directive *directive,
                      const char *argument, const char **text)
{
    const struct gql_value *value = given(directive, argument);

    *text = NULL;
    if (value == NULL)
        return true;
    if (value->kind != GQL_STRING || value->text[0] == '\0')
        return mutation_error(b, MSG_QUERY_DIRECTIVE, value->pos,
                              "%s of @%s must be a string that is not empty",
                              argument, directive->name);
    *text = value->text;
    return true;
}

/* Leaves *number as it is if the argument is not given. */
static bool
read_number(struct mutation_builder *b, const struct gql_directive *push,
            const char *argument, int64_t least, int64_t *number)
{
    const struct gql_value *value = given(push, argument);
    char *end;

    if (value == NULL)
        return true;
    if (value->kind == GQL_INT) {
        *number = strtoll(value->text, &end, 10);
        if (*end == '\0' && *number >= least && *number <= INT32_MAX)
            return true;
    }
    return mutation_error(b, MSG_QUERY_DIRECTIVE, value->pos,
                          "%s of @push must be a number from %d to %d",
                          argument, (int)least, INT32_MAX);
}

static bool
read_fresh(struct mutation_builder *b, const struct gql_directive *push)
{
    struct err why;
    const char *text;

    if (!push_directive_string(b, push, "fresh", &text))
        return false;
    if (text == NULL || duration_parse(text, &b->mutation->fresh_ms, &why))
        return true;
    return mutation_error(b, MSG_QUERY_DIRECTIVE, push->pos,
                          "fresh of @push: %s", why.message);
}

static bool
read_rollback(struct mutation_builder *b, const struct gql_directive *push)
{
    const struct gql_value *value = given(push, "rollback");

    if (value == NULL)
        return true;
    b->mutation->rollback = value->boolean;
    return value->kind == GQL_BOOLEAN ||
           mutation_error(b, MSG_QUERY_DIRECTIVE, value->pos,
                          "rollback of @push must be true or false");
}

static bool
read_repeat(struct mutation_builder *b, const struct gql_directive *push,
            bool *has_repeat)
{
    const struct gql_value *value = given(push, "repeat");

    *has_repeat = value != NULL;
    if (value == NULL)
        return true;
    if (value->kind == GQL_ENUM && strcmp(value->text, "SAFE") == 0)
        b->mutation->says_safe = true;
    else if (value->kind != GQL_ENUM || strcmp(value->text, "NEVER") != 0)
        return mutation_error(b, MSG_QUERY_DIRECTIVE, value->pos,
                              "repeat of @push must be SAFE or NEVER");
    return true;
}

static bool
bad_key(struct mutation_builder *b, const struct gql_value *value)
{
    return mutation_error(b, MSG_QUERY_DIRECTIVE, value->pos,
                          "key of @push must be the name of a column, or a "
                          "list of such names");
}

/* key: "product_id", or key: ["sku", "location"]. */
static bool
read_key(struct mutation_builder *b, const struct gql_directive *push)
{
    const struct gql_value *value = given(push, "key");
    const struct gql_value *item;
    const char **names;
    int count = 0;

    if (value == NULL)
        return true;
    item = value->kind == GQL_LIST ? value->items : value;
    for (const struct gql_value *i = item; i != NULL; i = i->next)
        count++;
    if (count == 0)
        return bad_key(b, value);
    names = arena_array(b->arena, (size_t)count, sizeof(*names));
    for (int i = 0; i < count; i++, item = item->next) {
        if (item->kind != GQL_STRING || item->text[0] == '\0')
            return bad_key(b, item);
        names[i] = item->text;
    }
    b->mutation->key = names;
    b->mutation->key_count = count;
    return true;
}

bool
push_directive_read(struct mutation_builder *b, bool *has_repeat, bool *has_max)
{
    static const char *const known[] = {"key",    "repeat", "rows",     "max",
                                        "direct", "fresh",  "rollback", NULL};
    const struct gql_directive *push =
        gql_find_directive(b->document->operations->directives, "push");
    struct mutation *m = b->mutation;

    *has_repeat = *has_max = false;
    if (push == NULL)
        return true;
    *has_max = given(push, "max") != NULL;
    return push_directive_check(b, push, known) && read_key(b, push) &&
           read_repeat(b, push, has_repeat) &&
           read_number(b, push, "rows", 1, &m->rows) &&
           read_number(b, push, "max", 1, &m->max) &&
           read_number(b, push, "direct", 0, &m->direct) &&
           read_fresh(b, push) && read_rollback(b, push);
}
