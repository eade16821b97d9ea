#include <string.h>

#include "base/nearest.h"
#include "graphql/check_parts.h"

/* The directives and the places that each may have. Those of bulkpg are
 * explained where plan/ and dialect/ read them. */
static const struct known {
    const char *name;
    unsigned places; /* enum gql_place */
    const char *belongs;
} known_directives[] = {
    {"skip", GQL_ON_FIELD | GQL_ON_SPREAD, "a field or a use of a fragment"},
    {"include", GQL_ON_FIELD | GQL_ON_SPREAD, "a field or a use of a fragment"},
    {"incremental", GQL_ON_OPERATION, "the query itself"},
    {"deletes", GQL_ON_OPERATION, "the query itself"},
    {"history", GQL_ON_OPERATION, "the query itself"},
    {"slice", GQL_ON_OPERATION, "the query itself"},
    {"every", GQL_ON_OPERATION, "the query itself"},
    {"filter", GQL_ON_OPERATION, "the query itself"},
    {"paged", GQL_ON_OPERATION, "the query itself"},
    {"unwrap", GQL_ON_OPERATION, "the query itself"},
    {"push", GQL_ON_MUTATION, "a mutation itself"},
    {"null", GQL_ON_VARIABLE, "a variable of a mutation"},
    {"gid", GQL_ON_VARIABLE, "a variable of a mutation"},
    {"table", GQL_ON_FIELD, "a field"},
    {"column", GQL_ON_FIELD, "a field"},
    {"index", GQL_ON_FIELD, "a field"},
    {"json", GQL_ON_FIELD, "a field"},
    {"position", GQL_ON_FIELD, "a field"},
    {"optional", GQL_ON_FIELD, "a field"},
    {"mask", GQL_ON_FIELD, "a field"},
};

enum { KNOWN_COUNT = sizeof(known_directives) / sizeof(known_directives[0]) };

static const struct known *
find_known(const char *name)
{
    for (size_t i = 0; i < KNOWN_COUNT; i++)
        if (strcmp(known_directives[i].name, name) == 0)
            return &known_directives[i];
    return NULL;
}

static bool
unknown_directive(struct gql_checker *checker,
                  const struct gql_directive *directive)
{
    struct nearest nearest = nearest_to(directive->name);

    for (size_t i = 0; i < KNOWN_COUNT; i++)
        nearest_try(&nearest, known_directives[i].name);
    if (nearest.best == NULL)
        return gql_error(checker->err, MSG_QUERY_DIRECTIVE, checker->document,
                         directive->pos, "unknown directive \"@%s\"",
                         directive->name);
    return gql_error(checker->err, MSG_QUERY_DIRECTIVE, checker->document,
                     directive->pos,
                     "unknown directive \"@%s\"; did you mean \"@%s\"?",
                     directive->name, nearest.best);
}

/* @skip and @include: the condition must be a literal, because the plan
 * depends on which fields are left out. */
static bool
check_condition(struct gql_checker *checker,
                const struct gql_directive *directive)
{
    static struct gql_input condition = {.name = "if",
                                         .type = {.name = "Boolean",
                                                  .kind = GQL_SCALAR_TYPE,
                                                  .non_null = true,
                                                  .text = "Boolean!"}};
    const char *owner = arena_printf(&checker->scratch, "@%s", directive->name);

    return gql_check_arguments(checker, directive->arguments, &condition, owner,
                               directive->pos);
}

/* The only directive of an API that a document may have. Its key may be a
 * variable, so that each row has one of its own. */
static bool
check_idempotent(struct gql_checker *checker,
                 const struct gql_directive *directive)
{
    static struct gql_input key = {.name = "key",
                                   .type = {.name = "String",
                                            .kind = GQL_SCALAR_TYPE,
                                            .non_null = true,
                                            .text = "String!"}};

    return gql_check_arguments(checker, directive->arguments, &key,
                               "@idempotent", directive->pos);
}

static bool
check_arguments(struct gql_checker *checker,
                const struct gql_directive *directive, bool is_condition)
{
    bool valid;

    checker->in_directive = true;
    valid = is_condition
                ? check_condition(checker, directive)
                : gql_check_literals(checker, directive->arguments, "argument");
    checker->in_directive = false;
    return valid;
}

static bool
check_directive(struct gql_checker *checker,
                const struct gql_directive *directive, enum gql_place place)
{
    const struct known *known = find_known(directive->name);

    if (checker->is_mutation && place == GQL_ON_FIELD &&
        strcmp(directive->name, "idempotent") == 0)
        return check_idempotent(checker, directive);
    if (known == NULL)
        return unknown_directive(checker, directive);
    if ((known->places & place) == 0)
        return gql_error(checker->err, MSG_QUERY_DIRECTIVE, checker->document,
                         directive->pos,
                         "@%s is not allowed here; it belongs on %s",
                         known->name, known->belongs);
    return check_arguments(checker, directive,
                           (known->places & GQL_ON_SPREAD) != 0);
}

bool
gql_check_directives(struct gql_checker *checker, struct gql_directive *list,
                     enum gql_place place)
{
    for (const struct gql_directive *directive = list; directive != NULL;
         directive = directive->next) {
        if (!check_directive(checker, directive, place))
            return false;
        if (gql_find_directive(list, directive->name) != directive)
            return gql_error(checker->err, MSG_QUERY_DIRECTIVE,
                             checker->document, directive->pos,
                             "@%s is given twice", directive->name);
    }
    return true;
}
