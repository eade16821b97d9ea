#include "graphql/checker.h"

bool
gql_step(struct gql_checker *checker, size_t steps, struct gql_pos pos)
{
    checker->steps += steps;
    return checker->steps <= GQL_MAX_STEPS ||
           gql_error(checker->err, MSG_QUERY_TOO_LARGE, checker->document, pos,
                     "checking this query takes more than %d steps: the same "
                     "fields are selected too often",
                     GQL_MAX_STEPS);
}

const char *
gql_checked_root(const struct gql_checker *checker)
{
    return checker->is_mutation ? gql_schema_mutation_type(checker->schema)
                                : gql_schema_query_type(checker->schema);
}
