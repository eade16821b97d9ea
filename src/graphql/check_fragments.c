/*
 * Fragments: a depth-first search from the query through all spreads. It finds
 * unknown fragments and cycles, and measures what the query becomes when each
 * spread is replaced by the selections of its fragment ("expanded"). A
 * fragment that the search did not visit is not used.
 *
 * Hazard: expansion can double the number of selections with each fragment.
 * The search visits every fragment once and adds up sizes, so that it takes
 * little time to find out that a query is too large.
 */
#include "base/nearest.h"
#include "graphql/check_parts.h"
#include "graphql/parser.h"

/* The state of the search for one fragment. */
struct visit {
    const struct gql_fragment *fragment;

    enum { UNSEEN, OPEN, DONE } state;

    unsigned height; /* levels of its selections, expanded */
    size_t size;     /* number of its selections, expanded */
    struct visit *next;
};

struct search {
    struct gql_checker *checker;
    struct visit *visits;
    struct dict by_name;
};

static bool
list_fragments(struct search *search)
{
    struct gql_checker *checker = search->checker;
    struct visit **end = &search->visits;

    for (const struct gql_fragment *fragment = checker->document->fragments;
         fragment != NULL; fragment = fragment->next) {
        if (dict_get(&search->by_name, fragment->name) != NULL)
            return gql_error(checker->err, MSG_QUERY_FRAGMENT,
                             checker->document, fragment->name_pos,
                             "fragment \"%s\" is defined twice",
                             fragment->name);
        *end = arena_alloc(&checker->scratch, sizeof(**end));
        (*end)->fragment = fragment;
        (void)dict_add(&search->by_name, fragment->name, *end);
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
                     "with fragments expanded, selections are nested deeper "
                     "than %d levels",
                     GQL_MAX_DEPTH);
}

static bool
too_many(struct search *search, const struct gql_selection *selection)
{
    return gql_error(search->checker->err, MSG_QUERY_TOO_LARGE,
                     search->checker->document, selection->pos,
                     "with fragments expanded, the query has more than %d "
                     "fields",
                     GQL_MAX_EXPANDED);
}

/* The size of a list of selections, expanded. */
struct extent {
    unsigned height;
    size_t size;
};

static bool
visit_selections(struct search *search, const struct gql_selection *list,
                 unsigned depth, struct extent *extent);

static bool
visit_fragment(struct search *search, struct visit *visit, unsigned depth)
{
    struct extent extent;

    visit->state = OPEN;
    if (!visit_selections(search, visit->fragment->selections, depth, &extent))
        return false;
    visit->height = extent.height;
    visit->size = extent.size;
    visit->state = DONE;
    return true;
}

/* The search visits a fragment once, and remembers its extent for the next
 * spread. If the fragment is OPEN, the search is inside it: a cycle. */
static bool
visit_spread(struct search *search, const struct gql_selection *spread,
             unsigned depth, struct extent *extent)
{
    struct visit *visit = dict_get(&search->by_name, spread->name);

    if (visit == NULL)
        return unknown_fragment(search, spread);
    if (visit->state == OPEN)
        return gql_error(search->checker->err, MSG_QUERY_FRAGMENT,
                         search->checker->document, spread->pos,
                         "fragment \"%s\" contains itself", spread->name);
    if (visit->state == UNSEEN && !visit_fragment(search, visit, depth))
        return false;
    *extent = (struct extent){visit->height, visit->size};
    return true;
}

static bool
visit_selections(struct search *search, const struct gql_selection *list,
                 unsigned depth, struct extent *extent)
{
    for (*extent = (struct extent){0}; list != NULL; list = list->next) {
        struct extent below = {0};

        if (depth == GQL_MAX_DEPTH)
            return too_deep(search, list);
        if (list->kind == GQL_SPREAD
                ? !visit_spread(search, list, depth + 1, &below)
                : !visit_selections(search, list->selections, depth + 1,
                                    &below))
            return false;
        if (depth + 1 + below.height > GQL_MAX_DEPTH)
            return too_deep(search, list);
        if (extent->height < below.height + 1)
            extent->height = below.height + 1;
        extent->size += below.size + 1;
        if (extent->size > GQL_MAX_EXPANDED)
            return too_many(search, list);
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
                "fragment \"%s\" is not used", visit->fragment->name);
    return true;
}

bool
gql_check_fragments(struct gql_checker *checker)
{
    struct search search = {.checker = checker,
                            .by_name = {.arena = &checker->scratch}};
    struct extent extent;

    return list_fragments(&search) &&
           visit_selections(&search, checker->document->operations->selections,
                            0, &extent) &&
           refuse_unused(&search);
}
