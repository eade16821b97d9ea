/*
 * The rules apply to the document as the store executes it: fragments are
 * expanded, skipped parts are removed, and a connection that is selected twice
 * in the same place counts once. One level of the result is a set of groups,
 * one group for each response key (graphql/collect.h):
 *
 *     root ─► connection ─► edges ─► node ─► fields ─┬─► connection ...
 *                                                    ├─► object ─► fields
 *                                                    └─► list: no connection
 *                                                        anywhere below
 *
 * Hazard: fields of one group can have different types, if they are in
 * fragments on different object types. Each type is followed once, and the
 * steps are counted, so that a malicious document cannot take forever.
 */
#include "dialect/bulk_rules.h"

#include <stdio.h>
#include <string.h>

#include "dialect/paged.h"
#include "graphql/check.h"
#include "graphql/collect.h"
#include "graphql/connection.h"

enum { MAX_CONNECTIONS = 5, MAX_LEVEL = 2 };

struct bulk {
    struct gql_checker *checker;
    unsigned connections; /* so far */
};

#define refuse(bulk, collected, ...)                                       \
    gql_error((bulk)->checker->err, MSG_QUERY_BULK_RULE,                   \
              (bulk)->checker->document, (collected)->selection->name_pos, \
              __VA_ARGS__)

/* Add to the hint of a refusal that pages do not have this limit. Always
 * returns false. */
static bool
offer_pages(struct bulk *bulk)
{
    struct err *err = bulk->checker->err;
    char hint[sizeof(err->hint)];

    snprintf(hint, sizeof(hint), "%s", err->hint);
    return err_hint(err,
                    "%s%sadd @paged to the query, which is then read page by "
                    "page, without the limits of bulk queries",
                    hint, hint[0] != '\0' ? "; or " : "");
}

/* ---- a set's groups ----------------------------------------------------- */

static bool
is_named(const struct gql_collected *collected, const char *name)
{
    return strcmp(collected->selection->name, name) == 0;
}

/* Collect the fields below `first` and below the fields after it in its group
 * that have the same type. */
static bool
collect_below_same(struct bulk *bulk, const struct gql_collected *first,
                   struct gql_set *below)
{
    *below = (struct gql_set){.drop_skipped = true};
    for (const struct gql_collected *one = first; one != NULL; one = one->next)
        if (!gql_step(bulk->checker, 1, one->selection->pos) ||
            (strcmp(one->field->type.name, first->field->type.name) == 0 &&
             !gql_collect_below(bulk->checker, below, one)))
            return false;
    return true;
}

static bool
is_first_of_type(struct bulk *bulk, const struct gql_group *group,
                 const struct gql_collected *one)
{
    const struct gql_collected *other = group->first;

    while (strcmp(other->field->type.name, one->field->type.name) != 0) {
        bulk->checker->steps++; /* counted at the next step */
        other = other->next;
    }
    return other == one;
}

/* ---- edges { node { … } } ----------------------------------------------- */

/* Find the field `wanted` of a connection or an edge. *found is NULL if it is
 * not selected. Fields other than `wanted`, `tolerated` and __typename are
 * refused. */
static bool
find_only(struct bulk *bulk, const struct gql_set *set, const char *wanted,
          const char *tolerated, const struct gql_collected **found)
{
    *found = NULL;
    for (const struct gql_group *group = set->groups; group != NULL;
         group = group->next) {
        const struct gql_collected *first = group->first;

        if (is_named(first, tolerated) || is_named(first, "__typename"))
            continue;
        if (!is_named(first, wanted))
            return refuse(bulk, first,
                          "\"%s\" of %s cannot be used in a bulk query: "
                          "select \"edges { node { ... } }\"",
                          first->selection->name, first->parent->name);
        if (strcmp(group->key, wanted) != 0)
            return refuse(bulk, first,
                          "\"%s\" cannot have an alias in a bulk query",
                          wanted);
        *found = first;
    }
    return true;
}

static bool
find_node(struct bulk *bulk, const struct gql_collected *connection,
          const struct gql_collected **node)
{
    struct gql_set below;
    const struct gql_collected *edges;

    *node = NULL;
    if (!collect_below_same(bulk, connection, &below) ||
        !find_only(bulk, &below, "edges", "pageInfo", &edges))
        return false;
    if (edges != NULL && (!collect_below_same(bulk, edges, &below) ||
                          !find_only(bulk, &below, "node", "cursor", node)))
        return false;
    if (*node == NULL)
        return refuse(bulk, connection,
                      "the connection \"%s\" must select \"edges { node { ... "
                      "} }\"",
                      connection->selection->name);
    return true;
}

/* ---- connections -------------------------------------------------------- */

static bool
check_place(struct bulk *bulk, const struct gql_collected *connection,
            unsigned level)
{
    const char *name = connection->selection->name;

    bulk->connections++;
    if (level > MAX_LEVEL)
        refuse(
            bulk, connection,
            "the connection \"%s\" is nested too deep: a bulk query nests at "
            "most %d below the root one",
            name, MAX_LEVEL);
    else if (bulk->connections > MAX_CONNECTIONS)
        refuse(bulk, connection,
               "\"%s\" is one connection too many: a bulk query has at most %d",
               name, MAX_CONNECTIONS);
    else
        return true;
    return offer_pages(bulk);
}

/* A bulk query has no pages. `first` is harmless, and bulk_notes() warns about
 * it. */
static bool
check_paging(struct bulk *bulk, const struct gql_collected *connection)
{
    static const char *const refused[] = {"last", "after", "before"};
    const struct gql_selection *selection = connection->selection;

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        const struct gql_argument *given =
            gql_find_argument(selection->arguments, refused[i]);

        if (given == NULL || given->value->kind == GQL_NULL)
            continue;
        gql_error(bulk->checker->err, MSG_QUERY_BULK_RULE,
                  bulk->checker->document, given->pos,
                  "\"%s\" of the connection \"%s\" cannot be used: a bulk "
                  "query has no pages and fetches all rows",
                  given->name, selection->name);
        return err_hint(bulk->checker->err,
                        "remove \"%s\"; to select rows, write a filter in the "
                        "argument query:",
                        given->name);
    }
    return true;
}

static bool
check_node_type(struct bulk *bulk, const struct gql_collected *connection)
{
    const struct gql_type_ref *node = gql_connection_node(
        bulk->checker->schema, connection->field->type.name);

    if (gql_kind_is_composite(node->kind))
        return true;
    return refuse(bulk, connection,
                  "\"%s\" is a connection of %s: a bulk query reads "
                  "connections of objects only",
                  connection->selection->name, node->name);
}

/* `list`: the list field that contains these fields; NULL outside of lists. */
static bool check_fields(struct bulk *bulk, const struct gql_set *set,
                         unsigned level, const char *list);

/* Check `connection`, together with the fields after it in its group that have
 * the same type. */
static bool
check_connection(struct bulk *bulk, const struct gql_collected *connection,
                 unsigned level)
{
    const struct gql_collected *node;
    struct gql_set below;

    return check_place(bulk, connection, level) &&
           check_paging(bulk, connection) &&
           check_node_type(bulk, connection) &&
           find_node(bulk, connection, &node) &&
           collect_below_same(bulk, node, &below) &&
           check_fields(bulk, &below, level, NULL);
}

/* Rows that a bulk query cannot read inside a list, and the ready query that
 * has them. */
static const struct {
    const char *node_type;
    const char *ready_query;
} elsewhere[] = {
    {"RefundLineItem", "sales"},
    {"RefundShippingLine", "sales"},
    {"OrderAdjustment", "sales"},
    {"FulfillmentLineItem", "fulfillment_orders"},
};

static bool
refuse_in_list(struct bulk *bulk, const struct gql_collected *connection,
               const char *list)
{
    const struct gql_type_ref *node = gql_connection_node(
        bulk->checker->schema, connection->field->type.name);

    refuse(bulk, connection,
           "the connection \"%s\" is inside the list \"%s\", where a bulk "
           "query cannot read it",
           connection->selection->name, list);
    for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
        if (strcmp(elsewhere[i].node_type, node->name) == 0)
            err_hint(bulk->checker->err,
                     "the ready query \"%s\" has these rows: bulkpg init --add "
                     "%s",
                     elsewhere[i].ready_query, elsewhere[i].ready_query);
    return offer_pages(bulk);
}

static bool
check_field(struct bulk *bulk, const struct gql_collected *one, unsigned level,
            const char *list)
{
    const struct gql_type_ref *type = &one->field->type;
    struct gql_set below;

    if (!gql_kind_is_composite(type->kind))
        return true;
    if (!gql_is_connection(bulk->checker->schema, type->name))
        return collect_below_same(bulk, one, &below) &&
               check_fields(bulk, &below, level,
                            type->list_depth > 0 ? one->selection->name : list);
    if (list != NULL)
        return refuse_in_list(bulk, one, list);
    return check_connection(bulk, one, level + 1);
}

static bool
check_fields(struct bulk *bulk, const struct gql_set *set, unsigned level,
             const char *list)
{
    for (const struct gql_group *group = set->groups; group != NULL;
         group = group->next)
        for (const struct gql_collected *one = group->first; one != NULL;
             one = one->next)
            if (is_first_of_type(bulk, group, one) &&
                !check_field(bulk, one, level, list))
                return false;
    return true;
}

/* *has: there is a connection below a field of `set`, outside of lists. */
static bool
has_connection(struct bulk *bulk, const struct gql_set *set, bool *has)
{
    for (const struct gql_group *group = set->groups; group != NULL && !*has;
         group = group->next) {
        const struct gql_type_ref *type = &group->first->field->type;
        struct gql_set below;

        if (!gql_kind_is_composite(type->kind) || type->list_depth > 0)
            continue;
        *has = gql_is_connection(bulk->checker->schema, type->name);
        if (!*has && (!collect_below_same(bulk, group->first, &below) ||
                      !has_connection(bulk, &below, has)))
            return false;
    }
    return true;
}

/* Refuse a root that is not a connection. Shopify would accept an object that
 * has connections below it, but bulkpg cannot load its result. */
static bool
refuse_root(struct bulk *bulk, const struct gql_collected *root)
{
    const char *name = root->selection->name;
    struct gql_set below;
    bool has = false;

    if (gql_kind_is_composite(root->field->type.kind) &&
        root->field->type.list_depth == 0 &&
        (!collect_below_same(bulk, root, &below) ||
         !has_connection(bulk, &below, &has)))
        return false;
    if (!has) {
        refuse(
            bulk, root,
            "\"%s\" is not a connection: the root field of a bulk query must "
            "be one, such as \"products\"",
            name);
        return offer_pages(bulk);
    }
    refuse(bulk, root,
           "\"%s\" is a single object: Shopify runs a bulk query with a "
           "single object as root, but bulkpg cannot load its result",
           name);
    err_hint(bulk->checker->err,
             "select the connection that the object belongs to, such as "
             "\"products\", with the object's id in its filter, if there is "
             "one: query: \"id:123\"");
    return offer_pages(bulk);
}

static bool
check_root(struct bulk *bulk, const struct gql_group *root)
{
    const struct gql_collected *first = root->first;
    const char *name = first->selection->name;

    if (root->next != NULL) {
        refuse(bulk, root->next->first,
               "\"%s\" is a second root field: a bulk query has exactly one",
               root->next->key);
        return offer_pages(bulk);
    }
    if (is_named(first, "node") || is_named(first, "nodes"))
        return refuse(bulk, first,
                      "\"%s\" cannot be the root field of a bulk query: "
                      "select a connection, such as \"products\"",
                      name);
    if (!gql_is_connection(bulk->checker->schema, first->field->type.name))
        return refuse_root(bulk, first);
    return check_connection(bulk, first, 0);
}

static bool
check_rules(struct bulk *bulk)
{
    struct gql_checker *checker = bulk->checker;
    const struct gql_operation *operation = checker->document->operations;
    const char *name = gql_schema_query_type(checker->schema);
    struct gql_set set = {.drop_skipped = true};

    if (!gql_collect(checker, &set, gql_schema_find(checker->schema, name),
                     operation->selections))
        return false;
    if (set.groups == NULL)
        return gql_error(checker->err, MSG_QUERY_BULK_RULE, checker->document,
                         operation->pos, "everything in this query is skipped");
    return check_root(bulk, set.groups);
}

/* ---- a pasted mutation -------------------------------------------------- */

static bool
selects(const struct gql_operation *operation, const char *name)
{
    for (const struct gql_selection *s = operation->selections; s; s = s->next)
        if (s->kind == GQL_FIELD && strcmp(s->name, name) == 0)
            return true;
    return false;
}

/* Refuse the mutation that Shopify's examples show: the query to run is in its
 * argument. */
static bool
refuse_pasted(const struct gql_document *document, struct err *err)
{
    const struct gql_operation *operation = document->operations;

    if (operation == NULL || operation->next != NULL ||
        operation->kind == GQL_QUERY ||
        !selects(operation, "bulkOperationRunQuery"))
        return true;
    gql_error(err, MSG_QUERY_BULK_RULE, document, operation->pos,
              "this is the mutation bulkOperationRunQuery, which bulkpg sends "
              "itself");
    return err_hint(err, "keep only the query inside the quotation marks of "
                         "its argument \"query\"");
}

bool
bulk_rules_check(const struct gql_document *document,
                 const struct gql_schema *schema, struct err *err)
{
    struct gql_checker checker = {
        .document = document, .schema = schema, .err = err};
    struct bulk bulk = {.checker = &checker};
    bool keeps = refuse_pasted(document, err) &&
                 gql_check(document, schema, err) &&
                 (paged_always(document) || check_rules(&bulk));

    arena_free(&checker.scratch);
    return keeps;
}
