/*
 * collect - the fields selected at one place, with fragments expanded, grouped
 * by response key. The fields of one group become one member of the result.
 */
#ifndef GRAPHQL_COLLECT_H
#define GRAPHQL_COLLECT_H

#include "graphql/checker.h"

struct gql_collected {
    const struct gql_type *parent; /* the type that it is written for */
    const struct gql_selection *selection;
    const struct gql_field *field; /* its definition in `parent` */
    struct gql_collected *next;
};

struct gql_group {
    const char *key;
    struct gql_collected *first;
    struct gql_collected **end;
    struct gql_group *next;
};

/* All zero is an empty set. */
struct gql_set {
    bool drop_skipped; /* leave out selections for which gql_is_skipped() */
    struct gql_group *groups;
    struct gql_group *last;
    struct dict by_key;      /* the groups */
    struct gql_name *spread; /* fragments that the set already includes */
};

/* Add the selections `list`, written for type `parent`, to the set. Fails if
 * the check has taken too many steps. */
MUST_CHECK bool
gql_collect(struct gql_checker *checker, struct gql_set *set,
            const struct gql_type *parent, const struct gql_selection *list);

/* Add the selections below a collected field; a leaf adds nothing. */
MUST_CHECK bool
gql_collect_below(struct gql_checker *checker, struct gql_set *set,
                  const struct gql_collected *collected);

/* The definition of a field, including __typename, which every type has. */
const struct gql_field *
gql_selected_field(const struct gql_type *parent, const char *name);

#endif
