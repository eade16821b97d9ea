/*
 * "Field Selection Merging", section 5.3.2 of the specification. Fields with
 * the same response key must be the same field with the same arguments, if one
 * object can have both, and must always have the same shape.
 *
 * The specification compares each pair of fields, which takes too long for
 * large queries. This file puts all fields of one response key into a group,
 * compares each with the first of the group, and continues with all selections
 * below the group as one set.
 */
#include <string.h>

#include "graphql/check_parts.h"
#include "graphql/collect.h"

/* ---- same field, same arguments ----------------------------------------- */

static bool
same_value(const struct gql_value *a, const struct gql_value *b, size_t *steps);

/* Are these the same pairs, in any order? Names are unique in each list. */
static bool
same_pairs(struct gql_argument *a, struct gql_argument *b, size_t *steps)
{
    size_t count = 0, difference;

    for (const struct gql_argument *pair = b; pair != NULL; pair = pair->next)
        count++;
    for (difference = count; a != NULL; a = a->next) {
        const struct gql_argument *other = gql_find_argument(b, a->name);

        *steps += count;
        if (other == NULL || !same_value(a->value, other->value, steps))
            return false;
        difference--;
    }
    return difference == 0;
}

static bool
same_items(const struct gql_value *a, const struct gql_value *b, size_t *steps)
{
    for (; a != NULL && b != NULL; a = a->next, b = b->next)
        if (!same_value(a, b, steps))
            return false;
    return a == b;
}

static bool
same_value(const struct gql_value *a, const struct gql_value *b, size_t *steps)
{
    ++*steps;
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case GQL_LIST:
        return same_items(a->items, b->items, steps);
    case GQL_OBJECT:
        return same_pairs(a->fields, b->fields, steps);
    case GQL_BOOLEAN:
        return a->boolean == b->boolean;
    case GQL_NULL:
        return true;
    default:
        return strcmp(a->text, b->text) == 0;
    }
}

static bool
check_same_field(struct gql_checker *checker, const struct gql_collected *first,
                 const struct gql_collected *other)
{
    const struct gql_selection *a = first->selection, *b = other->selection;
    size_t steps = 1;

    if (a == b)
        return true;
    if (strcmp(a->name, b->name) != 0)
        return gql_error(checker->err, MSG_QUERY_CONFLICT, checker->document,
                         b->pos,
                         "\"%s\" is \"%s\" here and \"%s\" in line %u: give "
                         "one of them another alias",
                         gql_response_key(b), b->name, a->name, a->pos.line);
    if (!same_pairs(a->arguments, b->arguments, &steps))
        return gql_error(checker->err, MSG_QUERY_CONFLICT, checker->document,
                         b->pos,
                         "\"%s\" has other arguments here than in line %u: "
                         "give one of them an alias",
                         gql_response_key(b), a->pos.line);
    return gql_step(checker, steps, b->pos);
}

/* Can an object of type `object` (NULL: of any type) have this field? An object
 * never has the fields that are selected for another object type. */
static bool
may_meet(const struct gql_collected *collected, const struct gql_type *object)
{
    return object == NULL || collected->parent == object ||
           gql_type_is_abstract(collected->parent);
}

static bool check_names(struct gql_checker *checker, const struct gql_set *set);

/* Compare the fields of the group that an object of type `object` can have. */
static bool
check_names_for(struct gql_checker *checker, const struct gql_group *group,
                const struct gql_type *object)
{
    const struct gql_collected *first = NULL;
    struct gql_set below = {0};

    for (const struct gql_collected *one = group->first; one != NULL;
         one = one->next) {
        if (!gql_step(checker, 1, one->selection->pos))
            return false;
        if (!may_meet(one, object))
            continue;
        if (first == NULL)
            first = one;
        if (!check_same_field(checker, first, one) ||
            !gql_collect_below(checker, &below, one))
            return false;
    }
    return check_names(checker, &below);
}

/* Is `one` the group's first field of its parent type? */
static bool
is_first_of_parent(struct gql_checker *checker, const struct gql_group *group,
                   const struct gql_collected *one)
{
    const struct gql_collected *other = group->first;

    for (; other->parent != one->parent; other = other->next)
        checker->steps++; /* counted at the next step */
    return other == one;
}

static bool
check_group_names(struct gql_checker *checker, const struct gql_group *group)
{
    bool objects = false;

    for (const struct gql_collected *one = group->first; one != NULL;
         one = one->next) {
        if (gql_type_is_abstract(one->parent) ||
            !is_first_of_parent(checker, group, one))
            continue;
        objects = true;
        if (!check_names_for(checker, group, one->parent))
            return false;
    }
    return objects || check_names_for(checker, group, NULL);
}

static bool
check_names(struct gql_checker *checker, const struct gql_set *set)
{
    for (const struct gql_group *group = set->groups; group != NULL;
         group = group->next)
        if (!check_group_names(checker, group))
            return false;
    return true;
}

/* ---- same shape, even if no object can have both fields ----------------- */

/* What follows the name in "[Product!]!": it determines what comes before. */
static const char *
wrappers(const struct gql_type_ref *type)
{
    return type->text + type->list_depth + strlen(type->name);
}

static bool
same_shape(const struct gql_type_ref *a, const struct gql_type_ref *b)
{
    if (strcmp(wrappers(a), wrappers(b)) != 0 ||
        gql_kind_is_composite(a->kind) != gql_kind_is_composite(b->kind))
        return false;
    return gql_kind_is_composite(a->kind) || strcmp(a->name, b->name) == 0;
}

static bool
check_shapes(struct gql_checker *checker, const struct gql_set *set);

static bool
check_group_shapes(struct gql_checker *checker, const struct gql_group *group)
{
    const struct gql_collected *first = group->first;
    struct gql_set below = {0};

    for (const struct gql_collected *one = first; one != NULL;
         one = one->next) {
        const struct gql_selection *selection = one->selection;

        if (!same_shape(&first->field->type, &one->field->type))
            return gql_error(checker->err, MSG_QUERY_CONFLICT,
                             checker->document, selection->pos,
                             "\"%s\" is %s here and %s in line %u: give one "
                             "of them an alias",
                             group->key, one->field->type.text,
                             first->field->type.text,
                             first->selection->pos.line);
        if (!gql_collect_below(checker, &below, one))
            return false;
    }
    return check_shapes(checker, &below);
}

static bool
check_shapes(struct gql_checker *checker, const struct gql_set *set)
{
    for (const struct gql_group *group = set->groups; group != NULL;
         group = group->next)
        if (!check_group_shapes(checker, group))
            return false;
    return true;
}

bool
gql_check_merge(struct gql_checker *checker)
{
    const char *root = gql_checked_root(checker);
    struct gql_set set = {0};

    return gql_collect(checker, &set, gql_schema_find(checker->schema, root),
                       checker->document->operations->selections) &&
           check_names(checker, &set) && check_shapes(checker, &set);
}
