#include <string.h>

#include "base/nearest.h"
#include "graphql/checker.h"
#include "graphql/parser.h"

/* What the search has found out about a fragment. */
struct visit {
    const struct gql_fragment *fragment;

    enum { UNSEEN, OPEN, DONE } state;

    unsigned height; /* of its selections with all spreads in place */
    struct visit *next;
};

struct search {
    struct gql_checker *checker;
    struct visit *visits;
};

static struct visit *
find_visit(struct visit *visit, const char *name)
{
    while (visit != NULL && strcmp(visit->fragment->name, name) != 0)
        visit = visit->next;
    return visit;
}

static bool
list_fragments(struct search *search)
{
    struct gql_checker *checker = search->checker;
    struct visit **end = &search->visits;

    for (const struct gql_fragment *fragment = checker->document->fragments;
         fragment != NULL; fragment = fragment->next) {
        if (find_visit(search->visits, fragment->name) != NULL)
            return gql_error(checker->err, MSG_QUERY_FRAGMENT,
                             checker->document, fragment->name_pos,
                             "there is already a fragment \"%s\"",
                             fragment->name);
        *end = arena_alloc(&checker->scratch, sizeof(**end));
        (*end)->fragment = fragment;
        end = &(*end)->next;
    }
    return true;
}

static bool
unknown_fragment(struct search *search, const struct gql_selection *spread)
{
    struct nearest nearest = nearest_to(spread->name);

    for (const struct visit *visit = search->visits; visit != NULL;
         visit = visit->next)
        nearest_try(&nearest, visit->fragment->name);
    return gql_error(search->checker->err, MSG_QUERY_FRAGMENT,
                     search->checker->document, spread->name_pos,
                     "unknown fragment \"%s\"%s", spread->name,
                     nearest_hint(&nearest));
}

static bool
too_deep(struct search *search, const struct gql_selection *selection)
{
    return gql_error(search->checker->err, MSG_QUERY_TOO_LARGE,
                     search->checker->document, selection->pos,
                     "selections are nested deeper than %d levels when the "
                     "fragments are put in place",
                     GQL_MAX_DEPTH);
}

static bool
visit_selections(struct search *search, const struct gql_selection *list,
                 unsigned depth, unsigned *height);

/* Every fragment is searched once; met again, its height is enough. */
static bool
visit_spread(struct search *search, const struct gql_selection *spread,
             unsigned depth, unsigned *height)
{
    struct visit *visit = find_visit(search->visits, spread->name);

    if (visit == NULL)
        return unknown_fragment(search, spread);
    if (visit->state == OPEN)
        return gql_error(search->checker->err, MSG_QUERY_FRAGMENT,
                         search->checker->document, spread->pos,
                         "fragment \"%s\" contains itself", spread->name);
    if (visit->state == UNSEEN) {
        visit->state = OPEN;
        if (!visit_selections(search, visit->fragment->selections, depth,
                              &visit->height))
            return false;
        visit->state = DONE;
    }
    *height = visit->height;
    return true;
}

static bool
visit_selections(struct search *search, const struct gql_selection *list,
                 unsigned depth, unsigned *height)
{
    for (*height = 0; list != NULL; list = list->next) {
        unsigned below = 0;

        if (depth == GQL_MAX_DEPTH)
            return too_deep(search, list);
        if (list->kind == GQL_SPREAD
                ? !visit_spread(search, list, depth + 1, &below)
                : !visit_selections(search, list->selections, depth + 1,
                                    &below))
            return false;
        if (depth + 1 + below > GQL_MAX_DEPTH)
            return too_deep(search, list);
        if (*height < below + 1)
            *height = below + 1;
    }
    return true;
}

static bool
refuse_unused(const struct search *search)
{
    for (const struct visit *visit = search->visits; visit != NULL;
         visit = visit->next)
        if (visit->state == UNSEEN)
            return gql_error(
                search->checker->err, MSG_QUERY_FRAGMENT,
                search->checker->document, visit->fragment->name_pos,
                "fragment \"%s\" is used nowhere", visit->fragment->name);
    return true;
}

bool
gql_check_fragments(struct gql_checker *checker)
{
    struct search search = {.checker = checker};
    unsigned height;

    return list_fragments(&search) &&
           visit_selections(&search, checker->document->operations->selections,
                            0, &height) &&
           refuse_unused(&search);
}
