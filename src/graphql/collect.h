/*
 * collect - the fields selected at one place, fragments expanded, by response
 * key: what will be one member of the result is one group.
 */
#ifndef GRAPHQL_COLLECT_H
#define GRAPHQL_COLLECT_H

#include "graphql/checker.h"

struct gql_collected {
    const struct gql_type *parent; /* where it is written */
    const struct gql_selection *selection;
    const struct gql_field *field; /* as `parent` has it */
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
    bool drop_skipped; /* leave out what gql_is_skipped() */
    struct gql_group *groups;
    struct gql_group *last;
    struct dict by_key;      /* the groups */
    struct gql_name *spread; /* fragments that are in it already */
};

/* Add the selections `list` of type `parent` to the set. Fails when the check
 * has taken too many steps. */
MUST_CHECK bool
gql_collect(struct gql_checker *checker, struct gql_set *set,
            const struct gql_type *parent, const struct gql_selection *list);

/* Add what is selected below a collected field; a leaf adds nothing. */
MUST_CHECK bool
gql_collect_below(struct gql_checker *checker, struct gql_set *set,
                  const struct gql_collected *collected);

/* The field of that name; also __typename, which every type has. */
const struct gql_field *
gql_selected_field(const struct gql_type *parent, const char *name);

#endif
