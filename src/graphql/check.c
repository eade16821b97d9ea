/*
 * The check has five parts. Each relies on the ones before it.
 *
 *   1. The document has one operation, a query, without variables unless
 *      gql_check_variables() is called; or a mutation.
 *   2. Every fragment that is spread exists, does not contain itself, and
 *      every fragment is used (check_fragments.c).
 *   3. Fields, arguments (check_value.c) and directives (check_directives.c)
 *      fit the types, from the root down.
 *   4. So do those in the definitions of the fragments.
 *   5. Each variable is used (check_variables.c), and fields with the same
 *      response key can be merged (check_merge.c).
 *
 * Unknown fields are collected and reported together. Any other fault ends
 * the check at once. If there are unknown fields by then, the check reports
 * these instead, because they are the more likely cause.
 *
 * Hazard: a small document can select the same fields very often through
 * fragments. Therefore each look at a selection counts as a step, and the
 * number of steps is limited (checker.h).
 */
#include "graphql/check.h"

#include <string.h>

#include "base/nearest.h"
#include "graphql/check_parts.h"
#include "graphql/collect.h"
#include "graphql/connection.h"

/* ---- fields ------------------------------------------------------------- */

/* Collect an unknown field's message, "file:line:column: ...". The check
 * continues. */
static void
keep_unknown(struct gql_checker *checker, struct gql_pos pos,
             const char *message)
{
    const char *text =
        arena_printf(&checker->scratch, "%s%s:%u:%u: %s",
                     checker->unknown_count > 0 ? "; " : "",
                     checker->document->file, pos.line, pos.column, message);
    size_t room = sizeof(checker->err->message) - sizeof("; and 20000 more");

    if (checker->unknown_count == 0)
        checker->unknown = buf_with_ceiling(2 * room);
    if (checker->unknown_count < GQL_UNKNOWN_MAX &&
        (checker->unknown_count == 0 ||
         checker->unknown.length + strlen(text) < room)) {
        buf_append_str(&checker->unknown, text);
        checker->unknown_shown++;
    }
    checker->unknown_count++;
}

/* Report the unknown fields, in place of any other error. */
static bool
report_unknown(struct gql_checker *checker)
{
    size_t left = checker->unknown_count - checker->unknown_shown;

    if (left > 0)
        err_set(checker->err, MSG_QUERY_TYPES, "%s; and %zu more",
                buf_str(&checker->unknown), left);
    else
        err_set(checker->err, MSG_QUERY_TYPES, "%s",
                buf_str(&checker->unknown));
    buf_free(&checker->unknown);
    return false;
}

/* If `parent` is a connection or an edge: the selection that leads from it to
 * the rows, because the query probably lacks it. Otherwise NULL. */
static const char *
way_to_rows(const struct gql_checker *checker, const struct gql_type *parent)
{
    const struct gql_field *node = gql_type_field(parent, "node");

    if (gql_is_connection(checker->schema, parent->name))
        return "edges { node { ... } }";
    return node != NULL && gql_type_field(parent, "cursor") != NULL
               ? "node { ... }"
               : NULL;
}

static bool
unknown_field(struct gql_checker *checker, const struct gql_type *parent,
              const struct gql_selection *selection)
{
    struct nearest nearest = nearest_to(selection->name);
    const char *way = way_to_rows(checker, parent);
    const char *hint;

    if (strcmp(selection->name, "__schema") == 0 ||
        strcmp(selection->name, "__type") == 0)
        return gql_error(checker->err, MSG_QUERY_BULK_RULE, checker->document,
                         selection->name_pos,
                         "a bulk query cannot ask for \"%s\"", selection->name);
    for (const struct gql_field *field = parent->fields;
         field != NULL && checker->unknown_count < GQL_UNKNOWN_MAX;
         field = field->next)
        nearest_try(&nearest, field->name);
    if (parent->kind == GQL_UNION_TYPE)
        hint = ": select fields of a union with \"... on Type { ... }\"";
    else if (way != NULL &&
             (nearest.best == NULL || strcmp(nearest.best, "nodes") == 0))
        hint = arena_printf(&checker->scratch,
                            ": select fields of its rows with \"%s\"", way);
    else
        hint = nearest_hint(&nearest);
    keep_unknown(checker, selection->name_pos,
                 arena_printf(&checker->scratch, "unknown field \"%s\" of %s%s",
                              selection->name, parent->name, hint));
    return true;
}

static bool
check_leaf(struct gql_checker *checker, const struct gql_field *field,
           const struct gql_selection *selection)
{
    if (!gql_kind_is_composite(field->type.kind)) {
        if (selection->selections == NULL)
            return true;
        return gql_error(checker->err, MSG_QUERY_TYPES, checker->document,
                         selection->name_pos,
                         "\"%s\" is %s: it has no fields to select",
                         selection->name, field->type.text);
    }
    if (selection->selections != NULL)
        return true;
    return gql_error(checker->err, MSG_QUERY_TYPES, checker->document,
                     selection->name_pos,
                     "\"%s\" is %s: select fields of it, \"%s { ... }\"",
                     selection->name, field->type.text, selection->name);
}

static bool
check_selections(struct gql_checker *checker, const struct gql_type *parent,
                 const struct gql_selection *list);

static bool
check_below(struct gql_checker *checker, const struct gql_field *field,
            const struct gql_selection *selection)
{
    const struct gql_type *type;

    if (selection->selections == NULL)
        return true;
    type = gql_schema_find(checker->schema, field->type.name);
    if (type == NULL)
        return gql_error(checker->err, MSG_QUERY_TYPES, checker->document,
                         selection->name_pos,
                         "the store does not describe the type %s of \"%s\"",
                         field->type.name, selection->name);
    return check_selections(checker, type, selection->selections);
}

static bool
check_field(struct gql_checker *checker, const struct gql_type *parent,
            const struct gql_selection *selection)
{
    const struct gql_field *field = gql_selected_field(parent, selection->name);
    const char *owner;

    if (field == NULL)
        return unknown_field(checker, parent, selection);
    owner = arena_printf(&checker->scratch, "\"%s\"", selection->name);
    return gql_check_directives(checker, selection->directives, GQL_ON_FIELD) &&
           gql_check_arguments(checker, selection->arguments, field->arguments,
                               owner, selection->name_pos) &&
           check_leaf(checker, field, selection) &&
           check_below(checker, field, selection);
}

/* ---- fragments ---------------------------------------------------------- */

static void
try_type(void *ctx, const struct gql_type *type)
{
    if (gql_kind_is_composite(type->kind))
        nearest_try(ctx, type->name);
}

/* The message suggests a similar name, preferably of a type that is possible
 * at this place. */
static bool
unknown_type(struct gql_checker *checker, const struct gql_type *parent,
             const char *name, struct gql_pos pos)
{
    struct nearest nearest = nearest_to(name);

    if (parent != NULL)
        for (const struct gql_name *possible = parent->possible_types;
             possible != NULL; possible = possible->next)
            nearest_try(&nearest, possible->name);
    gql_schema_each(checker->schema, try_type, &nearest);
    return gql_error(checker->err, MSG_QUERY_TYPES, checker->document, pos,
                     "unknown type \"%s\"%s", name, nearest_hint(&nearest));
}

/* Return the type that a fragment narrows to; NULL after an error. */
static const struct gql_type *
find_condition(struct gql_checker *checker, const struct gql_type *parent,
               const char *name, struct gql_pos pos)
{
    const struct gql_type *type = gql_schema_find(checker->schema, name);

    if (type == NULL) {
        unknown_type(checker, parent, name, pos);
        return NULL;
    }
    if (!gql_kind_is_composite(type->kind)) {
        gql_error(checker->err, MSG_QUERY_FRAGMENT, checker->document, pos,
                  "a fragment cannot be on %s: it has no fields", name);
        return NULL;
    }
    return type;
}

/* Is there an object type that belongs to both types? */
static bool
types_overlap(struct gql_checker *checker, const struct gql_type *a,
              const struct gql_type *b)
{
    if (a == b)
        return true;
    if (!gql_type_is_abstract(a))
        return gql_type_admits(b, a->name);
    if (!gql_type_is_abstract(b))
        return gql_type_admits(a, b->name);
    for (const struct gql_name *object = a->possible_types; object != NULL;
         object = object->next, checker->steps++)
        if (gql_type_admits(b, object->name))
            return true;
    return false;
}

static bool
check_possible(struct gql_checker *checker, const struct gql_type *parent,
               const struct gql_type *type, struct gql_pos pos)
{
    if (types_overlap(checker, parent, type))
        return gql_step(checker, 1, pos);
    return gql_error(checker->err, MSG_QUERY_FRAGMENT, checker->document, pos,
                     "no object is both %s and %s, so this fragment selects "
                     "nothing",
                     parent->name, type->name);
}

static bool
check_inline_fragment(struct gql_checker *checker,
                      const struct gql_type *parent,
                      const struct gql_selection *selection)
{
    const struct gql_type *type = parent;

    if (selection->type_condition != NULL)
        type = find_condition(checker, parent, selection->type_condition,
                              selection->name_pos);
    return type != NULL &&
           gql_check_directives(checker, selection->directives,
                                GQL_ON_SPREAD) &&
           check_possible(checker, parent, type, selection->name_pos) &&
           check_selections(checker, type, selection->selections);
}

static bool
check_spread(struct gql_checker *checker, const struct gql_type *parent,
             const struct gql_selection *selection)
{
    const struct gql_fragment *fragment =
        gql_find_fragment(checker->document, selection->name);
    const struct gql_type *type = find_condition(
        checker, parent, fragment->type_condition, fragment->condition_pos);

    return type != NULL &&
           gql_check_directives(checker, selection->directives,
                                GQL_ON_SPREAD) &&
           check_possible(checker, parent, type, selection->pos);
}

static bool
check_selections(struct gql_checker *checker, const struct gql_type *parent,
                 const struct gql_selection *list)
{
    for (; list != NULL; list = list->next) {
        if (list->kind == GQL_FIELD ? !check_field(checker, parent, list)
            : list->kind == GQL_INLINE_FRAGMENT
                ? !check_inline_fragment(checker, parent, list)
                : !check_spread(checker, parent, list))
            return false;
    }
    return true;
}

/* Check each fragment once, in its definition, however often it is spread. */
static bool
check_definitions(struct gql_checker *checker)
{
    for (const struct gql_fragment *fragment = checker->document->fragments;
         fragment != NULL; fragment = fragment->next) {
        const struct gql_type *type = find_condition(
            checker, NULL, fragment->type_condition, fragment->condition_pos);

        if (type == NULL ||
            !gql_check_directives(checker, fragment->directives,
                                  GQL_ON_FRAGMENT) ||
            !check_selections(checker, type, fragment->selections))
            return false;
    }
    return true;
}

/* ---- the operation ------------------------------------------------------ */

static bool
check_kind(struct gql_checker *checker, const struct gql_operation *operation)
{
    if (checker->is_mutation)
        return operation->kind == GQL_MUTATION ||
               gql_error(checker->err, MSG_MUTATION_RULE, checker->document,
                         operation->pos,
                         "this is not a mutation; a file of mutations/ has "
                         "exactly one");
    return operation->kind == GQL_QUERY ||
           gql_error(checker->err, MSG_QUERY_BULK_RULE, checker->document,
                     operation->pos, "only a query can run%s",
                     checker->takes_variables ? "" : " as a bulk operation");
}

static bool
check_one_query(struct gql_checker *checker)
{
    const struct gql_document *document = checker->document;
    const struct gql_operation *operation = document->operations;

    if (operation == NULL)
        return gql_error(checker->err, MSG_QUERY_BULK_RULE, document,
                         document->fragments->pos,
                         "the file has fragments but no %s",
                         checker->is_mutation ? "mutation" : "query");
    if (operation->next != NULL)
        return gql_error(checker->err, MSG_QUERY_BULK_RULE, document,
                         operation->next->pos,
                         "this is a second operation; a %s file has "
                         "exactly one",
                         checker->is_mutation ? "mutation" : "query");
    if (!check_kind(checker, operation))
        return false;
    if (operation->variables != NULL && !checker->takes_variables)
        return gql_error(checker->err, MSG_QUERY_BULK_RULE, document,
                         operation->variables->pos,
                         "a bulk query cannot have variables; write the "
                         "values in the query");
    return true;
}

static bool
check_variable_directives(struct gql_checker *checker)
{
    const struct gql_variable *variable =
        checker->document->operations->variables;

    for (; variable != NULL; variable = variable->next)
        if (!gql_check_directives(checker, variable->directives,
                                  GQL_ON_VARIABLE))
            return false;
    return true;
}

static bool
check_query(struct gql_checker *checker)
{
    struct gql_operation *operation = checker->document->operations;
    const char *name = gql_checked_root(checker);
    const struct gql_type *root = gql_schema_find(checker->schema, name);

    if (root == NULL)
        return gql_error(checker->err, MSG_QUERY_TYPES, checker->document,
                         operation->pos,
                         "the store does not describe its %s type %s",
                         checker->is_mutation ? "mutation" : "query", name);
    return gql_check_directives(checker, operation->directives,
                                checker->is_mutation ? GQL_ON_MUTATION
                                                     : GQL_ON_OPERATION) &&
           (!checker->is_mutation || check_variable_directives(checker)) &&
           check_selections(checker, root, operation->selections);
}

static bool
check_document(struct gql_checker *checker)
{
    bool valid = check_one_query(checker) && gql_check_fragments(checker) &&
                 check_query(checker) && check_definitions(checker) &&
                 (checker->was_sent || gql_check_variables_used(checker));

    if (checker->unknown_count > 0)
        valid = report_unknown(checker);
    return valid && gql_check_merge(checker);
}

static bool
check_with(struct gql_checker *checker)
{
    bool valid = check_document(checker);

    arena_free(&checker->scratch);
    return valid;
}

bool
gql_check(const struct gql_document *document, const struct gql_schema *schema,
          struct err *err)
{
    struct gql_checker checker = {
        .document = document, .schema = schema, .err = err};

    return check_with(&checker);
}

bool
gql_check_variables(const struct gql_document *document,
                    const struct gql_schema *schema, struct err *err)
{
    struct gql_checker checker = {.document = document,
                                  .schema = schema,
                                  .err = err,
                                  .takes_variables = true};

    return check_with(&checker);
}

bool
gql_check_mutation(const struct gql_document *document,
                   const struct gql_schema *schema, struct err *err)
{
    struct gql_checker checker = {.document = document,
                                  .schema = schema,
                                  .err = err,
                                  .takes_variables = true,
                                  .is_mutation = true};

    return check_with(&checker);
}

bool
gql_check_sent(const struct gql_document *document,
               const struct gql_schema *schema, struct err *err)
{
    struct gql_checker checker = {.document = document,
                                  .schema = schema,
                                  .err = err,
                                  .takes_variables = true,
                                  .is_mutation = true,
                                  .was_sent = true};

    return check_with(&checker);
}
