#include "dialect/paged.h"

bool
paged_always(const struct gql_document *document)
{
    const struct gql_operation *operation = document->operations;
    const struct gql_directive *paged =
        operation != NULL ? gql_find_directive(operation->directives, "paged")
                          : NULL;
    const struct gql_argument *below =
        paged != NULL ? gql_find_argument(paged->arguments, "below") : NULL;

    return paged != NULL && (below == NULL || below->value->kind == GQL_NULL);
}
