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
